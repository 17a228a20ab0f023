"""Every line has one shape, says which request it belongs to, and whatever logged it."""

import io
from logging import getLogger as stdlib_logger  # noqa: TID251, N813 - as libraries do

import msgspec
import pytest
import structlog

from vortex.telemetry import context, get_logger
from vortex.telemetry.logs import configure
from vortex.testing import person


@pytest.fixture
def lines():
    """Log JSON into memory while the test runs, then put the suite's logging back."""
    from django.conf import settings

    configure({"level": "INFO", "format": "json"})
    stream = io.StringIO()
    handlers = stdlib_logger().handlers
    stderr = next(
        known
        for known in handlers
        if isinstance(known.formatter, structlog.stdlib.ProcessorFormatter)
    )
    former = stderr.setStream(stream)  # type: ignore[attr-defined]
    yield lambda: [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    stderr.setStream(former)  # type: ignore[attr-defined]
    configure(settings.LOGGING)


def test_a_line_is_a_constant_name_with_fields(lines):
    get_logger("payments").info("payments.payment.settled", payment_id="p1", amount_minor=1234)

    (line,) = lines()
    assert line["event"] == "payments.payment.settled"
    assert (line["payment_id"], line["amount_minor"]) == ("p1", 1234)
    assert (line["level"], line["logger"]) == ("info", "payments")
    assert line["at"].endswith("Z")


def test_a_line_says_which_request_it_belongs_to(lines):
    actor = person()
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    with context.use(request_id="r1", traceparent=traceparent, actor=actor, causation_id="e1"):
        get_logger().info("a.thing.happened")
        stdlib_logger("library").warning("something %s", "else")

    ours, theirs = lines()
    for line in (ours, theirs):
        assert line["request_id"] == "r1"
        assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert line["actor_id"] == str(actor.user_id)
        assert line["causation_id"] == "e1"
    assert (theirs["event"], theirs["logger"]) == ("something else", "library")


def test_libraries_are_redacted_as_we_are(lines):
    stdlib_logger("library").error(
        "card %s", "4111111111111111", extra={"password": "hunter2", "request": object()}
    )

    (line,) = lines()
    assert line["event"] == "card [redacted]"
    assert line["password"] == "[redacted]"
    assert "request" not in line


def test_an_exception_is_written_with_its_traceback_and_without_its_secrets(lines):
    try:
        raise ValueError("4111111111111111")
    except ValueError:
        get_logger().exception("a.thing.broke")

    (line,) = lines()
    assert "Traceback" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert "4111111111111111" not in line["exception"].splitlines()[-1]


def test_what_is_below_the_level_is_not_written(lines):
    get_logger().debug("a.detail")
    stdlib_logger("library").debug("a detail")

    assert lines() == []


def test_the_console_is_for_people(capsys):
    from django.conf import settings

    configure({"level": "INFO", "format": "console"})
    try:
        structlog.get_logger("x").info("a.thing.happened", password="hunter2", count=3)
    finally:
        written = capsys.readouterr().err
        configure(settings.LOGGING)

    assert "a.thing.happened" in written
    assert "count=3" in written
    assert "hunter2" not in written
