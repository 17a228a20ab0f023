"""The mail and SMS that people are sent, as the local mailbox shows them."""

import re
from urllib.parse import urlsplit

import httpx

from tests.bank import Bank, wait_for


def mailed_link(bank: Bank, email: str, path: str) -> str:
    """Return the path of the newest link of this kind that was mailed to somebody."""
    parts = urlsplit(_mailed(bank, email, rf'href="([^"]*{path}\?[^"]+)"'))
    return f"{parts.path}?{parts.query}"


def mailed_code(bank: Bank, email: str) -> str:
    """Return the newest code for signing in that was mailed to somebody."""
    return _mailed(bank, email, r"\b(\d{8})\b")


def texted_code(bank: Bank, number: str, *, but: str = "") -> str:
    """Return the newest code that reached a telephone, another one than `but`."""
    pattern = rf"VortexCore: (?!{but or 'none'})(\d{{6}})\b"
    return _mailed(bank, number.replace(" ", ""), pattern)


def _mailed(bank: Bank, email: str, pattern: str) -> str:
    found: list[str] = []

    def arrived() -> bool:
        text = httpx.get(f"{bank.url}/dev/mailbox", timeout=30).text.replace("&amp;", "&")
        for mail in text.split("<article>")[1:]:
            if email in mail and (part := re.search(pattern, mail)):
                found.append(part[1])
                return True
        return False

    wait_for(arrived, 60, f"a mail with {pattern} for {email}")
    return found[0]
