"""Uploads: multipart forms whose size is limited while they come in, before anything is kept.

    class StatementsView(APIView):
        parser_classes = [UploadParser]
        most_bytes = 10 * 1024 * 1024

A body that announces more is refused before its first byte is read; one that does not is refused at
the byte that is too many. Files stay in memory, so `most_bytes` is small.
"""

from collections.abc import Mapping
from typing import IO, Any, Final, cast

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser as DjangoParser
from django.http.multipartparser import MultiPartParserError
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.request import Request

from vortex.http.refusals import BodyTooLarge, ParseError

# What the form around the file may take: its fields and their headers.
_FORM_BYTES: Final = 64 * 1024


class _Limited(MemoryFileUploadHandler):
    """Keeps files in memory, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.most_bytes = most_bytes
        self.seen = 0

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take every file, whatever length the body claims."""
        super().handle_raw_input(*args, **kwargs)
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep the next piece; refuse the one that is too many."""
        self.seen += len(raw_data)
        if self.seen > self.most_bytes:
            raise _too_large(self.most_bytes)
        super().receive_data_chunk(raw_data, start)


class UploadParser(BaseParser):
    """Reads multipart/form-data of a view that says `most_bytes`.

    Refuses with body_too_large (413) and parse_error (400).
    """

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the fields and the files."""
        context = parser_context or {}
        request, most = cast("Request", context["request"]), int(context["view"].most_bytes)
        meta = {**request.META, "CONTENT_TYPE": media_type or self.media_type}
        if _announced(meta) > most + _FORM_BYTES:
            raise _too_large(most)
        try:
            parser = DjangoParser(meta, cast("Any", stream), [_Limited(most)], "utf-8")
            data, files = parser.parse()
        except (MultiPartParserError, UnicodeError, ValueError) as error:
            raise ParseError("the form cannot be read") from error
        return DataAndFiles(data, files)


def _announced(meta: Mapping[str, Any]) -> int:
    text = str(meta.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the file may have {most // 1024:,} KiB", limit_bytes=most)
