"""Failed sign-ins per account, counted in Valkey so that every process knows of every attempt.

An attempt is counted before the password is looked at and forgotten when it was right, so that a
hundred guesses sent at once are not a hundred guesses made. Nobody is locked out for good, and an
address that nobody registered is counted just the same.
"""

import hashlib
from typing import Final

from apps.auth.contracts import SignInUnavailable, TooManyAnswers
from vortex import valkey
from vortex.db import keep_copies_out
from vortex.errors import TooMany
from vortex.http.throttles import limit_of

_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class TooManySignIns(TooMany, code="too_many_sign_ins", title="Too many attempts to sign in"):
    """The account waits after too many wrong passwords; `retry_after` says how long, in seconds."""

    is_first = False


def count(who: str, scope: str = "sign_in_account") -> None:
    """Count an attempt to be somebody, or refuse it; call `forget` if it was right.

    `who` is the address that was typed or, where a second factor is asked for, the person's id. A
    copy of a request is no attempt: it is refused with Moved, and learns nothing.
    """
    keep_copies_out("auth")
    limit = limit_of(scope)
    try:
        made, remaining = valkey.client().eval(_COUNT, 1, _key(who, scope), str(limit.seconds))
    except valkey.FAILURES as error:
        raise SignInUnavailable(retry_after=1) from error
    if int(made) > limit.quota:
        waits = max(1, int(remaining))
        if scope == "second_factor":
            raise TooManyAnswers(retry_after=waits)
        refusal = TooManySignIns(retry_after=waits)
        refusal.is_first = int(made) == limit.quota + 1
        raise refusal


def forget(who: str, scope: str = "sign_in_account") -> None:
    """Forget the attempts made as somebody, who has just proved to be them."""
    try:
        valkey.client().delete(_key(who, scope))
    except valkey.FAILURES as error:
        raise SignInUnavailable(retry_after=1) from error


def _key(who: str, scope: str) -> str:
    return f"auth:attempts:{scope}:{hashlib.sha256(who.encode()).hexdigest()}"
