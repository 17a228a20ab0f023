"""Bringing in a statement: it is read, shown, corrected and only then posted, or called off.

Whatever an import waits for stands in its row, so a process that dies leaves work that the clock
finds again: reading starts over, publishing goes on after the last thousand lines that stand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.adapters.files import files
from apps.transactions.adapters.statements import (
    Hints,
    Statement,
    UnreadableStatementError,
    read_content,
    sample,
)
from apps.transactions.contracts import ImportNotFound, ImportStateRefused, TooManyImports
from apps.transactions.domain.importing import NEXT, ImportState
from apps.transactions.models import ImportRow, StatementImport
from apps.transactions.services import import_rows
from apps.transactions.services.attaching import plain_name
from apps.transactions.services.external import check_external
from vortex.db import needs_transaction, unit_of_work
from vortex.ids import new_id
from vortex.telemetry import get_logger
from vortex.waking import wake

MOST_OPEN: Final = 20
# A file up to this size is read, and a statement of so many lines posted, before the answer.
_AT_ONCE_BYTES: Final = 256 * 1024
_AT_ONCE_ROWS: Final = 500
TASK: Final = "transactions.work_off_imports"

# What the command line calls an option, a screen calls a field.
_WORDS: Final = (
    (
        "Name them as in --column date=Buchung --column amount=Betrag; the other names are",
        "Say in the field columns which is which, as in date: Buchung, amount: Betrag; there are",
    ),
    ("Say --decimal point or comma", "Say in the field decimal whether point or comma"),
)
_OPTION: Final = re.compile(r"--([a-z-]+)")

log = get_logger("transactions.importing")


@dataclass(frozen=True)
class Told:
    """What a customer says of a file: how it is to be read, and what was there before it."""

    encoding: str = ""
    date_format: str = ""
    decimal: str = ""
    statement: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    opening_minor: int = 0


def begin(
    *,
    import_id: UUID,
    owner_id: UUID,
    account_id: UUID,
    filename: str,
    content: bytes,
    told: Told,
    at: datetime,
) -> StatementImport:
    """Take in a file for an account at another bank. What is small is read at once.

    Refuses an account of this bank, and a twenty-first open import.
    """
    account = selectors.account_of_owner(account_id=account_id, owner_id=owner_id)
    check_external(account)
    with unit_of_work("transactions"):
        if selectors.open_imports(owner_id=owner_id) >= MOST_OPEN:
            raise TooManyImports(most=MOST_OPEN)
        file_id = new_id()
        files().put(file_id=file_id, content=content, at=at)
        made = StatementImport.objects.create(
            id=import_id,
            owner_id=owner_id,
            account_id=account_id,
            file_id=file_id,
            filename=plain_name(filename),
            currency=account.currency,
            hints=_hints(told),
            opening_minor=told.opening_minor,
            state=ImportState.READING.value,
            created_at=at,
            changed_at=at,
        )
        wake(TASK)
    if len(content) <= _AT_ONCE_BYTES:
        read(import_id=import_id, at=at)
    return selectors.import_of_owner(import_id=made.id, owner_id=owner_id)


def tell(*, import_id: UUID, owner_id: UUID, told: Told, at: datetime) -> StatementImport:
    """Have the file read anew, in another way. What was read before is thrown away."""
    with unit_of_work("transactions"):
        known = locked(import_id, owner_id)
        _move(known, ImportState.READING, at)
        known.hints, known.opening_minor = _hints(told), told.opening_minor
        known.revision += 1
        known.problem = ""
        known.save()
        size = len(files().get(file_id=known.file_id))
        wake(TASK)
    if size <= _AT_ONCE_BYTES:
        read(import_id=import_id, at=at)
    return selectors.import_of_owner(import_id=import_id, owner_id=owner_id)


def read(*, import_id: UUID, at: datetime) -> None:
    """Read the file of an import into lines. Read twice, it has the same lines."""
    known = StatementImport.objects.get(pk=import_id)
    if known.state != ImportState.READING:
        return
    content = files().get(file_id=known.file_id)
    try:
        statement = read_content(content, known.currency, _of(known.hints))
    except UnreadableStatementError as error:
        _unreadable(known, content, str(error), at)
        return
    rows = import_rows.of_statement(known, statement, today=at.date())
    with unit_of_work("transactions"):
        current = locked(import_id, known.owner_id)
        if (current.state, current.revision) != (known.state, known.revision):
            return
        ImportRow.objects.filter(import_id=import_id).delete()
        ImportRow.objects.bulk_create(rows, batch_size=2_000)
        _move(current, ImportState.READY, at)
        current.format = statement.format
        current.notes, current.problem, current.sample = _notes(statement), "", []
        import_rows.count(current)
        current.save()


def exclude(
    *, import_id: UUID, owner_id: UUID, line: int, excluded: bool, at: datetime
) -> ImportRow:
    """Leave a line out, or take it in again; its equals move up, so that none is lost."""
    with unit_of_work("transactions"):
        known = locked(import_id, owner_id)
        _check(known, ImportState.READY)
        row = import_rows.exclude(known, line=line, excluded=excluded)
        import_rows.count(known)
        known.changed_at = at
        known.save()
        return row


def publish(*, import_id: UUID, owner_id: UUID, at: datetime) -> StatementImport:
    """Post the new lines. A second call finds it under way or done, and changes nothing."""
    with unit_of_work("transactions"):
        known = locked(import_id, owner_id)
        if known.state in {ImportState.PUBLISHING, ImportState.PUBLISHED}:
            return known
        _move(known, ImportState.PUBLISHING, at)
        known.save()
        is_small = known.fresh_rows <= _AT_ONCE_ROWS
        wake(TASK)
    if is_small:
        while import_rows.publish_next(import_id=import_id, at=at):
            continue
    return selectors.import_of_owner(import_id=import_id, owner_id=owner_id)


def cancel(*, import_id: UUID, owner_id: UUID, at: datetime) -> StatementImport:
    """Call an import off and forget its file. What is posted, or being posted, stays."""
    with unit_of_work("transactions"):
        known = locked(import_id, owner_id)
        if known.state == ImportState.CANCELLED:
            return known
        _move(known, ImportState.CANCELLED, at)
        ImportRow.objects.filter(import_id=import_id).delete()
        files().drop(file_id=known.file_id)
        known.save()
        return known


def work_off(*, now: datetime) -> int:
    """Go on with every import that waits. Two at once wait for each other and do nothing twice."""
    done = 0
    for import_id in selectors.waiting_imports(untouched_since=now, limit=20):
        done += 1
        _go_on(import_id, now)
    return done


def _go_on(import_id: UUID, at: datetime) -> None:
    state = StatementImport.objects.values_list("state", flat=True).get(pk=import_id)
    if state == ImportState.READING:
        read(import_id=import_id, at=at)
    while import_rows.publish_next(import_id=import_id, at=at):
        continue


def _unreadable(known: StatementImport, content: bytes, problem: str, at: datetime) -> None:
    """Write down why a file cannot be read, and its first rows where being told more may help."""
    shown = sample(content, str(known.hints.get("encoding", "")))
    is_table = max((len(row) for row in shown), default=0) > 2
    with unit_of_work("transactions"):
        current = locked(known.id, known.owner_id)
        if (current.state, current.revision) != (known.state, known.revision):
            return
        can_be_told = is_table or "--" in problem
        _move(current, ImportState.NEEDS_MAPPING if can_be_told else ImportState.FAILED, at)
        current.problem, current.sample = for_a_screen(problem), shown if is_table else []
        import_rows.forget(current)
        current.save()


@needs_transaction("transactions")
def locked(import_id: UUID, owner_id: UUID) -> StatementImport:
    """Return a customer's import under lock."""
    found = (
        StatementImport.objects.select_for_update().filter(pk=import_id, owner_id=owner_id).first()
    )
    if found is None:
        raise ImportNotFound(import_id=str(import_id))
    return found


