"""Clockwork of accounts: entry points as thin as views."""

from celery import shared_task

from apps.accounts.services import (
    cards,
    consenting,
    dormancy,
    issuer_events,
    limits,
    linking,
    members,
    pots,
    standing,
    statements,
)
from vortex.clock import now


@shared_task(name="accounts.finish_abandoned_changes")
def finish_abandoned_changes() -> int:
    """Finish changes of standing whose process died between the ledger and our own row."""
    return standing.finish_abandoned_changes(now=now())


@shared_task(name="accounts.finish_abandoned_limits")
def finish_abandoned_limits() -> int:
    """Finish changes of limits whose process died between the ledger and our own row."""
    return limits.finish_abandoned_changes(now=now())


@shared_task(name="accounts.finish_abandoned_members")
def finish_abandoned_members() -> int:
    """Finish admissions and removals whose process died between the ledger and our own row."""
    return members.finish_abandoned(now=now())


@shared_task(name="accounts.carry_out_round_ups")
def carry_out_round_ups() -> int:
    """Move the change of payments into its pots."""
    return pots.carry_out_round_ups(now=now())


@shared_task(name="accounts.tell_vault")
def tell_vault() -> int:
    """Tell the vault of cards that it does not know to stand as they do."""
    return cards.tell_vault(now=now())


@shared_task(name="accounts.go_on_with_issuer_events")
def go_on_with_issuer_events() -> int:
    """Go on with what the issuer of cards said while something did not answer."""
    return issuer_events.go_on(now=now())


@shared_task(name="accounts.let_sleep")
def let_sleep() -> int:
    """Put to sleep what nobody has used for a year."""
    return dormancy.let_sleep(now=now())


@shared_task(name="accounts.issue_statements")
def issue_statements() -> int:
    """Issue the statements of months that are over; a run in which none is due asks little."""
    return statements.issue_due_statements(now=now())


@shared_task(name="accounts.sync_links")
def sync_links() -> int:
    """Ask other banks about the links that are due."""
    return linking.sync_due_links(now=now())


@shared_task(name="accounts.look_after_consents")
def look_after_consents() -> int:
    """Tell owners of agreements that end soon, and end those whose time is over."""
    ended = linking.end_ended_consents(now=now())
    return ended + consenting.remind_of_ending_consents(now=now())
