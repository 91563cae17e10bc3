"""What the person at the screen may do, for templates that leave out what is not for them."""

from django import template

from duecause.engine.actor import Actor

register = template.Library()


@register.filter
def may(actor: Actor | None, function: str) -> bool:
    return actor is not None and actor.may(function)
