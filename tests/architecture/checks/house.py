"""The house itself: one list of contexts, telling names, readable sizes, true documents."""

import ast
import re

from tests.architecture.source import Tree, called, imported, label_of, last_name, text_of

_FORBIDDEN = re.compile(
    r"(utils?|helpers?|common|misc|base_\w+|\w+_utils|\w+_helpers|signals)(\.py)?|(exceptions|managers)\.py"
)
_MACHINE = re.compile(r"(?<![\w.:/~$}-])/(?:home|root|Users|[w]ork|private)/\w[\w./-]*")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
LINES_OF_A_FUNCTION, LINES_OF_A_FILE = 40, 400
# It is no context: it owns no data, publishes nothing, and a wall of its own keeps it outside.
_CLIENTS = {"dashboard"}


def contexts_are_one_list(tree: Tree) -> list[str]:
    """Refuse a context that is not on disk, in config/contexts.py and in the docs alike."""
    page = tree.read("docs/reference/contexts.md").text
    on_disk = {
        source.context
        for source in tree.under("apps/")
        if source.context and source.path.endswith("/__init__.py")
    } - _CLIENTS
    listed = set(tree.contexts)
    findings = [
        f"apps/{name}/__init__.py:1: not in config/contexts.py" for name in on_disk - listed
    ]
    findings += [
        f"config/contexts.py:1: {name} has no package in apps/" for name in listed - on_disk
    ]
    for name in sorted(listed & on_disk):
        if f"`{name}`" not in page:
            findings.append(f"docs/reference/contexts.md:1: says nothing of {name}: make docs")
        if label_of(name) not in _labels(tree, name):
            findings.append(f"apps/{name}/apps.py:1: its label is not {label_of(name)}")
        if name in tree.built and not tree.read(f"apps/{name}/README.md").text:
            findings.append(f"apps/{name}/README.md:1: a context that does something is described")
        if not tree.read(f"apps/{name}/contracts.py").text and not tree.under(
            f"apps/{name}/contracts/"
        ):
            findings.append(f"apps/{name}/contracts.py:1: every context has a contract, if empty")
    return sorted(findings)


def _labels(tree: Tree, name: str) -> set[str]:
    return {
        text_of(node.value)
        for node in ast.walk(tree.read(f"apps/{name}/apps.py").syntax)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "label"
    }


def no_name_is_a_drawer(tree: Tree) -> list[str]:
    """Refuse the names under which anything could be put."""
    return sorted(
        {
            f"{source.path}:1: {part} says nothing: name it after what it does"
            for source in tree.under("vortex/", "apps/", "config/", "extraction/", "tests/")
            for part in source.parts
            if _FORBIDDEN.fullmatch(part)
        }
    )


def nothing_happens_behind_ones_back(tree: Tree) -> list[str]:
    """Refuse signals, and transactions that do not go through the fence."""
    findings = []
    for source in tree.under("vortex/", "apps/", "config/", "extraction/"):
        names = imported(source)
        for name, module in names.items():
            if module.startswith("django.dispatch") or module == "django.db.models.signals":
                findings.append(
                    source.finding(1, f"{name} is a signal: call the service, or publish")
                )
        if source.path == "vortex/db/work.py":
            continue
        findings += [
            source.finding(node, "use vortex.db.unit_of_work, which enters the fence")
            for node in source.nodes
            if isinstance(node, ast.Attribute | ast.Name)
            and last_name(node) == "atomic"
            and (isinstance(node, ast.Attribute) or "transaction" in names.get("atomic", ""))
        ]
    return findings


def everything_can_be_read_at_once(tree: Tree) -> list[str]:
    """Refuse a function beyond 40 lines and a file beyond 400, migrations and tests' data apart."""
    findings = []
    for source in tree.under("vortex/", "apps/", "config/", "extraction/", "tests/"):
        if "migrations" in source.parts:
            continue
        lines = source.text.count("\n")
        if lines > LINES_OF_A_FILE:
            findings.append(source.finding(1, f"{lines} lines; {LINES_OF_A_FILE} is the most"))
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                long = (node.end_lineno or node.lineno) - node.lineno + 1
                if long > LINES_OF_A_FUNCTION:
                    findings.append(source.finding(node, f"{node.name} has {long} lines"))
    return findings


def every_module_says_its_job(tree: Tree) -> list[str]:
    """Refuse a module that does not open with a sentence."""
    return [
        source.finding(1, "open with one sentence: the job, or the invariant")
        for source in tree.under("vortex/", "apps/", "config/", "extraction/", "tests/")
        if source.text.strip()
        and "migrations" not in source.parts
        and not (ast.get_docstring(source.syntax) or "").strip()
    ]


def documents_are_true_anywhere(tree: Tree) -> list[str]:
    """Refuse a path of somebody's machine in any file, and a link to a page that is not there."""
    findings = []
    for source in tree.sources:
        for number, line in enumerate(source.text.splitlines(), start=1):
            findings += [
                source.finding(number, f"{found} is a place on one machine")
                for found in _MACHINE.findall(line)
            ]
    for source in tree.under("", suffix=".md"):
        folder = (tree.root / source.path).parent
        for number, line in enumerate(source.text.splitlines(), start=1):
            findings += [
                source.finding(number, f"{target} is not there")
                for target in _LINK.findall(line)
                if not (folder / target).exists()
            ]
    return findings


def tests_wait_for_the_thing_itself(tree: Tree) -> list[str]:
    """Refuse a test that sleeps, is skipped for good, or replaces our own code by a mock."""
    findings = []
    for source in tree.under("tests/", "apps/"):
        if "tests" not in source.parts:
            continue
        for node in source.nodes:
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "sleep"}:
                findings.append(source.finding(node, "a test does not sleep"))
            if isinstance(node, ast.Attribute) and ast.unparse(node).endswith(
                ("mark.skip", "mark.xfail")
            ):
                findings.append(source.finding(node, "a test is mended or deleted"))
            if isinstance(node, ast.Call) and called(node) in {"MagicMock", "Mock", "AsyncMock"}:
                findings.append(source.finding(node, "write a fake that keeps the contract"))
    return findings
