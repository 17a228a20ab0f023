"""The staff's first page says how the bank is doing, asked of the bank; records are only read."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from vortex import staff
from vortex.clock import now
from vortex.ids import new_id
from vortex.outbox.models import Parked
from vortex.staff import Line, Panel, panels, record
from vortex.topology.routes import Route, Topology, forget, write_topology

pytestmark = [pytest.mark.servers, pytest.mark.django_db(databases="__all__")]


@pytest.fixture(autouse=True)
def _whole_site(settings, _site, tmp_path):
    settings.ROOT_URLCONF = "config.urls"
    settings.VORTEX_TOPOLOGY_FILE = str(tmp_path / "topology.json")
    forget()
    yield
    forget()


def employee(*, factors: int = 2) -> Client:
    """Return the browser of somebody of the staff who has shown so many factors."""
    user = get_user_model()(
        pk=new_id(), email=f"{new_id().hex}@example.com", roles=["administrator"], created_at=now()
    )
    user.save(force_insert=True)
    client = Client()
    client.force_login(user)
    if factors == 2:
        session = client.session
        session["vortex_second_factor"] = str(user.pk)
        session.save()
    return client


def cells(title: str) -> dict[str, Line]:
    """Return the lines of a panel by their first cell."""
    (found,) = (panel for panel in panels() if panel.title == title)
    return {line.cells[0]: line for line in found.lines}


def test_the_first_page_needs_both_factors():
    assert employee(factors=1).get("/admin/").status_code == 302
    assert employee().get("/admin/").status_code == 200


def test_the_first_page_says_how_every_context_is_doing(settings):
    page = employee().get("/admin/").content.decode()

    for title in ("Health", "Outbox", "Parked keys", "Topology"):
        assert f"{title}<" in page
    for context in settings.VORTEX_HOSTED:
        assert f"<td>{context}</td>" in page
        assert f"database:{context}" in page


def test_a_parked_key_is_an_alarm_in_both_panels():
    Parked.objects.using("accounts").create(
        id=1,
        event_id=new_id(),
        topic="user.events",
        key="k-1",
        key_seq=1,
        single=False,
        type="account.opened",
        version=1,
        epoch=0,
        payload={},
        headers={},
        created_at=now(),
        reason="the broker refused",
        parked_at=now(),
    )

    assert (cells("Outbox")["accounts"].cells[3], cells("Outbox")["accounts"].tone) == ("1", "bad")
    waiting = cells("Parked keys")["accounts"]
    assert waiting.cells[1:5] == ("outbox", "user.events", "k-1", "1")
    assert waiting.tone == "bad"


def test_the_topology_in_force_is_shown():
    routes = {"accounts": Route("split", "http://accounts:3002", 25)}
    write_topology(Topology(contexts=routes, killed=("transactions.Ledger.post",)))

    shown = cells("Topology")

    assert shown["accounts"].cells == ("accounts", "split", "http://accounts:3002", "25 %")
    assert shown["auth"].cells[1] == "local"
    assert shown["transactions.Ledger.post"].tone == "bad"


def test_a_panel_that_breaks_says_so_and_keeps_no_other_quiet(monkeypatch):
    def breaks() -> Panel:
        raise RuntimeError("what it says stays in the log")

    monkeypatch.setitem(staff._PANELS, 0, ("Broken", breaks))

    page = employee().get("/admin/").content.decode()

    assert cells("Broken")["unknown"] == Line(("unknown", "RuntimeError"), "bad")
    assert "RuntimeError" in page
    assert "what it says" not in page
    assert "database:auth" in page


def test_what_the_staff_changed_is_listed_and_nobody_edits_it():
    client = employee()
    changed = get_user_model().objects.get(pk=client.session["vortex_second_factor"])
    request = client.get("/admin/").wsgi_request
    record(request, changed, "deactivated for the test")
    (entry,) = LogEntry.objects.all()

    listed = client.get("/admin/admin/logentry/?q=deactivated").content.decode()

    assert "deactivated for the test" in listed
    for way in ("add/", f"{entry.pk}/delete/"):
        assert client.get(f"/admin/admin/logentry/{way}").status_code == 403
    assert client.post(f"/admin/admin/logentry/{entry.pk}/change/", {}).status_code == 403


def test_groups_and_foreign_factors_are_nobodys_to_edit():
    client = employee()

    for place in ("auth/group", "otp_totp/totpdevice", "otp_static/staticdevice"):
        assert client.get(f"/admin/{place}/").status_code == 404


def test_a_password_is_changed_where_everybody_changes_theirs():
    client = employee()
    new = {"old_password": "x", "new_password1": "short", "new_password2": "short"}

    assert client.get("/admin/password_change/")["Location"] == "/security"
    assert client.post("/admin/password_change/", new)["Location"] == "/security"


def test_the_staffs_pages_look_as_the_bank_does():
    page = employee().get("/admin/").content.decode()

    assert "/static/vortex_http/staff.css" in page
    assert "Django" not in page
    assert "style=" not in page


def test_a_second_panel_of_a_place_is_refused_and_the_first_stays():
    before = [panel.title for panel in panels()]

    with pytest.raises(ValueError, match="Health"):
        staff.panel(1, "Weather")

    assert [panel.title for panel in panels()] == before
