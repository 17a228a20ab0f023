"""`Idempotency-Key` on a view: one effect per key of a caller, and the same answer to every retry.

    class Payments(IdempotentView):
        context = "payments"

        def post(self, request: Request) -> HttpResponse:
            payment_id = self.slot.derive("payment")      # the same id in every attempt
            owner = bind(Accounts).account(...)           # other contexts: before the transaction
            with unit_of_work("payments"):
                payment = create_payment(payment_id=payment_id, ...)
                return self.remember({"id": payment_id, ...}, status=201)

`remember` writes the answer in the transaction of the effect, so there is no instant at which one
exists without the other. A refusal is not remembered: it had no effect, and a retry may fare
better. The store and its promises are vortex.idempotency's.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Final, cast

import msgspec
from django.conf import settings
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from vortex.http.headers import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from vortex.http.refusals import IdempotencyKeyRequired
from vortex.idempotency import Answer, Slot, fingerprint, remembered
from vortex.identity.authentication import caller
from vortex.telemetry import get_logger

KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_KEPT_HEADERS: Final = ("Location", "ETag")

Handler = Callable[..., HttpResponse]

log = get_logger("http.idempotency")


class IdempotentView(APIView):
    """A view whose `idempotent_methods` take effect once per key, caller, address and body.

    `context` names whose database keeps the answers: the context of the effect. While such a method
    runs, `slot` is the key it runs under. Refuses with idempotency_key_required (400),
    idempotency_key_reused (422) and request_in_progress (409).
    """

    context: ClassVar[str]
    idempotent_methods: ClassVar[tuple[str, ...]] = ("POST",)
    slot: Slot

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who is calling and how often, then put the key around the method."""
        super().initial(request, *args, **kwargs)
        if request.method in self.idempotent_methods:
            name = request.method.lower()
            setattr(self, name, self._once(getattr(self, name)))

    def remember(
        self, data: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        """Return the answer after writing it down; call it inside the effect's unit of work."""
        response = self._answer(data, status, headers or {})
        self.slot.record(_answer_of(response))
        return response

    def remember_apart(
        self, data: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        """Return the answer after writing it down by itself, once every effect has committed.

        A crash in between runs the request again, so use it only where every effect's id comes from
        `slot.derive`, and where the effect spans contexts and has no one transaction to go with.
        """
        response = self._answer(data, status, headers or {})
        self.slot.record_apart(_answer_of(response))
        return response

    def _answer(self, data: Any, status: int, headers: dict[str, str]) -> HttpResponse:
        body = b"" if data is None else JSONRenderer().render(data)
        response = HttpResponse(
            body, status=status, content_type="application/json", headers=headers
        )
        response.data = data  # type: ignore[attr-defined]
        return response

    def _once(self, handler: Handler) -> Handler:
        def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            key = key_of(request)
            who = f"user:{caller(request).user_id}"
            with remembered(
                self.context, caller=who, key=key, request_hash=_fingerprint(request)
            ) as self.slot:
                if self.slot.answer is not None:
                    return _replay(self.slot.answer)
                response = handler(request, *args, **kwargs)
                if response.status_code < 400 and not self.slot.recorded:
                    self._forgotten(request, response)
                return response

        return handle

    def _forgotten(self, request: Request, response: HttpResponse) -> None:
        """Keep an answer that the view did not keep beside its effect: a bug of the view."""
        if settings.VORTEX_STRICT:
            raise RuntimeError(f"{type(self).__name__}.{request.method} did not call remember()")
        log.error("http.idempotency.not_remembered", view=type(self).__name__)
        if isinstance(response, Response):
            response = self._answer(response.data, response.status_code, {})
        self.slot.record_apart(_answer_of(response))


def key_of(request: Request) -> str:
    """Return the caller's key. Refuses with idempotency_key_required where there is none."""
    key: str = request.headers.get(IDEMPOTENCY_KEY, "")
    if not KEY.fullmatch(key):
        raise IdempotencyKeyRequired(
            "the header Idempotency-Key has 1 to 255 visible ASCII characters"
            if key
            else "the header Idempotency-Key is missing"
        )
    return key


def _fingerprint(request: Request) -> bytes:
    return fingerprint_of(
        cast("str", request.method),
        request.path,
        request.META.get("QUERY_STRING", ""),
        request.data,
    )


def fingerprint_of(method: str, path: str, query: str, value: Any) -> bytes:
    """Return what makes two requests the same: method, address, query and the value of the body.

    The body is compared as what it says, because a retry may write its keys in another order; and
    the alias /api/v1/ is the same address.
    """
    said = msgspec.json.encode(value, order="deterministic")
    return fingerprint(method, _address(path), query, said)


@lru_cache(maxsize=256)
def _address(path: str) -> str:
    return re.sub(r"^/api/v1/", "/api/", path)


def _answer_of(response: HttpResponse) -> Answer:
    kept = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return Answer(status=response.status_code, headers=kept, body=response.content)


def _replay(answer: Answer) -> HttpResponse:
    response = HttpResponse(
        answer.body,
        status=answer.status,
        content_type="application/json",
        headers={**answer.headers, IDEMPOTENCY_REPLAYED: "true"},
    )
    response.data = msgspec.json.decode(answer.body) if answer.body else None  # type: ignore[attr-defined]
    return response
