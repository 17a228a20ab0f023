"""Every language says everything: the same messages, the same values in them, every plural form."""

import re
from pathlib import Path
from typing import Final

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from apps.dashboard.tests.browsing import WEB
from apps.dashboard.tests.budgets import CUSTOMER
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.screens import sweep

Message = str | dict[str, str]
FILES: Final = sorted((WEB / "src" / "messages").glob("*.json"))
_VALUE: Final = re.compile(r"\{(\w+)\}")
_RTL: Final = "ar"


def read(file: Path) -> dict[str, Message]:
    """Return the messages of a language."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Message])


def forms(message: Message) -> list[str]:
    """Return the texts of a message, one or one per plural form."""
    return [message] if isinstance(message, str) else list(message.values())


ENGLISH: Final = read(WEB / "src" / "messages" / "en.json")


def test_there_is_a_language_that_is_read_from_right_to_left():
    assert _RTL in {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_language_has_every_message_and_no_other(file: Path):
    said = read(file)

    assert sorted(ENGLISH.keys() - said.keys()) == []
    assert sorted(said.keys() - ENGLISH.keys()) == []
    assert [key for key, message in said.items() if not all(map(str.strip, forms(message)))] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_has_the_same_values_in_every_language(file: Path):
    wrong = []
    for key, message in read(file).items():
        known = {name for text in forms(ENGLISH[key]) for name in _VALUE.findall(text)}
        for text in forms(message):
            found = set(_VALUE.findall(text))
            # A form for exactly one or two may say so in a word instead of a number.
            if found - known or (known - found) - {"count"}:
                wrong.append(f"{key}: {text}")

    assert wrong == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_language_is_a_language_of_its_own(file: Path):
    """What was copied and not translated is found; names and formats may well be the same."""
    if file.stem == "en":
        return
    same = [key for key, message in read(file).items() if message == ENGLISH[key]]

    assert same == []


def test_every_message_is_used_somewhere():
    sources = [*(WEB / "src").rglob("*.ts"), *(WEB / "src").rglob("*.tsx")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    made = set(re.findall(r"[`\"]([\w.]+\.)\$\{", text))

    unused = [
        key
        for key in ENGLISH
        if f'"{key}"' not in text and not any(key.startswith(prefix) for prefix in made)
    ]

    assert unused == []


@pytest.mark.xdist_group("dashboard")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_plural_has_every_form_that_the_language_has(chrome: Browser, file: Path):
    page = chrome.new_page()
    asked = "code => new Intl.PluralRules(code).resolvedOptions().pluralCategories"
    needed = set(page.evaluate(asked, file.stem))
    page.close()

    plurals = {key: one for key, one in read(file).items() if isinstance(one, dict)}
    known = {key for key, message in ENGLISH.items() if isinstance(message, dict)}

    assert set(plurals) == known
    assert {key: set(one) for key, one in plurals.items() if set(one) != needed} == {}


@pytest.mark.xdist_group("dashboard")
@pytest.mark.timeout(180)
def test_a_language_from_right_to_left_turns_the_page_round(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/profile")
    page.get_by_label("Language").select_option(_RTL)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")

    found = sweep(visitor, ["/", "/transactions", "/transfer", "/security", "/profile"])

    assert found.axe == []
    assert found.sideways == []
    page.set_viewport_size({"width": 1280, "height": 900})
    menu, content = page.locator(".sidebar").bounding_box(), page.locator("main").bounding_box()
    assert menu is not None
    assert content is not None
    assert menu["x"] > content["x"]
    assert page.locator("html").get_attribute("lang") == _RTL
    assert "Preferences" not in page.locator("main").inner_text()
