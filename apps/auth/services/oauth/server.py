"""The authorization server: oauthlib keeps the protocol, this says what holds at this bank.

Authorization code with PKCE (S256), devices without a keyboard, and refreshing, nothing else: no
implicit or hybrid answer, no password, no code without a challenge, no address that was not
registered letter by letter.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import unquote_plus

import msgspec
from django.conf import settings
from oauthlib.oauth2 import AuthorizationEndpoint, RequestValidator, TokenEndpoint
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant, RefreshTokenGrant

from apps.auth.adapters import tokens
from apps.auth.conf import access_lifetime
from apps.auth.domain.challenges import acr_of
from apps.auth.domain.device import Device
from apps.auth.domain.oauth import CHALLENGE, LONGEST_NONCE, OPENID
from apps.auth.models import OAuthClient, Session
from apps.auth.services import sessions
from apps.auth.services.issuing import InvalidCredentials, tokens_of
from apps.auth.services.keys import signer
from apps.auth.services.oauth import clients, devices, grants

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS: Final = ("authorization_code", "refresh_token", DEVICE_CODE)
_ID_TOKEN_LIVES: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Moment:
    """What a request happens in: when, from where and, on the page of consent, before whom."""

    now: datetime
    device: Device
    presence: grants.Presence | None = None
    is_pushed: bool = False  # whether the program itself has said what it asks for (RFC 9126)


class BankRules(RequestValidator):  # type: ignore[misc]
    """What oauthlib asks of the bank about one request."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self.moment = moment

    def validate_client_id(self, client_id: str, request: Any, *_: Any, **__: Any) -> bool:
        """Say whether there is such a program."""
        request.client = clients.active(client_id=client_id)
        return request.client is not None

    def validate_redirect_uri(self, _: str, redirect_uri: str, request: Any, *__: Any) -> bool:
        """Say whether a browser may be sent there: to what was registered, letter by letter."""
        return redirect_uri in request.client.redirect_uris

    def get_default_redirect_uri(self, *_: Any, **__: Any) -> None:
        """Return nothing: the address is named each time."""

    def validate_response_type(self, _: str, response_type: str, *__: Any, **___: Any) -> bool:
        """Say whether an answer of this kind is given: codes only."""
        return response_type == "code"

    def is_pkce_required(self, *_: Any) -> bool:
        """Say that every code needs a challenge."""
        return True

    def get_default_scopes(self, *_: Any, **__: Any) -> list[str]:
        """Return nothing: what a program wants, it names."""
        return []

    def validate_scopes(self, _: str, scopes: list[str], client: OAuthClient, *__: Any) -> bool:
        """Say whether the program may ask for these."""
        return bool(scopes) and set(scopes) <= set(client.scopes)

    def validate_silent_login(self, request: Any) -> bool:
        """Say that nobody is signed in who was not asked."""
        del request
        return False

    def validate_user_match(self, id_token_hint: str | None, *_: Any) -> bool:
        """Say whether a hint is heeded: none is, so a request with one must ask without."""
        return id_token_hint is None

    def save_authorization_code(self, _: str, code: dict[str, str], request: Any, *__: Any) -> None:
        """Keep what a code stands for."""
        moment = self.moment
        grants.issue_code(
            code=code["code"],
            asked=grants.Asked(
                client=request.client,
                redirect_uri=request.redirect_uri,
                scopes=tuple(dict.fromkeys(request.scopes)),
                code_challenge=request.code_challenge,
                nonce=request.nonce or "",
            ),
            presence=cast("grants.Presence", moment.presence),
            now=moment.now,
        )

    def client_authentication_required(self, request: Any, *_: Any) -> bool:
        """Say that every program proves which one it is, as far as it can."""
        del request
        return True

    def authenticate_client(self, request: Any, *_: Any) -> bool:
        """Say whether the program proves to be the one it names."""
        body = {"client_id": request.client_id, "client_secret": request.client_secret}
        request.client = authenticate(request.headers.get("Authorization", ""), body)
        if request.client is not None:
            request.client_id = request.client.client_id
        return request.client is not None

    def validate_grant_type(self, _: str, grant_type: str, *__: Any, **___: Any) -> bool:
        """Say whether tokens are given for this."""
        return grant_type in GRANTS

    def validate_code(self, _: str, code: str, client: OAuthClient, request: Any, *__: Any) -> bool:
        """Say whether a code is good, and use it up: one guess at its verifier is all there is."""
        request.grant = grants.take_code(code=code, client=client, now=self.moment.now)
        if request.grant is not None:
            request.user, request.scopes = request.grant.user, request.grant.scopes
        return request.grant is not None

    def get_code_challenge(self, _: str, request: Any) -> str:
        """Return the challenge that the code was asked for with."""
        return str(request.grant.code_challenge)

    def get_code_challenge_method(self, *_: Any) -> str:
        """Return the only way in which a challenge is made."""
        return "S256"

    def confirm_redirect_uri(
        self, _: str, __: str, redirect_uri: str, ___: Any, request: Any, *____: Any
    ) -> bool:
        """Say whether the code was sent to this address."""
        return bool(redirect_uri == request.grant.redirect_uri)

    def get_authorization_code_nonce(self, _: str, __: str, ___: str, request: Any) -> str | None:
        """Return what the program wants to find in the id token again."""
        return request.grant.nonce or None

    def validate_refresh_token(
        self, refresh_token: str, client: OAuthClient, request: Any, *_: Any
    ) -> bool:
        """Say whether a refresh token is good, and replace it; its reuse ends the connection."""
        try:
            request.session, line = sessions.rotate(
                token=refresh_token, client_id=client.pk, now=self.moment.now
            )
        except (sessions.InvalidRefreshToken, sessions.RefreshTokenReused):
            return False
        request.user, request.line = request.session.user, (line.current_id, line.rotated_at)
        return True

    def validate_device_code(self, _: str, device_code: str, request: Any) -> str | None:
        """Say how a device's wait stands."""
        status, request.grant = devices.poll(
            device_code=device_code, client=request.client, now=self.moment.now
        )
        if status == devices.AUTHORIZED:
            request.user, request.scopes = request.grant.user, request.grant.scopes
        return status

    def get_original_scopes(self, _: str, request: Any, *__: Any) -> list[str]:
        """Return what the person agreed to."""
        return list(request.session.scopes)

    def save_token(self, *_: Any, **__: Any) -> None:
        """Do nothing: a token was kept when it was made."""

    def invalidate_authorization_code(self, *_: Any, **__: Any) -> None:
        """Do nothing: the code was used up when it was looked at."""

    def is_origin_allowed(self, *_: Any, **__: Any) -> bool:
        """Say that no page of another site reads tokens."""
        return False

    def get_id_token(self, _: Any, __: Any, request: Any) -> str:
        """Return who the person is, signed for the program."""
        return _id_token(request.session, request.grant.nonce, self.moment.now)

    def refresh_id_token(self, request: Any) -> bool:
        """Say that who the person is, is said once: when they were there."""
        del request
        return False

    def must_be_pushed(self, request: Any) -> dict[str, Any]:
        """Refuse what a browser brings where the program has to push it."""
        client = clients.active(client_id=request.client_id or "")
        if client is not None and client.must_push and not self.moment.is_pushed:
            raise errors.InvalidRequestError("this program pushes its requests", request=request)
        return {}

    def access_token(self, request: Any) -> str:
        """Make the tokens of a request that oauthlib has found nothing wrong with."""
        if request.grant_type != "refresh_token":
            connect = devices.connect if request.grant_type == DEVICE_CODE else grants.connect
            try:
                request.session, token_id = connect(
                    grant=request.grant, device=self.moment.device, now=self.moment.now
                )
            except (grants.CodeReplayed, devices.DeviceCodeUsed, InvalidCredentials) as refusal:
                raise errors.InvalidGrantError(request=request) from refusal
            request.line = (token_id, self.moment.now)
        token_id, issued_at = request.line
        request.issued = tokens_of(
            request.session,
            token_id=token_id,
            issued_at=issued_at,
            now=self.moment.now,
            scopes=tuple(request.scopes),
        )
        return str(request.issued.access)


