"""Whom other providers say somebody is, and how long a question to them is open."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

REQUEST_LIFETIME: Final = timedelta(minutes=10)
# What a provider may sign with: never `none`, never a secret that both sides know.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
# An id token is made for the answer that it comes in.
LONGEST_AGE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Provider:
    """A provider of identities that the operator trusts to say who somebody is."""

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Claimed:
    """Whom a provider says somebody is; `email` is empty unless the provider has verified it."""

    subject: str
    email: str
    full_name: str
