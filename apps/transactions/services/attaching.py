"""Papers on a transaction: what is taken, kept, given back and forgotten."""

import hashlib
import re
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions import selectors
from apps.transactions.adapters.files import files
from apps.transactions.adapters.sniffing import sniffed
from apps.transactions.contracts import AttachmentRefused, TooManyAttachments
from apps.transactions.models import Attachment
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_OF_ONE: Final = 10
MOST_KEPT: Final = 200 * 1024 * 1024
_LONGEST_NAME: Final = 120


def attach(
    *,
    attachment_id: UUID,
    posting_id: UUID,
    owner_id: UUID,
    filename: str,
    content: bytes,
    at: datetime,
) -> Attachment:
    """Put a paper on a posting. The same bytes again are the paper that is there already.

    Refuses what is no PDF, image or text by its bytes, or is not what its name says.
    """
    selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id)
    name = plain_name(filename)
    media_type = _accepted(content, name)
    digest = hashlib.sha256(content).digest()
    with unit_of_work("transactions"):
        _alone(owner_id)
        there = selectors.attachments_of(posting_id=posting_id, owner_id=owner_id)
        known = next((one for one in there if bytes(one.sha256) == digest), None)
        if known is not None:
            return known
        kept = selectors.kept_bytes(owner_id=owner_id)
        if len(there) >= MOST_OF_ONE or kept + len(content) > MOST_KEPT:
            raise TooManyAttachments(most=MOST_OF_ONE, kept_bytes=kept)
        file_id = new_id()
        files().put(file_id=file_id, content=content, at=at)
        return Attachment.objects.create(
            id=attachment_id,
            owner_id=owner_id,
            posting_id=posting_id,
            file_id=file_id,
            filename=name,
            media_type=media_type,
            size_bytes=len(content),
            sha256=digest,
            attached_at=at,
        )


def _accepted(content: bytes, name: str) -> str:
    """Return what kind of file it is; refuse what is not kept."""
    if not content or len(content) > MOST_BYTES:
        raise AttachmentRefused("the file is empty or has more than 5 MiB")
    media_type = sniffed(content, name)
    if not media_type:
        raise AttachmentRefused(
            "the file is no PDF, PNG, JPEG, GIF, WebP or plain text, or its name says otherwise"
        )
    return media_type


def detach(*, attachment_id: UUID, posting_id: UUID, owner_id: UUID) -> None:
    """Take a paper off a posting and forget its bytes."""
    with unit_of_work("transactions"):
        known = selectors.attachment_of_owner(
            attachment_id=attachment_id, posting_id=posting_id, owner_id=owner_id
        )
        known.delete()
        files().drop(file_id=known.file_id)


def content_of(attachment: Attachment) -> bytes:
    """Return the bytes of a paper."""
    return files().get(file_id=attachment.file_id)


def plain_name(filename: str) -> str:
    """Return what a file is called, without folders, controls and marks of direction."""
    name = re.split(r"[/\\]", filename)[-1]
    plain = "".join(letter for letter in name if letter.isprintable() and letter not in '"<>|*?:;')
    return plain.strip(". ")[-_LONGEST_NAME:] or "file"


def _alone(owner_id: UUID) -> None:
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 8))", [str(owner_id)])
