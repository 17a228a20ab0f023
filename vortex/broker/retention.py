"""How long messaging remembers, in days: the inbox longer than anything can be replayed."""

from typing import Final

ARCHIVE_DAYS: Final = 30
INBOX_DAYS: Final = 37
DAYS_AHEAD: Final = 7
