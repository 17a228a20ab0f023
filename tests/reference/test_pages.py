"""The generated pages say what the code says, and what they say holds together."""

import os
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from config.contexts import CONTEXTS, TOPICS, Context, alias
from config.reference.asyncapi import document
from config.reference.books import pages
from config.reference.variables import VARIABLES, settings_page, variables_read
from tests.architecture.source import ROOT
from vortex.contracts import event_classes

REFERENCE = ROOT / "docs" / "reference"
# Written by whoever runs `make bench`: no code can say what a machine takes.
MEASURED = {"performance.md", "proof.md"}
# Written by `python -m extraction survey`, and compared by the tests of extraction.
SURVEYED = {"seams.md"}
PAGES = (
    *(f"contracts/{context.name}.json" for context in CONTEXTS),
    "contracts.md",
    "events.md",
    "asyncapi.json",
    "problems.md",
    "settings.md",
    "openapi.json",
    "tables.md",
    "contexts.md",
)


def connect(context: Context) -> "psycopg.Connection[Any]":
    return psycopg.connect(os.environ[context.database_variable])


@pytest.fixture(scope="module")
def fresh(django_db_setup: None) -> dict[str, str]:
    return pages(connect)


@pytest.mark.servers
@pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_code_says(name: str, fresh: dict[str, str]) -> None:
    written = (REFERENCE / name).read_text()

    assert written == fresh[name], f"docs/reference/{name} is stale: make docs"


@pytest.mark.servers
@pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS])
def test_every_page_is_compared_and_no_old_one_is_left(fresh: dict[str, str]) -> None:
    on_disk = {file.relative_to(REFERENCE).as_posix() for file in _files(REFERENCE)}

    assert set(fresh) == set(PAGES)
    assert on_disk - MEASURED - SURVEYED == set(PAGES)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    whole = document()

    dangling = [ref for ref in _references(whole) if not _resolves(whole, ref)]

    assert whole["asyncapi"] == "3.0.0"
    assert set(whole["channels"]) == set(TOPICS)
    assert dangling == []


def test_an_operation_names_only_messages_of_its_own_channel() -> None:
    for name, operation in document()["operations"].items():
        channel = operation["channel"]["$ref"]

        assert operation["action"] in {"send", "receive"}, name
        assert operation["messages"], name
        assert all(
            found["$ref"].startswith(f"{channel}/messages/") for found in operation["messages"]
        )


def test_every_payload_is_a_schema_and_every_event_has_one() -> None:
    whole = document()

    for message in whole["components"]["messages"].values():
        _check_schema(message["payload"])
    for schema in whole["components"]["schemas"].values():
        _check_schema(schema)
    ours = {
        type_ for type_, event in event_classes().items() if event.__module__.startswith("apps.")
    }
    assert set(whole["components"]["messages"]) == ours


def _check_schema(schema: dict[str, Any]) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise AssertionError(schema) from wrong


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for child in node.values() for ref in _references(child)]
    return [ref for child in node for ref in _references(child)] if isinstance(node, list) else []


def _resolves(whole: dict[str, Any], reference: str) -> bool:
    place: Any = whole
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True


def test_every_variable_that_is_read_is_described_and_the_other_way_round() -> None:
    assert variables_read() == set(VARIABLES)


def test_a_variable_that_nobody_described_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(VARIABLES, "VORTEX_BROKER_URL")

    with pytest.raises(LookupError, match="lacks \\['VORTEX_BROKER_URL'\\]"):
        settings_page()


def test_a_variable_that_nobody_reads_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIABLES, "VORTEX_FORGOTTEN", VARIABLES["PORT"])

    with pytest.raises(LookupError, match="VORTEX_FORGOTTEN"):
        settings_page()


def test_the_openapi_document_has_a_tag_per_hosted_context_with_an_api() -> None:
    whole = msgspec.json.decode((REFERENCE / "openapi.json").read_bytes())

    tags = {
        tag for path in whole["paths"].values() for verb in path.values() for tag in verb["tags"]
    }
    assert whole["openapi"].startswith("3.")
    assert {"auth", "accounts", "transactions"} <= tags
