"""What the sandbox bank remembers while it is open: consents, codes and tokens."""

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime

from vortex.clock import now


@dataclass
class Consent:
    """A consent, the customer who gave it and what it was asked for."""

    consent_id: str
    expires_at: str
    status: str = "AwaitingAuthorisation"
    customer: str = ""
    created_at: str = field(default_factory=lambda: now().isoformat())

    @property
    def stands(self) -> bool:
        """Whether it opens anything now."""
        ends = datetime.fromisoformat(self.expires_at) if self.expires_at else None
        return self.status == "Authorised" and (ends is None or ends > now())


@dataclass(frozen=True)
class _Code:
    consent_id: str
    challenge: str
    redirect_uri: str


class Memory:
    """Everything that was agreed. One lock: the server has many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._consents: dict[str, Consent] = {}
        self._codes: dict[str, _Code] = {}
        self._tokens: dict[str, str] = {}  # access or refresh token to consent id

    def announce(self, expires_at: str) -> Consent:
        """Begin a consent."""
        consent = Consent(f"urn-sandbox-{secrets.token_hex(8)}", expires_at)
        with self._lock:
            self._consents[consent.consent_id] = consent
        return consent

    def consent(self, consent_id: str) -> Consent | None:
        """Return a consent."""
        with self._lock:
            return self._consents.get(consent_id)

    def authorise(self, consent: Consent, customer: str, challenge: str, redirect_uri: str) -> str:
        """Give a consent and return the code to come back with."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            consent.status, consent.customer = "Authorised", customer
            self._codes[code] = _Code(consent.consent_id, challenge, redirect_uri)
        return code

    def redeem(self, code: str, verifier: str, redirect_uri: str) -> Consent | None:
        """Return the consent of a code, once; the verifier has to be the challenge's."""
        with self._lock:
            known = self._codes.pop(code, None)
        if known is None or known.redirect_uri != redirect_uri:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == known.challenge
        return self.consent(known.consent_id) if proved else None

    def issue(self, consent: Consent) -> dict[str, object]:
        """Return fresh tokens of a consent."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[f"access {access}"] = consent.consent_id
            self._tokens[f"refresh {refresh}"] = consent.consent_id
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": refresh,
        }

    def refresh(self, token: str) -> Consent | None:
        """Return the consent of a refresh token, which opens once."""
        with self._lock:
            consent_id = self._tokens.pop(f"refresh {token}", "")
        consent = self.consent(consent_id)
        return consent if consent is not None and consent.stands else None

    def opened_by(self, access: str) -> Consent | None:
        """Return the consent that an access token opens now."""
        with self._lock:
            consent_id = self._tokens.get(f"access {access}", "")
        consent = self.consent(consent_id)
        if consent is None or not consent.stands or consent.customer == "forgetful":
            return None
        return consent

    def revoke(self, consent_id: str) -> bool:
        """End a consent; say whether there was one."""
        with self._lock:
            consent = self._consents.pop(consent_id, None)
            if consent is not None:
                consent.status = "Revoked"
            return consent is not None
