"""Nobody overwrites what they have not seen."""

import pytest

from vortex.http.etag import etag_of

pytestmark = pytest.mark.servers

URL = "/api/test/settings"


def test_a_change_says_which_version_it_is_about(client):
    etag = client.get(URL)["ETag"]

    assert client.put(URL, {}).status_code == 428
    assert client.put(URL, {}).json()["code"] == "precondition_required"
    assert client.put(URL, {}, headers={"If-Match": etag}).status_code == 200
    assert client.put(URL, {}, headers={"If-Match": f'"older", {etag}'}).status_code == 200
    assert client.put(URL, {}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("sent", ['"older"', "garbage", "W/{etag}", "{bare}"])
def test_a_change_of_another_version_is_refused(client, sent):
    etag = etag_of(3)

    response = client.put(
        URL, {}, headers={"If-Match": sent.format(etag=etag, bare=etag.strip('"'))}
    )

    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"


def test_what_the_client_has_is_not_sent_again(client):
    etag = client.get(URL)["ETag"]

    known = client.get(URL, headers={"If-None-Match": f"W/{etag}"})
    other = client.get(URL, headers={"If-None-Match": '"older"'})

    assert (known.status_code, known.content, known["ETag"]) == (304, b"", etag)
    assert other.status_code == 200


def test_different_content_has_different_tags():
    assert etag_of(1, "a") != etag_of(1, "b") != etag_of("1", "b")
    assert etag_of("ab", "c") != etag_of("a", "bc")
