"""The mail that people are sent, as the local mailbox shows it."""

import re
from urllib.parse import urlsplit

import httpx

from tests.bank import Bank, wait_for


def mailed_link(bank: Bank, email: str, path: str) -> str:
    """Return the path of the newest link of this kind that was mailed to somebody."""
    found: list[str] = []

    def arrived() -> bool:
        text = httpx.get(f"{bank.url}/dev/mailbox", timeout=30).text.replace("&amp;", "&")
        for mail in text.split("<article>")[1:]:
            if email in mail and (link := re.search(rf'href="([^"]*{path}\?[^"]+)"', mail)):
                found.append(link[1])
                return True
        return False

    wait_for(arrived, 60, f"a mail with {path} for {email}")
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"
