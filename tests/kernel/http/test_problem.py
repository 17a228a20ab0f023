"""Every refusal has one shape and one status, and says nothing that it should not."""

import pytest
from rest_framework import serializers

from vortex.errors import FAMILIES, refusal_classes
from vortex.http.problem import STATUS_OF_CODE, STATUS_OF_FAMILY, pointers, status_of

pytestmark = pytest.mark.servers

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_refusal_is_a_problem_with_its_facts_and_facts_replace_nothing(client):
    response = client.get(
        "/api/test/breaks/refused?card=4111111111111111", headers={"traceparent": TRACEPARENT}
    )

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/test_not_enough",
        "title": "Not enough",
        "status": 422,
        "detail": "there is 1.00",
        "code": "test_not_enough",
        "instance": "/api/test/breaks/refused",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "available": "1.00",
    }


def test_every_family_has_a_status_and_every_code_finds_one():
    assert set(STATUS_OF_FAMILY) == set(FAMILIES)
    assert set(STATUS_OF_CODE) <= set(refusal_classes())
    for refusal in refusal_classes().values():
        assert 400 <= status_of(refusal) <= 599


def test_the_type_of_a_problem_leads_to_a_page_that_explains_it(client):
    kind = client.get("/api/test/breaks/refused").json()["type"]

    page = client.get(kind)

    assert page.status_code == 200
    assert "There is less than was asked for." in page.content.decode()
    assert "Ask for less." in page.content.decode()
    assert "422" in page.content.decode()


def test_every_code_has_a_page_and_is_listed(client):
    listed = client.get("/problems/").content.decode()

    for code in refusal_classes():
        assert f"/problems/{code}" in listed
        assert client.get(f"/problems/{code}").status_code == 200
    assert client.get("/problems/no_such_code").status_code == 404


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "code"),
    [
        ("get /api/test/whoami", {}, 401, "not_authenticated"),
        ("get /api/test/whoami", {"Authorization": "Basic YTpi"}, 401, "not_authenticated"),
        ("get /api/test/whoami", {"Authorization": "Bearer"}, 401, "invalid_token"),
        ("get /api/test/whoami", {"Authorization": "Bearer a b"}, 401, "invalid_token"),
        ("get /api/test/whoami", {"Authorization": "Bearer é"}, 401, "invalid_token"),
        ("delete /api/test/echo", {}, 405, "method_not_allowed"),
        ("get /api/test/limited", {"Accept": "text/csv"}, 406, "not_acceptable"),
        ("get /api/nowhere", {}, 404, "not_found"),
        ("get /api/test/limited?a=%00", {}, 400, "bad_request"),
        ("get /api/test/breaks/%00", {}, 400, "bad_request"),
        ("get /api/test/limited", {"X-Deadline-Ms": "0"}, 503, "deadline_spent"),
        ("get /api/test/limited", {"Host": "evil.example"}, 400, "bad_request"),
        ("get /api/test/breaks/conflict", {}, 409, ""),
        ("get /api/test/breaks/suspicious", {}, 400, "bad_request"),
    ],
)
def test_what_http_refuses_has_a_stable_code(client, request_line, headers, status, code):
    method, path = request_line.split()
    response = getattr(client, method)(path, headers=headers)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert "secret" not in response.content.decode()


def test_a_401_says_how_to_get_in(client):
    missing = client.get("/api/test/whoami")
    bad = client.get("/api/test/whoami", headers={"Authorization": "Bearer nonsense"})

    assert missing["WWW-Authenticate"] == 'Bearer realm="vortexcore"'
    assert bad["WWW-Authenticate"] == 'Bearer realm="vortexcore", error="invalid_token"'


def test_a_405_says_what_is_allowed(client):
    assert "POST" in client.delete("/api/test/echo")["Allow"]


def test_a_role_that_is_missing_is_a_403(signed_in):
    response = signed_in.get("/api/test/staff")

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_an_outage_is_a_503_that_names_no_server(client):
    response = client.get("/api/test/breaks/database")

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert response.json()["code"] == "storage_unavailable"
    assert "10.0.0.1" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/test/breaks/bug", "/api/test/crash"])
def test_a_bug_is_a_500_that_says_nothing_and_is_logged_whole(client, path, caplog):
    response = client.get(path, headers={"traceparent": TRACEPARENT})

    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "internal_error"
    assert response.json()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert "hunter2" not in response.content.decode()
    logged = [record for record in caplog.records if record.exc_info]
    assert any(isinstance(record.exc_info[1], RuntimeError) for record in logged)


def test_a_page_for_people_is_not_a_problem(client):
    response = client.get("/nowhere")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_complaints_point_into_the_body(client):
    response = client.post(
        "/api/test/pay",
        {"amount": {"amount": "1.234", "currency": "EUR"}, "note": "too long", "tags": [1, "x"]},
    )

    assert response.status_code == 422
    assert response.json()["code"] == "validation_failed"
    errors = {error["pointer"]: error["code"] for error in response.json()["errors"]}
    assert errors == {
        "/amount/amount": "invalid_amount",
        "/note": "max_length",
        "/tags/1": "invalid",
    }


def test_a_pointer_escapes_what_would_lead_astray():
    error = serializers.ValidationError({"a/b~c": ["no"], "non_field_errors": ["whole"]})

    assert [part["pointer"] for part in pointers(error.detail)] == ["/a~1b~0c", ""]
