"""Only for typing, they say."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.payments.models import Payment