def _move(known: StatementImport, state: ImportState, at: datetime) -> None:
    if state not in NEXT[ImportState(known.state)]:
        raise ImportStateRefused(f"the import is {known.state}", state=known.state)
    known.state, known.changed_at = state.value, at
    log.info("transactions.import.moved", import_id=str(known.id), state=state.value)


def _check(known: StatementImport, state: ImportState) -> None:
    if known.state != state:
        raise ImportStateRefused(f"the import is {known.state}", state=known.state)


def _hints(told: Told) -> dict[str, Any]:
    return {
        "encoding": told.encoding,
        "date_format": told.date_format,
        "decimal": told.decimal,
        "statement": told.statement,
        "columns": dict(told.columns),
    }


def _of(hints: Mapping[str, Any]) -> Hints:
    return Hints(one_by_one=True, **hints)


def _notes(statement: Statement) -> list[str]:
    notes = list(statement.notes)
    if statement.zero_lines:
        notes.append(f"{statement.zero_lines:,} lines without an amount are left out.")
    if statement.account:
        notes.append(f"The statement is of the account {statement.account}.")
    return notes


def for_a_screen(problem: str) -> str:
    """Return what is wrong with a file, in the words of a screen and not of the command line."""
    for said, meant in _WORDS:
        problem = problem.replace(said, meant)
    return _OPTION.sub(lambda option: f"the field {option[1].replace('-', '_')}", problem)
