"""Tables of the auth context, and the constraints that PostgreSQL keeps; rules are in domain/."""

from apps.auth.models.authority import ApiKey, RoleChange
from apps.auth.models.consents import Consent
from apps.auth.models.external import ExternalIdentity, ExternalRequest
from apps.auth.models.factors import (
    AuthenticatorApp,
    Challenge,
    Passkey,
    RecoveryCode,
    TrustedBrowser,
)
from apps.auth.models.mail import EmailChange, MailLink
from apps.auth.models.oauth import AuthorizationCode, DeviceGrant, OAuthClient, PushedRequest
from apps.auth.models.people import User
from apps.auth.models.phones import Phone, PhoneChange, TextCode
from apps.auth.models.sessions import RefreshFamily, Session, SigningKey
from apps.auth.models.staff import FactorReset, Impersonation, StaffAct

__all__ = [
    "ApiKey",
    "AuthenticatorApp",
    "AuthorizationCode",
    "Challenge",
    "Consent",
    "DeviceGrant",
    "EmailChange",
    "ExternalIdentity",
    "ExternalRequest",
    "FactorReset",
    "Impersonation",
    "MailLink",
    "OAuthClient",
    "Passkey",
    "Phone",
    "PhoneChange",
    "PushedRequest",
    "RecoveryCode",
    "RefreshFamily",
    "RoleChange",
    "Session",
    "SigningKey",
    "StaffAct",
    "TextCode",
    "TrustedBrowser",
    "User",
]
