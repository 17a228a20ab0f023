"""Risk on sign-in: places that nobody gets to in the time, new devices, and what follows."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters.agents import device_name
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import StepUpRequired, UserNewDeviceSeen
from apps.auth.domain.device import Device
from apps.auth.domain.risk import Place, distance_km, is_impossible
from apps.auth.models import Session, User
from apps.auth.services import signing_in, stepping_up, trusted_browsers
from apps.auth.services.signing_in import SecondFactorRequired
from apps.auth.tests.factories import OWN, PASSWORD
from apps.auth.tests.test_people import with_factors
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])

BERLIN, POTSDAM, SYDNEY, NOWHERE = "198.51.100.1", "198.51.101.1", "203.0.113.1", "192.0.2.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-90, 90)


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    """A database of three cities, in MaxMind's format."""
    writer = MMDBWriter(4, "GeoLite2-City", languages=["en"])
    for network, city, latitude, longitude in (
        ("198.51.100.0/24", "Berlin", 52.5244, 13.4105),
        ("198.51.101.0/24", "Potsdam", 52.3989, 13.0657),
        ("203.0.113.0/24", "Sydney", -33.8688, 151.2093),
    ):
        told = {
            "city": {"names": {"en": city}},
            "country": {"names": {"en": "Somewhere"}},
            "location": {"latitude": latitude, "longitude": longitude, "accuracy_radius": 20},
        }
        writer.insert_network(IPSet([network]), told)
    path: Path = tmp_path_factory.mktemp("places") / "cities.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture(autouse=True)
def _cities(settings, database: Path) -> None:
    settings.VORTEX_GEOIP_DATABASE = str(database)


def enter(user: User, address: str, *, ago: timedelta = timedelta(0), trusted: str = ""):
    return signing_in.sign_in(
        email=user.email,
        password=PASSWORD,
        device=Device(address, FIREFOX),
        now=now() - ago,
        trusted=trusted,
    )


def test_where_somebody_signed_in_is_a_city_and_no_more(ada: User):
    enter(ada, BERLIN)

    session = Session.objects.get()
    assert (session.place, session.latitude, session.longitude) == (
        "Berlin, Somewhere",
        52.5,
        13.4,
    )
    assert (session.network, session.risk) == ("198.51.100.0/24", 0)


def test_nobody_is_in_two_places_at_once_and_the_person_hears_of_it(ada: User, published):
    enter(ada, BERLIN, ago=timedelta(hours=2))

    enter(ada, SYDNEY)

    session = Session.objects.latest("created_at")
    assert session.risk == 80
    [event] = published(UserNewDeviceSeen)
    assert (event.impossible_travel, event.risk) == (True, 80)
    handlers.tell_of_new_device(event)
    [mail] = [one for one in Mailbox().read() if one.to == ada.email]
    assert "Sydney, Somewhere" in mail.text
    assert "Firefox on Linux" in mail.text
    assert "Nobody gets there" in mail.text


def test_a_doubtful_session_proves_itself_before_anything_sensitive(ada: User):
    enter(ada, BERLIN, ago=timedelta(hours=2))
    enter(ada, SYDNEY)
    doubtful = Session.objects.latest("created_at")

    with pytest.raises(StepUpRequired):
        stepping_up.require(
            user_id=ada.pk,
            session_id=doubtful.pk,
            max_age=timedelta(minutes=15),
            acr="aal1",
            now=now(),
        )


@pytest.mark.parametrize(
    ("address", "ago"),
    [(POTSDAM, timedelta(minutes=1)), (SYDNEY, timedelta(days=2)), (NOWHERE, timedelta(minutes=1))],
    ids=["the next town", "a flight later", "where nobody knows"],
)
def test_what_can_be_is_a_new_network_and_nothing_worse(ada: User, address, ago):
    enter(ada, BERLIN, ago=ago)

    enter(ada, address)

    assert Session.objects.latest("created_at").risk == 20


def test_a_trusted_browser_is_asked_again_from_where_it_cannot_be(ada: User):
    enter(ada, BERLIN, ago=timedelta(hours=1))
    with_factors(ada)
    trust = trusted_browsers.trust(user=ada, device=Device(BERLIN, FIREFOX), now=now())
    enter(ada, BERLIN, trusted=trust)

    with pytest.raises(SecondFactorRequired):
        enter(ada, SYDNEY, trusted=trust)


def test_without_a_database_there_are_no_places_and_people_sign_in(ada: User, settings):
    settings.VORTEX_GEOIP_DATABASE = ""

    enter(ada, BERLIN)

    assert Session.objects.get().place == ""


def test_the_history_says_device_and_place(api: APIClient, ada: User):
    tokens = enter(ada, BERLIN)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")

    for path in ("/api/auth/login-history", "/api/auth/sessions"):
        [shown] = api.get(path).json()["items"]
        assert (shown["device"], shown["place"]) == ("Firefox on Linux", "Berlin, Somewhere")


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_distance_is_the_same_both_ways_and_never_more_than_half_the_earth(a, b, c, d):
    one, other = Place("", a, b, 0), Place("", c, d, 0)

    assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-6)
    assert 0 <= distance_km(one, other) <= 20_016
    assert not is_impossible(one, one, timedelta(0))
    assert not is_impossible(one, other, timedelta(hours=26))


@pytest.mark.parametrize("agent", ["", "curl/8.1", "\x00\xff", "x" * 4000])
def test_an_agent_that_nobody_knows_has_some_name_or_none(agent):
    assert len(device_name(agent)) <= 80
