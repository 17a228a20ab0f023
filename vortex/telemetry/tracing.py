"""Traces by OpenTelemetry: off unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

Whatever has a span open is also what logs, outgoing calls and events name as their parent, because
opening one replaces `traceparent` in the request context. Nobody else needs to know OpenTelemetry.
The SDK's own variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …)
hold.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Final, Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vortex.errors import Refusal
from vortex.telemetry import context

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attribute = str | int | float | bool

_NOTHING: Final[AbstractContextManager[Span]] = nullcontext(trace.INVALID_SPAN)
_propagator: Final = TraceContextTextMapPropagator()


def span(
    name: str, *, kind: Kind = "internal", **attributes: Attribute
) -> AbstractContextManager[Span]:
    """Trace a block: give it a constant name, such as "ledger.post".

    The parent is the span around it or, at the edge of a process, the traceparent of the request
    context. Attributes are ids and closed words, never amounts, names or texts. A refusal is noted
    by its code; any other exception marks the span as failed and is noted by its type only, because
    its message may quote what was refused. The span that is yielded takes later `set_attribute`
    calls.
    """
    provider = _provider()
    return _NOTHING if provider is None else _spanning(provider, name, kind, attributes)


def is_enabled() -> bool:
    """Say whether spans are recorded in this process."""
    return _provider() is not None


def flush(timeout_seconds: float = 5.0) -> bool:
    """Send what is waiting and return True, or False when the collector did not take it in time."""
    provider = _provider()
    return provider is None or provider.force_flush(int(timeout_seconds * 1000))


def reset() -> None:
    """Stop recording, and read the environment again at the next span."""
    provider = _provider()
    _provider.cache_clear()
    if provider is not None:
        provider.shutdown()


@cache
def _provider() -> TracerProvider | None:
    if not (
        os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    ):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # OTEL_SERVICE_NAME, where it is set, wins over the name given here.
    name = os.environ.get("OTEL_SERVICE_NAME", "vortexcore")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


@contextmanager
def _spanning(
    provider: TracerProvider, name: str, kind: Kind, attributes: dict[str, Attribute]
) -> Iterator[Span]:
    opened = provider.get_tracer("vortex").start_as_current_span(
        name,
        context=_parent(),
        kind=SpanKind[kind.upper()],
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    )
    with opened as current, context.use(traceparent=_traceparent(current)):
        try:
            yield current
        except Refusal as refusal:
            current.set_attribute("vortex.refusal", refusal.code)
            raise
        except BaseException as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(Status(StatusCode.ERROR))
            raise


def _parent() -> Context:
    """Return the parent that the request context names: an open span's or the caller's."""
    carrier = {"traceparent": context.current().traceparent}
    return _propagator.extract(carrier, context=Context())


def _traceparent(current: Span) -> str:
    known = current.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"
