"""What contracts promise is kept exactly once: operations, events, refusals."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.source import Source, Tree, called, keyword, last_name, text_of


def every_operation_is_served_once(tree: Tree) -> list[str]:
    """Refuse a service that is not served exactly once, by its own context, without a hole."""
    findings = []
    for context in tree.contexts:
        declared = dict(_services(tree, context))
        served = list(_served(tree, context))
        for name, (source, node) in declared.items():
            count = sum(1 for _, _, interface in served if interface == name)
            if count != 1:
                findings.append(source.finding(node, f"{name} is served {count} times, not once"))
        for source, implementation, interface in served:
            if interface not in declared:
                sentence = (
                    f"{interface} is not of {context}: a context serves its own contract only"
                )
                findings.append(source.finding(implementation, sentence))
                continue
            written = _methods(implementation)
            findings += [
                source.finding(implementation, f"{interface}.{operation} is served nowhere")
                for operation in sorted(_methods(declared[interface][1]) - written)
            ]
    return findings


def _services(tree: Tree, context: str) -> Iterator[tuple[str, tuple[Source, ast.ClassDef]]]:
    for source in tree.under(f"apps/{context}/contracts"):
        for node in source.nodes:
            if isinstance(node, ast.ClassDef) and "Service" in map(last_name, node.bases):
                yield node.name, (source, node)


def _served(tree: Tree, context: str) -> Iterator[tuple[Source, ast.ClassDef, str]]:
    for source in tree.under(f"apps/{context}/"):
        if "tests" in source.parts:
            continue
        for node in source.nodes:
            for mark in node.decorator_list if isinstance(node, ast.ClassDef) else []:
                if isinstance(mark, ast.Call) and called(mark) == "serves":
                    assert isinstance(node, ast.ClassDef)
                    yield source, node, last_name(mark.args[0])


def _methods(node: ast.ClassDef) -> set[str]:
    return {
        child.name
        for child in node.body
        if isinstance(child, ast.FunctionDef) and not child.name.startswith("_")
    }


def every_event_has_one_home(tree: Tree) -> list[str]:
    """Refuse an event type declared twice, in another tense of spelling, or on an unknown topic."""
    findings, homes = [], defaultdict(list)
    for source in tree.under("apps/", "vortex/"):
        for node in source.nodes:
            if "tests" in source.parts or not isinstance(node, ast.ClassDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and called(mark) == "event":
                    type_, topic = text_of(mark.args[0]), text_of(keyword(mark, "topic"))
                    homes[type_].append(source.finding(node, f"{type_} is declared more than once"))
                    findings += _judge_event(tree, source, node, type_, topic)
    return findings + [found for places in homes.values() if len(places) > 1 for found in places]


def _judge_event(tree: Tree, source: Source, node: ast.AST, type_: str, topic: str) -> list[str]:
    findings = []
    if topic not in tree.topics:
        findings.append(source.finding(node, f"topic {topic!r} is not in config/contexts.py"))
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", type_):
        findings.append(
            source.finding(node, f"an event is called aggregate.happened, not {type_!r}")
        )
    return findings


def every_refusal_is_unique_and_documented(tree: Tree) -> list[str]:
    """Refuse a code used by two classes, one that is not snake_case, and one without a page."""
    page = tree.read("docs/reference/problems.md").text
    homes: dict[str, list[str]] = defaultdict(list)
    findings = []
    for source in tree.under("apps/", "vortex/"):
        if "tests" in source.parts:
            continue
        for node in source.nodes:
            code = text_of(keyword(node, "code")) if isinstance(node, ast.ClassDef) else ""
            if not code:
                continue
            homes[code].append(source.finding(node, f"code {code!r} belongs to two refusals"))
            if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code):
                findings.append(source.finding(node, f"code {code!r} is not snake_case"))
            if f"`{code}`" not in page:
                sentence = f"code {code!r} is not in docs/reference/problems.md: make docs"
                findings.append(source.finding(node, sentence))
    return findings + [found for places in homes.values() if len(places) > 1 for found in places]


def every_task_is_named_after_its_context(tree: Tree) -> list[str]:
    """Refuse a Celery task without a name of its own, or with another context's name in front."""
    return [
        source.finding(mark, f"a task of {source.context} is called {source.context}.something")
        for source in tree.under("apps/")
        for node in source.nodes
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if "shared_task" in ast.unparse(mark)
        and not (
            isinstance(mark, ast.Call)
            and text_of(keyword(mark, "name")).startswith(f"{source.context}.")
        )
    ]
