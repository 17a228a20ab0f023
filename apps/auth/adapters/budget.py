"""How many SMS the whole bank sends in a day (UTC), counted in Valkey before each is asked for.

Whoever pumps SMS to numbers that pay them stays below each limit of a person, number or network; so
there is one over all of them. It is a count of the day, and no bucket that fills again.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from apps.auth.contracts import SignInUnavailable
from vortex import valkey
from vortex.errors import Unavailable
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter, gauge

_KEPT_SECONDS: Final = 172_800
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""

log = get_logger("auth.sms")
_spent = gauge("vortex_sms_budget_spent_ratio", "SMS asked for today, of those that may be.")
_refused = counter("vortex_sms_budget_refused_total", "SMS refused for the day's budget is spent.")


class SmsBudgetSpent(Unavailable, code="sms_budget_spent", title="No more SMS today"):
    """The bank sends no more SMS today; `retry_after` says in how many seconds it does again.

    Other ways of confirming that it is oneself are open.
    """

    is_universal = False


def spend_budget(*, now: datetime) -> None:
    """Count an SMS against the day's budget, or refuse it with SmsBudgetSpent."""
    most = int(settings.VORTEX_SMS_DAILY_BUDGET)
    day = f"{now:%Y-%m-%d}"
    try:
        count = int(valkey.client().eval(_COUNT, 1, f"auth:sms:budget:{day}", str(_KEPT_SECONDS)))
    except valkey.FAILURES as error:
        raise SignInUnavailable(retry_after=1) from error
    _spent.set(min(count, most) / most if most else 1)
    if count > most:
        _refused.inc()
        if count == most + 1:
            log.error("auth.sms.budget_spent", most=most)
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        raise SmsBudgetSpent(retry_after=max(1, int((tomorrow - now).total_seconds())))
