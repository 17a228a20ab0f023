"""Programs are registered by administrators, behind two factors; a secret is seen once."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from apps.auth.models import OAuthClient
from apps.auth.services.oauth import clients
from apps.auth.tests.factories import OWN
from apps.auth.tests.programs import a_program
from apps.auth.tests.test_profile import browser

pytestmark = pytest.mark.django_db(databases=[OWN])

PAGE = "/admin/vortex_auth/oauthclient/"
TYPED = {
    "name": "Books",
    "homepage": "",
    "redirect_uris": "https://books.example/callback\r\nhttps://books.example/other\r\n",
    "scopes": ["openid", "accounts:read"],
    "id_token_alg": "RS256",
    "must_push": "on",
    "keeps_a_secret": "on",
}


@pytest.mark.asvs("V10.4.7")
def test_an_administrator_registers_a_program_and_sees_its_secret_once():
    staff = browser("administrator")

    answer = staff.post(f"{PAGE}add/", TYPED, follow=True)

    client = OAuthClient.objects.get()
    secret = re.search(r"vxs_[\w-]{43}", answer.content.decode())
    assert secret is not None
    assert clients.authenticated(client_id=client.client_id, secret=secret[0]) == client
    assert secret[0] not in staff.get(f"{PAGE}{client.pk}/change/").content.decode()
    assert client.redirect_uris == [
        "https://books.example/callback",
        "https://books.example/other",
    ]
    assert (client.id_token_alg, client.must_push) == ("RS256", True)
    assert client.created_by is not None
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": "http://books.example/"},
        {"redirect_uris": ""},
        {"scopes": ["root"]},
        {"scopes": []},
        {"homepage": "javascript:alert(1)"},
        {"name": "\u0007"},
        {"id_token_alg": "none"},
    ],
    ids=str,
)
def test_what_cannot_be_registered_is_said_on_the_page(changes):
    answer = browser("administrator").post(f"{PAGE}add/", {**TYPED, **changes})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not OAuthClient.objects.exists()


@pytest.mark.parametrize("role", ["support_agent", "analyst", "compliance_officer"])
def test_nobody_else_registers_or_changes_programs(role):
    program = a_program()
    staff = browser(role)

    assert staff.post(f"{PAGE}add/", TYPED).status_code == 403
    staff.post(PAGE, {"action": "suspend", "_selected_action": [str(program.client.pk)]})

    assert OAuthClient.objects.get().is_active


def test_an_administrator_replaces_a_secret_suspends_and_resumes():
    program, phone = a_program(), a_program(confidential=False, name="Phone")
    staff = browser("administrator")

    def act(action: str) -> str:
        chosen = [str(program.client.pk), str(phone.client.pk)]
        page = staff.post(PAGE, {"action": action, "_selected_action": chosen}, follow=True)
        return str(page.content.decode())

    page = act("replace_secret")
    act("suspend")
    suspended = list(OAuthClient.objects.values_list("is_active", flat=True))
    act("resume")

    secret = re.search(r"vxs_[\w-]{43}", page)
    assert secret is not None
    assert "Phone: " in page
    assert suspended == [False, False]
    assert clients.authenticated(client_id=program.client.client_id, secret=program.secret) is None
    assert clients.authenticated(client_id=program.client.client_id, secret=secret[0]) is not None
