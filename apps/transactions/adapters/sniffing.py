"""What a file is, by its bytes: the name and the type that its sender gives prove nothing."""

from typing import Final

import puremagic

# What is taken, by what puremagic calls it, with the endings that its name may have.
TAKEN: Final[dict[str, tuple[str, ...]]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "text/plain": (".txt",),
}
# A file of these begins with these bytes and nothing before them.
_BEGINS: Final = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


def sniffed(content: bytes, filename: str) -> str:
    """Return the media type of a file, or nothing where it is none that is taken.

    The bytes decide; the ending has to fit them, so that what is opened is what was looked at.
    """
    found = _by_bytes(content)
    ending = f".{filename.rpartition('.')[2].casefold()}"
    return found if found and ending in TAKEN[found] else ""


def _by_bytes(content: bytes) -> str:
    try:
        names = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        names = set()
    for media_type, beginnings in _BEGINS.items():
        if media_type in names and content.startswith(beginnings):
            return media_type
    return "text/plain" if _is_text(content) else ""


def _is_text(content: bytes) -> bool:
    """Say whether it is UTF-8 of printable letters, and no markup that a browser would run."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    start = text.lstrip("\ufeff \r\n\t")[:1]
    return start not in {"", "<", "%"} and not any(
        letter < " " and letter not in "\r\n\t" for letter in text
    )
