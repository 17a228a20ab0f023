"""The server's end of the wire: checks a call, runs the operation within its deadline, encodes.

Nothing is stored here under the Idempotency-Key. A command's own key is kept by its implementation
in the transaction of its effect; a second store in front could only be written before or after that
transaction, and a process that dies in between would make it lie. The header is checked against the
argument, so that a proxy that looks at headers sees the same key as the implementation.
"""

import time
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vortex.contracts import Operation, Service, implementation_of, interfaces, operations
from vortex.db.work import DeadlineExceeded
from vortex.errors import Invalid, NotFound, Refusal, Unauthenticated, Unavailable
from vortex.rpc import metrics, signing, wire
from vortex.telemetry import context as request_context
from vortex.telemetry.logs import get_logger
from vortex.telemetry.tracing import span
from vortex.topology import refuse_killed

log = get_logger("rpc.server")


class UnknownOperation(NotFound, code="unknown_operation", title="Unknown operation"):
    """No interface that is hosted here has this operation in this version."""


class MalformedCall(Invalid, code="malformed_call", title="Malformed call"):
    """The body, the deadline or the key of a call is not what the contract says."""


@csrf_exempt
@require_POST
def serve(
    request: HttpRequest, context: str, version: int, service: str, name: str
) -> HttpResponse:
    """Answer one call: 200 with the answer, 422 with the operation's refusal, else a fault."""
    started = time.perf_counter()
    label, response = f"{context}.{service}.{name}", None
    try:
        interface, operation = _find(context, version, service, name)
        response = _answer(request, interface, operation)
    except Refusal as refusal:
        if isinstance(refusal, UnknownOperation):
            label = "unknown"  # or anyone could fill the metrics with names of their own
        response = _fault(refusal)
    finally:
        status = response.status_code if response is not None else 500
        metrics.served(label, status, time.perf_counter() - started)
    return response


def _answer(request: HttpRequest, interface: type[Service], operation: Operation) -> HttpResponse:
    body = _body(request)
    call = signing.verify(_token(request), operation, body)
    deadline = request_context.deadline_in(_granted_ms(request, operation))
    log.debug("rpc.call", operation=operation.path, issuer=call.issuer, token_id=call.token_id)
    refuse_killed(operation.path)
    arguments = _arguments(request, operation, body)
    with (
        request_context.use(
            request_id=request.headers.get(wire.REQUEST_HEADER, "")[:128],
            traceparent=request.headers.get(wire.TRACE_HEADER, "")[:64],
            causation_id=request.headers.get(wire.CAUSATION_HEADER, "")[:128],
            actor=call.actor,
            deadline=deadline,
        ),
        span(operation.path, kind="server", caller=call.issuer),
    ):
        return _perform(request, interface, operation, arguments)


def _perform(
    request: HttpRequest,
    interface: type[Service],
    operation: Operation,
    arguments: dict[str, Any],
) -> HttpResponse:
    implementation = implementation_of(interface)
    if implementation is None:
        raise UnknownOperation(operation=operation.path)
    media_type = _accepted(request)
    try:
        answer = getattr(implementation, operation.name)(**arguments)
        return HttpResponse(wire.encode(answer, media_type), content_type=media_type)
    except Refusal as refusal:
        operation.check_declared(refusal)
        if refusal.is_universal:
            raise
        return _problem(refusal, wire.REFUSED_STATUS)


def _find(context: str, version: int, service: str, name: str) -> tuple[type[Service], Operation]:
    for interface in interfaces(context):
        if (interface.__name__, interface.version) == (service, version):
            for operation in operations(interface):
                if operation.name == name:
                    return interface, operation
    raise UnknownOperation(f"{context} has no operation {service}.{name} in version {version}")


def _body(request: HttpRequest) -> bytes:
    body = request.read(wire.MAX_BODY_BYTES + 1)
    if len(body) > wire.MAX_BODY_BYTES:
        raise MalformedCall(f"the body is larger than {wire.MAX_BODY_BYTES} bytes")
    return body


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise signing.CallNotSigned("the call carries no token")
    return token


def _granted_ms(request: HttpRequest, operation: Operation) -> int:
    """Return the milliseconds that the caller grants, never more than the operation's own."""
    header = request.headers.get(wire.DEADLINE_HEADER, str(operation.deadline_ms))
    try:
        granted = int(header)
    except ValueError as error:
        raise MalformedCall(f"{wire.DEADLINE_HEADER} is not a number of milliseconds") from error
    if granted <= 0:
        raise DeadlineExceeded
    return min(granted, operation.deadline_ms)


def _arguments(request: HttpRequest, operation: Operation, body: bytes) -> dict[str, Any]:
    try:
        decoded = wire.decode(body, operation.arguments, request.content_type or wire.JSON)
    except msgspec.MsgspecError as error:
        raise MalformedCall(str(error)) from error
    if wire.key_of(operation, decoded) != request.headers.get(wire.KEY_HEADER, ""):
        raise MalformedCall(f"{wire.KEY_HEADER} differs from the argument {operation.key!r}")
    return {field: getattr(decoded, field) for field in decoded.__struct_fields__}


def _accepted(request: HttpRequest) -> str:
    return wire.MSGPACK if wire.MSGPACK in request.headers.get("Accept", "") else wire.JSON


def _fault(refusal: Refusal) -> HttpResponse:
    """Return what is no answer of the operation: a call that is wrong, or that nobody can serve."""
    for family, status in _FAULTS:
        if isinstance(refusal, family):
            return _problem(refusal, status)
    raise refusal


_FAULTS: tuple[tuple[type[Refusal], int], ...] = (
    (Unauthenticated, 401),
    (NotFound, 404),
    (Invalid, 400),
    (Unavailable, 503),
)


def _problem(refusal: Refusal, status: int) -> HttpResponse:
    log.info("rpc.call.refused", code=refusal.code, status=status)
    body = wire.encode(wire.problem(refusal, status), wire.JSON)
    return HttpResponse(body, status=status, content_type=wire.PROBLEM)
