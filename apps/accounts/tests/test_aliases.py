"""Aliases: nobody takes somebody else's name, nor one that looks like it, nor the bank's."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.contracts import (
    AccountAliasChanged,
    AliasReserved,
    AliasTaken,
    InvalidAlias,
    Product,
    TooManyAliases,
)
from apps.accounts.domain.aliases import canonical, check_free, skeleton
from apps.accounts.models import Account, Alias
from apps.accounts.services import aliases
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeUsers
from vortex.clock import now
from vortex.contracts import Principal
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


def put(api: APIClient, account: Account, alias: object):
    return api.put(f"/api/accounts/{account.pk}/alias", {"alias": alias})


def test_an_account_is_found_by_its_alias_masked(
    api: APIClient, account: Account, users: FakeUsers, published
):
    users.names[account.owner_id] = "Ada Lovelace"
    claimed = put(api, account, "@Ada.Lovelace")

    stranger = client_of(person())
    found = stranger.get("/api/accounts/resolve", {"alias": "@ada.lovelace"}).json()

    assert claimed.json()["alias"] == "@ada.lovelace"
    assert (found["account_id"], found["holder"]) == (str(account.pk), "A••• L•••")
    assert account.iban not in str(found)
    [event] = published(AccountAliasChanged)
    assert (event.alias, event.account_id) == ("ada.lovelace", account.pk)
    assert put(api, account, "ada.lovelace").status_code == 200
    assert len(published(AccountAliasChanged)) == 1


@pytest.mark.parametrize(
    "alias",
    [
        *("ad", "a" * 25, "1ada", "a..b", "a_.b", "_ada", "ada_", "ada.", "ada lovelace", "@@ada"),
        *(
            "\u0430da",
            "ad\u0430",
            "\uff41da",
            "adа",
            "ada\u200b",
            "ad\u00e4",
            "ada\u202e",
            "ａｄａ",
        ),
        *("", "@", "ada'--", "ada/../x", "<b>ada", "ada\x00", 5, None, ["ada"]),
    ],
)
def test_what_is_no_alias_or_has_letters_of_another_script_is_refused(
    api: APIClient, account: Account, alias
):
    assert put(api, account, alias).status_code in {400, 422}
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    "alias",
    [
        *("support", "supp0rt", "s.u.p.p.o.r.t", "admin", "adrnin", "adm1n", "security"),
        *("vortex", "v0rtex", "vortex.help", "my_vortex_bank", "the.v0rt3x.bank", "helpdesk"),
        *("paymerts", "refunds", "c1ara", "bank"),
    ],
)
def test_what_speaks_for_the_bank_is_nobodys(alias: str):
    ordinary = alias in {"paymerts", "c1ara"}

    if ordinary:
        check_free(canonical(alias))
    else:
        with pytest.raises(AliasReserved):
            check_free(canonical(alias))


@pytest.mark.parametrize(
    "alike", ["a.lovelace", "al0velace", "alove1ace", "a_love.lace", "aIovelace"]
)
def test_what_looks_like_somebodys_alias_is_taken(api: APIClient, account: Account, alike: str):
    put(api, account, "alovelace")
    thief = person()
    theirs = an_account(owner_id=thief.user_id)

    answer = put(client_of(thief), theirs, alike)

    assert (answer.status_code, answer.json()["code"]) == (409, "alias_taken")


def test_what_somebody_gave_up_is_nobody_elses_for_half_a_year(account: Account, published):
    long_ago = now() - aliases.KEPT_FOR
    aliases.claim(account_id=account.pk, text="ada", at=long_ago)
    aliases.release(account_id=account.pk, at=long_ago + timedelta(days=1))
    other = an_account()

    with pytest.raises(AliasTaken):
        aliases.claim(account_id=other.pk, text="ada", at=now())
    aliases.claim(account_id=other.pk, text="ada", at=now() + timedelta(days=1))

    assert [event.alias for event in published(AccountAliasChanged)] == ["ada", "", "ada"]


def test_who_gave_an_alias_up_may_take_it_back(account: Account):
    for _ in range(2):
        aliases.claim(account_id=account.pk, text="ada", at=now())
        aliases.release(account_id=account.pk, at=now())

    assert Alias.objects.filter(released_at__isnull=True).count() == 0


def test_nobody_collects_aliases(ada: Principal, account: Account):
    for number in range(5):
        aliases.claim(account_id=account.pk, text=f"ada{'abcde'[number]}", at=now())
    with pytest.raises(TooManyAliases):
        aliases.claim(account_id=account.pk, text="adaf", at=now())

    grace = person()
    held = [an_account(owner_id=grace.user_id) for _ in range(4)]
    for place, one in enumerate(held[:3]):
        aliases.claim(account_id=one.pk, text=f"grace{'xyz'[place]}", at=now())
    with pytest.raises(TooManyAliases):
        aliases.claim(account_id=held[3].pk, text="gracew", at=now())
    with pytest.raises(AliasTaken):  # one's own, of another account
        aliases.claim(account_id=held[3].pk, text="gracex", at=now())


def test_an_alias_ends_with_its_account(api: APIClient, account: Account):
    put(api, account, "ada")

    api.post(f"/api/accounts/{account.pk}/close")

    assert api.get("/api/accounts/resolve", {"alias": "ada"}).status_code == 404
    assert api.get(f"/api/accounts/{account.pk}/alias").status_code == 404
    assert put(api, account, "ada").json()["code"] == "bank_account_closed"


def test_somebody_elses_alias_cannot_be_set_read_or_released(api: APIClient):
    theirs = an_account()
    aliases.claim(account_id=theirs.pk, text="grace", at=now())
    address = f"/api/accounts/{theirs.pk}/alias"

    answers = [put(api, theirs, "mine"), api.get(address), api.delete(address)]

    assert {answer.status_code for answer in answers} == {404}
    assert Alias.objects.get().alias == "grace"


def test_an_account_at_another_bank_has_no_alias(api: APIClient, ada: Principal):
    outside = an_account(owner_id=ada.user_id, product=Product.EXTERNAL)

    assert put(api, outside, "ada").json()["code"] == "no_alias_offered"


@pytest.mark.parametrize("asked", [{}, {"iban": "DE", "alias": "ada"}, {"iban": ""}])
def test_finding_an_account_needs_one_name(api: APIClient, asked):
    assert api.get("/api/accounts/resolve", asked).status_code == 422


@given(st.text(max_size=30))
def test_every_text_is_an_alias_of_plain_letters_or_refused(text: str):
    try:
        alias = canonical(text)
    except InvalidAlias:
        return
    assert alias.isascii()
    assert canonical(f"@{alias}") == alias
    assert skeleton(skeleton(alias)) == skeleton(alias)


@given(st.text("abcdilmnorsvwxyz0123456789._q", min_size=1, max_size=12))
def test_what_looks_like_an_alias_looks_like_itself(text: str):
    assert skeleton(skeleton(text)) == skeleton(text)


def test_what_looks_like_another_in_two_steps_is_seen():
    assert skeleton("c1ara") == skeleton("clara") == skeleton("dara")
    assert skeleton("v0rt3x") == skeleton("vortex")