class DeviceTokens(DeviceCodeGrant):  # type: ignore[misc]
    """oauthlib's grant for devices, which says who the person is too (OpenID Connect)."""

    def create_token_response(self, request: Any, token_handler: Any) -> tuple[Any, str, int]:
        """Answer a poll."""
        headers, body, status = super().create_token_response(request, token_handler)
        if status == HTTPStatus.OK and OPENID in request.scopes:
            told = msgspec.json.decode(body, type=dict[str, Any])
            told["id_token"] = self.request_validator.get_id_token(None, None, request)
            body = msgspec.json.encode(told).decode()
        return headers, body, status


class BankServer(AuthorizationEndpoint, TokenEndpoint):  # type: ignore[misc]
    """oauthlib's endpoints with the grants that there are, for one request."""

    def __init__(self, moment: Moment) -> None:
        rules = BankRules(moment)
        code = AuthorizationCodeGrant(rules)
        code.proxy_target.custom_validators.pre_auth.append(_narrow)
        code.proxy_target.custom_validators.pre_auth.append(rules.must_be_pushed)
        code.proxy_target.register_code_modifier(_with_issuer)
        refresh = RefreshTokenGrant(rules)
        bearer = BearerToken(
            rules,
            token_generator=rules.access_token,
            refresh_token_generator=lambda request: request.issued.refresh,
            expires_in=int(access_lifetime().total_seconds()),
        )
        AuthorizationEndpoint.__init__(self, "code", bearer, {"code": code})
        TokenEndpoint.__init__(
            self,
            GRANTS[0],
            bearer,
            dict(zip(GRANTS, (code, refresh, DeviceTokens(rules)), strict=True)),
        )


