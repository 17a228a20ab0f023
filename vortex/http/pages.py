"""The few pages that the kernel itself shows: a door, and what each problem code means."""

import inspect
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from vortex.errors import Refusal, family_of, refusal_classes
from vortex.http.problem import status_of


def home(request: HttpRequest) -> HttpResponse:
    """Show where things are."""
    return render(request, "vortex_http/home.html", {"contexts": _hosted()})


def problems(request: HttpRequest) -> HttpResponse:
    """List every problem code."""
    known = [_described(refusal) for refusal in refusal_classes().values()]
    return render(request, "vortex_http/problems.html", {"problems": known})


def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one problem code; this is where the `type` of a problem points to."""
    refusal = refusal_classes().get(code)
    if refusal is None:
        raise Http404
    return render(request, "vortex_http/problem.html", {"problem": _described(refusal)})


def _described(refusal: type[Refusal]) -> dict[str, Any]:
    """Return what a page says about a refusal, from the words beside its declaration."""
    family = family_of(refusal)
    return {
        "code": refusal.code,
        "title": refusal.title,
        "status": status_of(refusal),
        "paragraphs": [
            " ".join(paragraph.split())
            for paragraph in (inspect.getdoc(refusal) or "").replace("`", "").split("\n\n")
        ],
        "family": inspect.getdoc(family) if family is not refusal else "",
        "said_by": refusal.__module__.removesuffix(".contracts"),
    }


def _hosted() -> list[Any]:
    return [known for known in settings.VORTEX_CONTEXTS if known.name in settings.VORTEX_HOSTED]
