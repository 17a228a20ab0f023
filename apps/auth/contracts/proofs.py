"""Proofs of presence and of agreement: questions, answers and what they are refused with."""

from datetime import datetime
from uuid import UUID

from apps.auth.contracts.people import SessionNotFound, UserNotFound
from vortex.contracts import Service, Value, command, query
from vortex.errors import Forbidden, NotFound, Refused, TooMany, Unauthenticated
from vortex.money import Money


class ChallengeNotFound(NotFound, code="challenge_not_found", title="Challenge not found"):
    """There is no such question to this person, or it has been forgotten."""


class BindingMismatch(Refused, code="binding_mismatch", title="Agreed to something else"):
    """The person was asked about another amount, payee or payment. The challenge is void."""


class WrongAnswer(Unauthenticated, code="wrong_answer", title="Not right"):
    """The code, passkey or password is not right, was used before, or the question is closed."""


class TooManyAnswers(TooMany, code="too_many_answers", title="Too many wrong answers"):
    """The person waits after too many wrong codes; `retry_after` says how long, in seconds."""


class StepUpRequired(Forbidden, code="step_up_required", title="Prove that it is you"):
    """This needs a fresher or stronger proof than the session has.

    Answer at POST /api/auth/step-up/verify by one of `methods`; `acr` and `max_age` (seconds) say
    how strong and how fresh it has to be.
    """


class Binding(Value):
    """What a person agrees to: so much, to this payee, by this payment. Any change is another."""

    purpose: str
    amount: Money
    payee: str  # what identifies the payee, such as an IBAN
    reference: str  # the payment that it is about, so that an agreement serves one
    payee_name: str = ""  # shown, and not part of what is agreed to


class ChallengeView(Value):
    """A question to a person, open until it expires; `passkey_options` is JSON, or empty."""

    challenge_id: UUID
    state: str
    methods: tuple[str, ...]
    expires_at: datetime
    passkey_options: str = ""


class Agreement(Value):
    """A person has agreed to exactly what they were asked, by these methods (RFC 8176)."""

    challenge_id: UUID
    user_id: UUID
    amr: tuple[str, ...]
    agreed_at: datetime


class StepUp(Value):
    """How strongly and how recently the owner of a session proved to be there."""

    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime


class Challenges(Service, context="auth", version=1):
    """Proofs of presence, and of agreement to a payment (dynamic linking)."""

    @query(refuses=(StepUpRequired, SessionNotFound))
    def require_step_up(
        self, *, user_id: UUID, session_id: UUID, max_age_seconds: int, acr: str
    ) -> StepUp:
        """Return how a session was proved, if within `max_age_seconds` and at least by `acr`.

        `acr` is aal1 or aal2; whoever has a second factor is always held to aal2.
        """
        ...

    @command(key="challenge_id", refuses=(UserNotFound, BindingMismatch))
    def issue_challenge(
        self, *, challenge_id: UUID, user_id: UUID, session_id: UUID | None, binding: Binding
    ) -> ChallengeView:
        """Ask a person to agree to a payment. They answer here, or at /api/auth/challenges/{id}."""
        ...

    @command(
        key="challenge_id",
        deadline_ms=5000,
        refuses=(
            ChallengeNotFound,
            BindingMismatch,
            WrongAnswer,
            TooManyAnswers,
            UserNotFound,
        ),
    )
    def verify_challenge(
        self, *, challenge_id: UUID, user_id: UUID, binding: Binding, method: str, answer: str
    ) -> Agreement:
        """Return the agreement to exactly this binding; a second call returns it again.

        `answer` is the code, or the passkey's response as JSON; empty where the person has answered
        to auth directly. Another binding than the one that was asked about voids the challenge.
        """
        ...
