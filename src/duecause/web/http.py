"""The request as views see it: with the actor the gate put there and the details of htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from duecause.engine.actor import Actor


class PageRequest(HttpRequest):
    """For annotations only. Behind `needs` the actor is never None."""

    actor: Actor
    htmx: HtmxDetails
