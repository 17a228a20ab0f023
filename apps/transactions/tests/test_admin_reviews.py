"""Staff decide in the administration about payments that the gate holds: once, and on record."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from apps.transactions.admin.reviews import age_of, reviews_panel
from apps.transactions.models import Account, Review
from apps.transactions.tests.outbox import said as events
from apps.transactions.tests.test_api import booked, send
from apps.transactions.tests.test_holding import held, laws_hold
from apps.transactions.tests.test_reviews import RICH, World, decide
from vortex.clock import now
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(
    transaction=True, databases=["default", alias_of("transactions")]
)

QUEUE = "/admin/transactions/review/"
EVIL = "<script>alert(1)</script>"


class Staff:
    """Somebody of the bank in a browser that is signed in to the administration."""

    def __init__(self, *roles: str, factors: int = 2) -> None:
        self.user = get_user_model()(
            pk=new_id(),
            email=f"{new_id().hex}@example.com",
            full_name="Staff",
            roles=list(roles),
            **({"created_at": now()} if hasattr(get_user_model(), "created_at") else {}),
        )
        self.user.save(force_insert=True)
        self.client = Client()
        self.client.force_login(self.user)
        if factors == 2:
            session = self.client.session
            session["vortex_second_factor"] = str(self.user.pk)
            session.save()

    def decide(self, made: str, verdict: str, words: str = "Asked back.", **more: Any) -> Any:
        said = {"verdict": verdict, "words": words, **more}
        return self.client.post(f"{QUEUE}{made}/decide/", said, follow=True)

    def page(self, made: str) -> str:
        return self.client.get(f"{QUEUE}{made}/change/").content.decode()

    def queue(self, query: str = "") -> str:
        return self.client.get(QUEUE + query).content.decode()


@pytest.fixture
def officer() -> Staff:
    return Staff("compliance_officer")


def waiting(amount: str = "2000.00", world: World | None = None, **more: Any) -> tuple[World, str]:
    world = world or World()
    answer = world.pay(amount, **more)
    assert answer.status_code == 202, answer.content
    return world, str(answer.data["id"])


def state_of(made: str) -> str:
    return Review.objects.get(pk=made).state


def test_the_queue_shows_what_waits_longest_first_with_amount_sides_and_reasons(
    officer: Staff,
) -> None:
    world, first = waiting("2000.00")
    _, second = waiting("3000.00")
    Account.objects.filter(pk=world.source).update(name="Alice, everyday")
    _, decided = waiting("4000.00")
    officer.decide(decided, "deny")

    page = officer.queue()

    assert page.index(f"{first}/change/") < page.index(f"{second}/change/")
    for told in ("2000.00 EUR", "Alice, everyday", "never paid before", "0 h 0 min"):
        assert told in page
    assert f"{decided}/change/" not in page
    assert f"{decided}/change/" in officer.queue("?state=rejected")
    assert all(f"{one}/change/" in officer.queue("?state=all") for one in (first, decided))


def test_what_is_allowed_is_made_and_on_record(officer: Staff) -> None:
    world, made = waiting("2000.00")

    answer = officer.decide(made, "allow", "Called her, it is her landlord.")

    assert answer.redirect_chain[-1][0] == QUEUE
    assert (booked(world.target), held(world.source)) == (200_000, 0)
    review = Review.objects.get(pk=made)
    assert (review.state, review.decided_by) == ("approved", officer.user.pk)
    assert review.words == "Called her, it is her landlord."
    record = LogEntry.objects.get(object_id=made)
    assert record.user_id == officer.user.pk
    assert record.change_message == "approved: Called her, it is her landlord."
    assert laws_hold()


def test_what_is_denied_frees_the_money_and_others_hear_of_fraud_only_if_it_is(
    officer: Staff,
) -> None:
    (world, made), (_, other) = waiting("2000.00"), waiting("2000.00")

    officer.decide(made, "deny", fraud="on")
    officer.decide(other, "deny")

    assert (booked(world.source), held(world.source), booked(world.target)) == (RICH, 0, 0)
    assert {state_of(made), state_of(other)} == {"rejected"}
    [told] = events("transaction.fraud_detected")
    assert told["transaction_id"] == made
    messages = LogEntry.objects.order_by("action_time").values_list("change_message", flat=True)
    assert list(messages) == ["rejected as fraud: Asked back.", "rejected: Asked back."]
    assert laws_hold()


def test_above_the_level_two_different_people_allow(officer: Staff) -> None:
    world, made = waiting("12000.00")

    assert "Two different people" in officer.page(made)
    first = officer.decide(made, "allow", "I called.")
    assert (state_of(made), booked(world.target)) == ("open", 0)
    assert "waits for somebody else" in first.content.decode()
    assert "approved by one of two" in officer.queue()
    assert "second approval is somebody else" in officer.page(made)
    again = officer.decide(made, "allow", "I called again.")
    assert "another person" in again.content.decode()
    assert (state_of(made), booked(world.target)) == ("open", 0)

    Staff("administrator").decide(made, "allow", "He is right.")

    assert (state_of(made), booked(world.target)) == ("approved", 1_200_000)
    assert Review.objects.get(pk=made).words == "I called.\nHe is right."
    assert LogEntry.objects.filter(object_id=made).count() == 2
    assert laws_hold()


def test_a_decision_sent_twice_is_refused_the_second_time_and_leaves_one_record(
    officer: Staff,
) -> None:
    world, made = waiting("2000.00")
    officer.decide(made, "allow")

    again = officer.decide(made, "deny")

    assert "Already decided" in again.content.decode()
    assert (state_of(made), booked(world.target)) == ("approved", 200_000)
    assert LogEntry.objects.count() == 1


def test_what_the_payer_called_off_meanwhile_is_not_made(officer: Staff) -> None:
    world, made = waiting("2000.00")
    send(client_of(world.alice), {}, path=f"/{made}/void")

    answer = officer.decide(made, "allow")

    assert 'class="error"' in answer.content.decode()
    assert booked(world.target) == 0
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("words", "verdict"),
    [("", "allow"), ("   ", "allow"), ("x" * 501, "allow"), ("Fine.", ""), ("Fine.", "maybe")],
    ids=["no words", "blank words", "too many words", "no verdict", "another verdict"],
)
def test_nothing_is_decided_without_a_reason_or_a_verdict(
    officer: Staff, words: str, verdict: str
) -> None:
    world, made = waiting("2000.00")

    answer = officer.decide(made, verdict, words)

    assert answer.redirect_chain[-1][0] == f"{QUEUE}{made}/change/"
    assert re.search(r'class="error">(Reason|Decision): ', answer.content.decode())
    assert (state_of(made), held(world.source)) == ("open", 200_000)
    assert not LogEntry.objects.exists()


def test_what_is_called_fraud_is_not_allowed(officer: Staff) -> None:
    _, made = waiting("2000.00")

    answer = officer.decide(made, "allow", fraud="on")

    assert "What is fraud is denied." in answer.content.decode()
    assert state_of(made) == "open"


@pytest.mark.parametrize("role", ["analyst", "support_agent"])
def test_who_may_not_decide_over_the_api_may_not_here(role: str) -> None:
    world, made = waiting("2000.00")
    staff = Staff(role)

    answer = staff.decide(made, "allow")

    assert (answer.status_code, state_of(made), booked(world.target)) == (403, "open", 0)
    may_read = role == "analyst"
    assert staff.client.get(QUEUE).status_code == (200 if may_read else 403)
    assert staff.client.get(f"{QUEUE}{made}/change/").status_code == (200 if may_read else 403)
    assert "/decide/" not in staff.page(made)
    assert not LogEntry.objects.exists()


def test_who_is_not_of_the_bank_sees_and_decides_nothing() -> None:
    world, made = waiting("2000.00")
    somebody = Staff()

    for answer in (somebody.client.get(QUEUE), somebody.client.post(f"{QUEUE}{made}/decide/", {})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
    assert (state_of(made), booked(world.target)) == ("open", 0)


@pytest.mark.skipif("auth" not in settings.VORTEX_HOSTED, reason="auth asks for it, where it is")
def test_an_officer_who_has_shown_one_factor_decides_nothing() -> None:
    world, made = waiting("2000.00")
    officer = Staff("compliance_officer", factors=1)

    answer = officer.client.post(f"{QUEUE}{made}/decide/", {"verdict": "allow", "words": "x"})

    assert answer.status_code == 302
    assert officer.client.get(QUEUE).status_code == 302
    assert (state_of(made), booked(world.target)) == ("open", 0)


def test_nobody_decides_about_their_own_money() -> None:
    officer = Staff("compliance_officer")
    world = World()
    with unit_of_work("transactions"):
        Account.objects.filter(pk=world.target).update(owner_id=officer.user.pk)
    _, made = waiting("2000.00", world)

    answer = officer.decide(made, "allow")

    assert "own money" in answer.content.decode()
    assert (state_of(made), booked(world.target)) == ("open", 0)


def test_a_decision_is_a_form_of_this_site_and_never_a_link(officer: Staff) -> None:
    _, made = waiting("2000.00")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = officer.client.cookies

    forged = strict.post(f"{QUEUE}{made}/decide/", {"verdict": "allow", "words": "x"})
    linked = officer.client.get(f"{QUEUE}{made}/decide/?verdict=allow&words=x")

    assert (forged.status_code, linked.status_code) == (403, 405)
    assert state_of(made) == "open"


def test_a_transaction_that_nobody_held_is_not_found(officer: Staff) -> None:
    assert officer.decide(str(new_id()), "allow").status_code == 404
    assert officer.client.get(f"{QUEUE}x/decide/").status_code in {302, 404}


def test_markup_in_what_people_wrote_is_shown_as_text(officer: Staff) -> None:
    world = World()
    Account.objects.filter(pk__in=[world.source, world.target]).update(name=EVIL)
    _, made = waiting("2000.00", world, description=EVIL, counterparty=EVIL, reference=EVIL)
    officer_page = officer.page(made)
    officer.decide(made, "deny", EVIL)

    pages = (
        *(officer_page, officer.page(made), officer.queue("?state=all")),
        *(officer.client.get("/admin/").content.decode(),),
    )

    for page in pages:
        assert EVIL not in page
    assert escape(EVIL) in officer_page


def test_the_page_of_a_decided_transaction_offers_no_decision(officer: Staff) -> None:
    _, made = waiting("2000.00")
    decide(made, "approve")

    page = officer.page(made)

    assert "/decide/" not in page
    assert "Asked back by telephone." in page


def test_the_queue_asks_the_database_no_more_often_when_it_is_longer(officer: Staff) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connections[alias_of("transactions")]) as captured:
            officer.queue()
        return len(captured)

    waiting("2000.00")
    officer.queue()  # what is asked once is asked here
    short = asked()
    for _ in range(3):
        waiting("2000.00")

    assert asked() == short


def test_the_first_page_of_the_staff_says_what_waits(officer: Staff) -> None:
    assert reviews_panel().lines == ()
    waiting("2000.00")

    [line] = reviews_panel().lines

    assert line.cells[0] == "2000.00 EUR"
    assert re.fullmatch(r"0 h \d min", line.cells[1])
    assert "Payments under review" in officer.client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("lasted", "told"),
    [
        (timedelta(seconds=59), "0 h 0 min"),
        (timedelta(hours=3, minutes=12), "3 h 12 min"),
        (timedelta(days=2, hours=5, minutes=59), "2 d 5 h"),
        (-timedelta(seconds=1), "0 h 0 min"),
    ],
)
def test_an_age_is_told_in_its_two_largest_units(lasted: timedelta, told: str) -> None:
    began = now()

    assert age_of(began, began + lasted) == told
