"""Files as answers: bytes with a name, which a browser saves and never opens as a page of ours."""

from typing import Any

from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class _AnyAccept(BaseContentNegotiation):
    """Take the first renderer whatever `Accept` says: it words refusals, not the file."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first parser that reads the request's media type."""
        return next((p for p in parsers if p.media_type == request.content_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        del request, format_suffix
        return renderers[0], renderers[0].media_type


class FileView(APIView):
    """A view that answers with a file; its refusals are problems like everybody's."""

    content_negotiation_class = _AnyAccept


def file_of(content: bytes, *, media_type: str, name: str) -> HttpResponse:
    """Return the answer that saves a file. `name` has safe characters only; it is not checked."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
