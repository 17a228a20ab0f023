"""The staff's first page: panels that every part of the kernel adds to."""

from django import template

from vortex.staff import Panel, panels

register = template.Library()


@register.simple_tag
def staff_panels() -> tuple[Panel, ...]:
    """Return how the bank is doing, asked at this moment."""
    return panels()
