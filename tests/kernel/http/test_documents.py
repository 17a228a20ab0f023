"""The OpenAPI document is whole, valid, free of warnings, and says everything once."""

import re

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from vortex.http.documents import SchemaView

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _made_anew():
    SchemaView._document = None
    yield
    SchemaView._document = None


@pytest.fixture
def document():
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(request=None, public=True)


def test_it_is_valid_and_nothing_was_guessed(document):
    validate_schema(document)

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_the_alias_and_the_kernels_own_addresses_are_not_in_it(document):
    assert all(path.startswith("/api/test/") for path in document["paths"])


def test_every_operation_may_refuse_and_says_how(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            refusal = operation["responses"]["default"]
            assert list(refusal["content"]) == ["application/problem+json"]

    assert "code" in document["components"]["schemas"]["Problem"]["required"]


def test_what_moves_money_demands_a_key_and_settings_a_version(document):
    def headers(path: str, method: str) -> dict[str, bool]:
        given = document["paths"][path][method].get("parameters", [])
        return {item["name"]: item["required"] for item in given if item["in"] == "header"}

    assert headers("/api/test/transfers", "post") == {"Idempotency-Key": True}
    assert headers("/api/test/settings", "put") == {"If-Match": True}
    assert headers("/api/test/settings", "get") == {}


def test_money_has_one_schema_and_an_example(document):
    schemas = document["components"]["schemas"]

    assert schemas["Paid"]["properties"]["amount"] == {"$ref": "#/components/schemas/Money"}
    assert schemas["Money"]["example"] == {"amount": "12.34", "currency": "EUR"}
    for name, good, bad in (
        ("Money", ["0", "12.34", "-5"], ["1.", "01", "1e3", "NaN", ""]),
        ("PositiveMoney", ["0.01", "10"], ["0", "0.00", "-1"]),
    ):
        pattern = schemas[name]["properties"]["amount"]["pattern"]
        assert all(re.search(pattern, text) for text in good)
        assert not any(re.search(pattern, text) for text in bad)


def test_tokens_are_one_bearer_scheme(document):
    assert document["components"]["securitySchemes"]["bearerJWT"]["bearerFormat"] == "JWT"
    assert document["paths"]["/api/test/whoami"]["get"]["security"] == [{"bearerJWT": []}]


def test_it_is_served_as_json_and_as_yaml(client):
    as_json = client.get("/api/schema")
    as_yaml = client.get("/api/schema?format=yaml")

    assert as_json["Content-Type"].startswith("application/json")
    assert as_json.json() == yaml.safe_load(as_yaml.content)
    assert as_json.json()["info"]["title"] == "VortexCore"


def test_the_page_to_read_it_asks_nobody_else(client):
    page = client.get("/api/docs")
    text = page.content.decode()

    assert page.status_code == 200
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
    assert not re.search(r"<script(?![^>]*src=)", text)
    assert "script-src 'self';" in page["Content-Security-Policy"]
    assert client.get("/api/docs?script=")["Content-Type"].startswith("application/javascript")


def test_the_door_leads_to_the_documents(client):
    text = client.get("/").content.decode()

    for address in ("/api/docs", "/api/schema", "/problems/", "/admin/", "/health/ready"):
        assert f'href="{address}"' in text
