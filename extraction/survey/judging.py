"""Whether a context can be lifted out: checks, each passed or with the lines that stand in the way.

The score is the share of the checks that found nothing. A move goes on at 100 only.
"""

import ast
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from config.contexts import CONTEXTS, Context, context
from config.up.preparation import ROOT
from extraction.survey.reading import Survey, interfaces, survey, tables_of
from extraction.survey.source import Source, keyword, last_name, sources, text_of

_RELATIONS: Final = {"ForeignKey", "OneToOneField", "ManyToManyField", "ForeignObject"}


class Blocker(msgspec.Struct, frozen=True, order=True):
    """What stands in the way, and where."""

    place: str
    sentence: str


class Readiness(msgspec.Struct, frozen=True):
    """How ready a context is: 100 where nothing stands in the way."""

    score: int
    passed: tuple[str, ...]
    blockers: tuple[Blocker, ...]


@functools.cache
def readiness(name: str, root: Path = ROOT) -> Readiness:
    """Return how ready a context is."""
    case = _Case(root, context(name), sources(root, f"apps/{name}"), survey(name, root))
    passed, blockers = [], []
    for sentence, check in CHECKS.items():
        found = sorted(set(check(case)))
        blockers += found
        if not found:
            passed.append(sentence)
    return Readiness(100 * len(passed) // len(CHECKS), tuple(passed), tuple(blockers))


class _Case(msgspec.Struct):
    """What the checks look at."""

    root: Path
    context: Context
    sources: tuple[Source, ...]
    survey: Survey


def _is_built(case: _Case) -> Iterator[Blocker]:
    place = f"apps/{case.context.name}/__init__.py:1"
    if not case.survey.tables:
        yield Blocker(place, "the context keeps nothing yet: there is nothing to move")


def _is_tested(case: _Case) -> Iterator[Blocker]:
    if not case.survey.tests:
        place = f"apps/{case.context.name}/__init__.py:1"
        yield Blocker(place, "no test of its own would notice a broken service")


def _imports_contracts_only(case: _Case) -> Iterator[Blocker]:
    for source in case.sources:
        for module, line in source.imports.values():
            parts = module.split(".")
            foreign = parts[0] == "apps" and parts[1:2] not in ([case.context.name], [])
            if foreign and parts[2:3] != ["contracts"]:
                yield Blocker(f"{source.path}:{line}", f"imports {module}, which will not be there")
            if parts[0] in {"config", "extraction", "tests"}:
                yield Blocker(f"{source.path}:{line}", f"imports {module} from outside of apps")


def _keeps_relations(case: _Case) -> Iterator[Blocker]:
    own = {case.context.label, ""}
    if case.context.name == "auth":
        own |= {"auth", "contenttypes", "oauth2_provider"}
    for source in case.sources:
        for node in source.nodes:
            if isinstance(node, ast.Call) and last_name(node.func) in _RELATIONS:
                end = node.args[0] if node.args else keyword(node, "to")
                label = text_of(end).rpartition(".")[0]
                if label not in own:
                    sentence = f"relates to {text_of(end)}: keep its id as a value"
                    yield Blocker(source.place(node), sentence)


def _asks_no_foreign_table(case: _Case) -> Iterator[Blocker]:
    tables = {
        seam.name: other.name
        for other in CONTEXTS
        if other.name != case.context.name
        for seam in tables_of(other, case.root)
    }
    if not tables:
        return
    pattern = re.compile(rf"(?<![\w.]){'|'.join(sorted(tables, key=len, reverse=True))}(?!\w)")
    for source in case.sources:
        for node in source.nodes:
            for table in pattern.findall(text_of(node)):
                sentence = f"names {table} of {tables[table]}: ask its contract"
                yield Blocker(source.place(node), sentence)


def _serves_what_it_declares(case: _Case) -> Iterator[Blocker]:
    served = interfaces(case.root, case.context)
    for seam in case.survey.serves:
        interface = seam.name.partition(".")[0]
        if interface not in served:
            yield Blocker(seam.place, f"{interface} is declared and served by nobody")


def _uses_what_is_served(case: _Case) -> Iterator[Blocker]:
    for seam in case.survey.uses:
        owner, interface, *_ = seam.name.split(".")
        if interface not in interfaces(case.root, context(owner)):
            yield Blocker(seam.place, f"calls {owner}.{interface}, which nobody serves")


def _keys_commands(case: _Case) -> Iterator[Blocker]:
    for source in case.sources:
        for node in source.calls("command"):
            if "/contracts" in source.path and keyword(node, "key") is None:
                yield Blocker(source.place(node), "a command without a key cannot be sent twice")


def _names_tasks(case: _Case) -> Iterator[Blocker]:
    for seam in (*case.survey.tasks, *case.survey.schedules):
        if not seam.name.startswith(f"{case.context.name}."):
            sentence = f"{seam.name} would go to the queue of another deployment"
            yield Blocker(seam.place, sentence)


def _keeps_no_local_file(case: _Case) -> Iterator[Blocker]:
    for source in case.sources:
        for node in (*source.calls("FileField"), *source.calls("ImageField")):
            if ast.unparse(node.func).startswith("models."):
                yield Blocker(source.place(node), "files on a disk do not move with the database")


def _prefixes_tables(case: _Case) -> Iterator[Blocker]:
    for seam in case.survey.tables:
        if not seam.name.startswith(f"{case.context.label}_"):
            yield Blocker(seam.place, f"the table {seam.name} does not say whose it is")


def _sends_no_signals(case: _Case) -> Iterator[Blocker]:
    for source in case.sources:
        for module, line in source.imports.values():
            if module.startswith(("django.db.models.signals", "django.dispatch")):
                yield Blocker(f"{source.path}:{line}", "a signal reaches this process only")


CHECKS: Final[dict[str, Callable[[_Case], Iterator[Blocker]]]] = {
    "it keeps something": _is_built,
    "it has tests of its own": _is_tested,
    "it imports contracts of others and nothing else of them": _imports_contracts_only,
    "no relation leaves it": _keeps_relations,
    "no string names another's table": _asks_no_foreign_table,
    "what it declares is served": _serves_what_it_declares,
    "what it calls is served": _uses_what_is_served,
    "every command has a key": _keys_commands,
    "tasks and schedules carry its name": _names_tasks,
    "no file lies outside of its database": _keeps_no_local_file,
    "its tables carry its label": _prefixes_tables,
    "no signal ties it to a process": _sends_no_signals,
}