def issuer() -> str:
    """Return what the bank calls itself in discovery and in id tokens."""
    return str(settings.VORTEX_PUBLIC_URL).rstrip("/")


def authenticate(authorization: str, body: dict[str, Any]) -> OAuthClient | None:
    """Return the program that a request comes from: by HTTP Basic or by its body, never by both."""
    scheme, _, encoded = authorization.partition(" ")
    in_body = body.get("client_secret") or ""
    if scheme.lower() != "basic":
        return clients.authenticated(client_id=body.get("client_id") or "", secret=in_body)
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no text
        return None
    name, secret = unquote_plus(name), unquote_plus(secret)
    if in_body or body.get("client_id") not in {None, "", name}:
        return None
    return clients.authenticated(client_id=name, secret=secret)


def _narrow(request: Any) -> dict[str, Any]:
    """Refuse what oauthlib would take and this bank does not."""
    if request.response_mode not in {None, "query"}:
        request.response_mode = "query"  # where this refusal goes
        raise errors.InvalidRequestError("response_mode is query", request=request)
    if request.code_challenge and request.code_challenge_method != "S256":
        raise errors.UnsupportedCodeChallengeMethodError(request=request)
    if request.code_challenge and not CHALLENGE.fullmatch(request.code_challenge):
        raise errors.InvalidRequestError("code_challenge is S256 of a verifier", request=request)
    if len(request.nonce or "") > LONGEST_NONCE:
        raise errors.InvalidRequestError("nonce is too long", request=request)
    objects = (getattr(request, name, None) for name in ("request", "request_uri", "claims"))
    if any(objects):
        raise errors.InvalidRequestError("request objects are not taken", request=request)
    return {}


def _with_issuer(grant: dict[str, str], _: Any, __: Any) -> dict[str, str]:
    """Say who answers, so that a program of many banks does not mix them up (RFC 9207)."""
    return {**grant, "iss": issuer()}


def _id_token(session: Session, nonce: str, now: datetime) -> str:
    told = {"nonce": nonce} if nonce else {}
    algorithm = session.client.id_token_alg if session.client else ""
    return tokens.signed(
        signer(algorithm=algorithm, now=now),
        iss=issuer(),
        aud=str(session.client_id),
        sub=str(session.user_id),
        iat=int(now.timestamp()),
        exp=int((now + _ID_TOKEN_LIVES).timestamp()),
        auth_time=int(session.authenticated_at.timestamp()),
        amr=session.amr,
        acr=acr_of(session.amr),
        **told,
    )
