"""Migrations are history of one label: they depend on nobody else's and import no living code."""

import ast

from tests.architecture.source import KERNEL_LABELS, Source, Tree, label_of, strings

_DJANGO = {"auth", "contenttypes", "sessions", "admin", "otp_totp", "otp_static"}


def migrations_depend_on_their_own_label(tree: Tree) -> list[str]:
    """Refuse a dependency on another context, and on Django's apps outside auth's database."""
    findings = []
    for source in _migrations(tree):
        own = label_of(source.context) if source.context else source.parts[1]
        allowed = {own} | (KERNEL_LABELS if source.context else set())
        if own in {"vortex_auth", "identity"}:
            allowed |= _DJANGO
        for node in source.nodes:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {
                "dependencies",
                "run_before",
                "replaces",
            }:
                findings += _judge(source, node, allowed)
    return findings


def _judge(source: Source, node: ast.Assign, allowed: set[str]) -> list[str]:
    pairs = [child for child in ast.walk(node.value) if isinstance(child, ast.Tuple)]
    labels = [words[0] for words in map(strings, pairs) if words]
    if "swappable_dependency" in ast.unparse(node.value) and "vortex_auth" not in allowed:
        labels.append("vortex_auth")
    return [
        source.finding(node, f"this migration waits for one of {label}")
        for label in labels
        if label not in allowed
    ]


def migrations_import_no_living_code(tree: Tree) -> list[str]:
    """Refuse an import of a context's code: next year it will mean something else."""
    return [
        source.finding(node, f"a migration does not import {node.module}")
        for source in _migrations(tree)
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in {"apps", "config"}
    ]


def _migrations(tree: Tree) -> list[Source]:
    return [source for source in tree.under("apps/", "vortex/") if "migrations" in source.parts]
