"""Signing keys: made when the first is needed, replaced on command, verified with until none lives.

A replaced key loses its private half at once and keeps vouching for what it signed until the last
refresh token of that time has expired. A key that was stolen is retired at once instead.
"""

from contextlib import suppress
from datetime import datetime

from apps.auth import selectors
from apps.auth.adapters import signing
from apps.auth.adapters.signing import ALGORITHMS, EDDSA, RS256
from apps.auth.adapters.tokens import Keys, Signer
from apps.auth.conf import SIGNING_KEY_AGE, refresh_lifetime
from apps.auth.models import SigningKey
from vortex.db import lock_in_order, needs_transaction, refusing, unit_of_work
from vortex.errors import Conflict


class ActiveKeyExists(Conflict, code="active_key_exists", title="There is an active key"):
    """Another process has made the active signing key in this moment."""


def keys_for_tokens(*, now: datetime) -> Keys:
    """Return the keys to sign and verify tokens with; the first call ever makes one."""
    in_force = _with_active(EDDSA, now)
    active = in_force[0]
    return Keys(
        kid=active.kid,
        private=signing.unseal(active.kid, bytes(active.sealed_private_key)),
        public={key.kid: signing.public_key(key.public_jwk) for key in in_force},
    )


def signer(*, algorithm: str, now: datetime) -> Signer:
    """Return what an id token is signed with; the first need of an algorithm makes a key."""
    if algorithm != RS256:
        keys = keys_for_tokens(now=now)
        return Signer(keys.kid, EDDSA, keys.private)
    active = _with_active(RS256, now)[0]
    private = signing.unseal_rsa(active.kid, bytes(active.sealed_private_key))
    return Signer(active.kid, RS256, private)


def verification_jwks(*, now: datetime) -> str:
    """Return the public keys in force as a JWKS; makes the first key where there is none."""
    in_force = selectors.keys_in_force(now=now) or _make_first(EDDSA, now=now)
    return signing.as_jwks(key.public_jwk for key in in_force)


def rotate_keys(*, now: datetime, retire_at_once: bool = False) -> SigningKey:
    """Put new keys in force, one for each algorithm in use; return that of tokens.

    With `retire_at_once` the former keys vouch for nothing any more: everybody signs in again.
    A second call does it again.
    """
    in_use = SigningKey.objects.filter(state="active", algorithm=RS256).exists()
    fresh = {one: signing.generate(one) for one in (ALGORITHMS if in_use else (EDDSA,))}
    with unit_of_work("auth"):
        lock_in_order(SigningKey.objects.exclude(state="retired"))
        until = now if retire_at_once else now + refresh_lifetime()
        # Of whatever algorithm: one that was made meanwhile retires too, and the next need
        # makes another.
        SigningKey.objects.filter(state="active").update(
            state="retiring", retires_at=until, sealed_private_key=b""
        )
        overdue = SigningKey.objects.filter(state="retiring")
        if not retire_at_once:
            overdue = overdue.filter(retires_at__lte=now)
        overdue.update(state="retired")
        made = {algorithm: _store(algorithm, key, now) for algorithm, key in fresh.items()}
    return made[EDDSA]


def rotate_when_old(*, now: datetime) -> bool:
    """Rotate if an active key has signed for long enough, and say whether one had."""
    old = SigningKey.objects.filter(state="active", created_at__lte=now - SIGNING_KEY_AGE).exists()
    if old:
        rotate_keys(now=now)
    return old


def _with_active(algorithm: str, now: datetime) -> list[SigningKey]:
    in_force = selectors.keys_in_force(now=now, algorithm=algorithm)
    if not in_force or in_force[0].state != "active":
        in_force = _make_first(algorithm, now=now)
    return in_force


def _make_first(algorithm: str, *, now: datetime) -> list[SigningKey]:
    """Make the active key; of two processes that find none, one makes it and both use it."""
    fresh = signing.generate(algorithm)
    one_active = {"vortex_auth_signing_key_one_active": ActiveKeyExists}
    with suppress(ActiveKeyExists), refusing(one_active), unit_of_work("auth"):
        _store(algorithm, fresh, now)
    return selectors.keys_in_force(now=now, algorithm=algorithm)


@needs_transaction("auth")
def _store(algorithm: str, fresh: signing.NewKey, now: datetime) -> SigningKey:
    return SigningKey.objects.create(
        kid=fresh.kid,
        algorithm=algorithm,
        state="active",
        public_jwk=fresh.public_jwk,
        sealed_private_key=fresh.sealed_private_key,
        created_at=now,
    )
