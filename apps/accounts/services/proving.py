"""What a stolen session must not do needs a fresh proof that its owner is there."""

from apps.accounts.conf import PROOF_LASTS
from apps.auth.contracts import Challenges, SessionNotFound, StepUpRequired
from vortex.binding import bind
from vortex.contracts import Principal
from vortex.errors import Fact

_ACR = "aal1"  # whoever has a second factor is always held to it


def require_presence(principal: Principal) -> None:
    """Refuse unless the caller has proved to be there in the last five minutes.

    A key without a session, of a program, cannot prove anything.
    """
    said: dict[str, Fact] = {"max_age": PROOF_LASTS, "acr": _ACR, "methods": []}
    if principal.session_id is None:
        raise StepUpRequired("only a person who has signed in can do this", **said)
    try:
        bind(Challenges).require_step_up(
            user_id=principal.user_id,
            session_id=principal.session_id,
            max_age_seconds=PROOF_LASTS,
            acr=_ACR,
        )
    except SessionNotFound as refusal:
        raise StepUpRequired("", **said) from refusal
