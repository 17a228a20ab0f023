"""Addresses that every deployable answers."""

from django.urls import URLPattern, path

from vortex.http import health, measurements, pages
from vortex.http.documents import DocsView, SchemaView

urlpatterns: list[URLPattern] = [
    path("", pages.home, name="home"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", measurements.metrics, name="metrics"),
    path("problems/", pages.problems, name="problems"),
    path("problems/<slug:code>", pages.problem_page, name="problem"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(), name="docs"),
]
