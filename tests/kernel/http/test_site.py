"""The bank's own site: its whole document, its errors, and a token of auth's at the door."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _whole_site(settings, _site):
    settings.ROOT_URLCONF = "config.urls"
    settings.VORTEX_JWKS_LOADER = "config.jwks.load"


def test_the_whole_document_is_valid_and_without_warnings():
    GENERATOR_STATS.reset()
    document = SchemaGenerator().get_schema(request=None, public=True)

    validate_schema(document)

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["tags"] == [path.split("/")[2]]


def test_what_nobody_serves_is_a_problem_under_the_api_only(client):
    assert client.get("/api/nowhere").json()["code"] == "not_found"
    assert client.get("/api/v1/nowhere").json()["code"] == "not_found"
    assert client.get("/nowhere")["Content-Type"].startswith("text/html")
    assert client.get("/problems/").status_code == 200


@pytest.mark.django_db(databases="__all__")
def test_the_tokens_that_auth_issues_are_the_tokens_that_are_accepted(client):
    person = {"email": "site@example.com", "password": "a long enough passphrase 42"}
    assert client.post("/api/auth/register", {**person, "full_name": "S"}).status_code == 201

    pair = client.post("/api/auth/login", person).json()

    def profile(token: str):
        return client.get("/api/auth/user/profile", headers={"Authorization": f"Bearer {token}"})

    assert profile(pair["access"]).status_code == 200
    assert profile(pair["refresh"]).json()["code"] == "invalid_token"
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    assert client.post("/api/auth/logout", headers=bearer).status_code == 204
    assert profile(pair["access"]).json()["code"] == "session_revoked"
