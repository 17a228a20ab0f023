"""Spans reach a collector as OTLP, as one tree, without secrets; switched off they cost nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from timeit import timeit
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vortex.errors import Refused
from vortex.telemetry import context, span, tracing

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Broke(Refused, code="test_tracing_broke", title="Broke"):
    """For this test."""


class Collector:
    """Receives OTLP over HTTP as a real collector would, and decodes it."""

    def __init__(self) -> None:
        self.received: list[ExportTraceServiceRequest] = []
        received = self.received

        class Receive(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                assert self.headers["Content-Type"] == "application/x-protobuf"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                received.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Receive)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def spans(self) -> dict[str, Any]:
        assert tracing.flush()
        return {
            item.name: item
            for request in self.received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for item in scope.spans
        }


@pytest.fixture
def collector(monkeypatch) -> Iterator[Collector]:
    collector = Collector()
    collector.thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "vortex-test")
    tracing.reset()
    yield collector
    tracing.reset()
    monkeypatch.undo()
    tracing.reset()
    collector.server.shutdown()
    collector.thread.join()
    collector.server.server_close()


def attributes(item) -> dict[str, Any]:
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in item.attributes}


def test_spans_arrive_as_one_tree_under_the_callers_trace(collector):
    with context.use(traceparent=TRACEPARENT), span("http", kind="server") as outer:
        with span("ledger.post", kind="internal", context="transactions"):
            pass
        outer.set_attribute("http.response.status_code", 201)

    spans = collector.spans()
    http, post = spans["http"], spans["ledger.post"]
    assert http.trace_id.hex() == post.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert http.parent_span_id.hex() == "b7ad6b7169203331"
    assert post.parent_span_id == http.span_id
    assert attributes(http) == {"http.response.status_code": 201}
    assert attributes(post) == {"context": "transactions"}
    resource = collector.received[0].resource_spans[0].resource
    assert {"vortex-test"} & {pair.value.string_value for pair in resource.attributes}


def test_whoever_speaks_inside_a_span_names_it_as_the_parent(collector):
    with context.use(traceparent=TRACEPARENT), span("outer"):
        inside = context.current().traceparent

    outer = collector.spans()["outer"]
    assert inside == f"00-{outer.trace_id.hex()}-{outer.span_id.hex()}-01"


def test_a_handler_in_another_thread_joins_by_its_traceparent_alone(collector):
    with context.use(traceparent=TRACEPARENT), span("publish", kind="producer"):
        carried = context.current().traceparent

    def handle() -> None:
        with context.use(traceparent=carried), span("handle", kind="consumer"):
            pass

    thread = threading.Thread(target=handle)
    thread.start()
    thread.join()

    spans = collector.spans()
    assert spans["handle"].parent_span_id == spans["publish"].span_id
    assert spans["handle"].trace_id == spans["publish"].trace_id


def test_a_trace_that_the_caller_does_not_sample_is_not_sent(collector):
    with context.use(traceparent=TRACEPARENT[:-2] + "00"), span("quiet"):
        assert context.current().traceparent.endswith("-00")

    assert "quiet" not in collector.spans()


def test_a_refusal_is_an_answer_and_an_exception_a_failure_without_its_words(collector):
    with pytest.raises(Broke), span("refused"):
        raise Broke("the balance is 12.34")
    with pytest.raises(ValueError, match="hunter2"), span("failed"):
        raise ValueError("the password is hunter2")

    spans = collector.spans()
    assert attributes(spans["refused"]) == {"vortex.refusal": "test_tracing_broke"}
    assert spans["refused"].status.code == 0
    assert attributes(spans["failed"]) == {"error.type": "ValueError"}
    assert spans["failed"].status.code == 2
    everything = b"".join(request.SerializeToString() for request in collector.received)
    assert b"hunter2" not in everything
    assert b"12.34" not in everything


def test_without_a_collector_a_span_is_nothing(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.reset()

    with context.use(traceparent=TRACEPARENT), span("nothing") as current:
        current.set_attribute("a", 1)
        assert context.current().traceparent == TRACEPARENT
        assert not current.is_recording()
    assert not tracing.is_enabled()
    microseconds = min(timeit(_empty, number=1000) for _ in range(5)) * 1000
    assert microseconds < 10


def _empty() -> None:
    with span("nothing"):
        pass
