"""Papers on transactions over HTTP: only the caller's own, never shown by the bank's own pages."""

import re
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.adapters.sniffing import TAKEN
from apps.transactions.models import Attachment
from apps.transactions.services import attaching
from vortex.clock import now
from vortex.http.fields import IdField, TextField
from vortex.http.uploads import UploadParser
from vortex.identity.authentication import caller
from vortex.ids import new_id

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


class PaperSerializer(serializers.Serializer[Any]):
    """A paper to be attached."""

    file = serializers.FileField(
        help_text="PDF, PNG, JPEG, GIF, WebP or plain text, up to 5 MiB, named as what it is."
    )


class AttachmentSerializer(serializers.Serializer[Attachment]):
    """A paper on a transaction."""

    id = IdField()
    filename = TextField()
    media_type = serializers.ChoiceField(choices=list(TAKEN), help_text="What its bytes say.")
    size_bytes = serializers.IntegerField()
    attached_at = serializers.DateTimeField()


class AttachmentsSerializer(serializers.Serializer[Any]):
    """The papers on a transaction, oldest first; there are at most ten."""

    items = AttachmentSerializer(many=True)


class AttachmentsView(APIView):
    """The papers on one of the caller's transactions."""

    most_bytes = attaching.MOST_BYTES
    parser_classes = [UploadParser]

    @extend_schema(responses=AttachmentsSerializer)
    def get(self, request: Request, posting_id: UUID) -> Response:
        """List one's own papers on a transaction."""
        owner = caller(request).user_id
        selectors.posting_of_owner(posting_id=posting_id, owner_id=owner)
        found = selectors.attachments_of(posting_id=posting_id, owner_id=owner)
        return Response({"items": list(map(AttachmentSerializer().to_representation, found))})

    @extend_schema(
        request={"multipart/form-data": PaperSerializer}, responses={201: AttachmentSerializer}
    )
    def post(self, request: Request, posting_id: UUID) -> Response:
        """Attach a paper; the same file again is the paper that is there. Nobody else sees it."""
        asked = PaperSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        made = attaching.attach(
            attachment_id=new_id(),
            posting_id=posting_id,
            owner_id=caller(request).user_id,
            filename=file.name or "",
            content=file.read(),
            at=now(),
        )
        answer = Response(AttachmentSerializer(made).data, status=201)
        answer["Location"] = f"{request.path}/{made.id}"
        return answer


class AttachmentView(APIView):
    """One paper."""

    @extend_schema(
        responses={(200, kind): OpenApiResponse(OpenApiTypes.BINARY) for kind in TAKEN},
    )
    def get(self, request: Request, posting_id: UUID, attachment_id: UUID) -> HttpResponse:
        """Download a paper; a browser saves it and runs nothing in it."""
        found = selectors.attachment_of_owner(
            attachment_id=attachment_id, posting_id=posting_id, owner_id=caller(request).user_id
        )
        answer = HttpResponse(attaching.content_of(found), content_type=found.media_type)
        plain = _UNSAFE.sub("_", found.filename)
        answer["Content-Disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(found.filename, safe='')}"
        )
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer

    @extend_schema(responses={204: None})
    def delete(self, request: Request, posting_id: UUID, attachment_id: UUID) -> HttpResponse:
        """Take a paper off and forget it."""
        attaching.detach(
            attachment_id=attachment_id, posting_id=posting_id, owner_id=caller(request).user_id
        )
        return HttpResponse(status=204)
