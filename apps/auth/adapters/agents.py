"""What a person calls the device that they sign in from, read from its user agent."""

import ua_parser

_LONGEST = 80


def device_name(user_agent: str) -> str:
    """Return `Firefox on Linux`, or as much of it as is known; empty where nothing is."""
    told = ua_parser.parse(user_agent)
    browser = told.user_agent.family if told.user_agent else ""
    system = told.os.family if told.os else ""
    return " on ".join(part for part in (browser, system) if part)[:_LONGEST]
