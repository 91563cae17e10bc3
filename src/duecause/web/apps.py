"""The look of the product: templates, components, stylesheet, charts, formats."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "duecause.web"
    label = "web"
