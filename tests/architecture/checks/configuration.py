"""The import contracts forget nobody: a new context or kernel module is walled in at once."""

import tomllib
from typing import Any

from tests.architecture.source import Tree

# What a contract and a rule may use of the kernel, besides its framework-free floor.
_PLAIN = {"contexts", "contracts", "errors", "ids", "money"}
_EXCEPTION = ["apps.** -> apps.*.contracts"]


def the_lint_configuration_forgets_nothing(tree: Tree) -> list[str]:
    """Refuse a looser import-linter configuration, and one that leaves a part of the house out."""
    tools = tomllib.loads(tree.read("pyproject.toml").text or "")["tool"]
    settings = tools["importlinter"]
    contracts = {contract["id"]: contract for contract in settings["contracts"]}
    findings = [
        f"contract {name} ignores {line!r}"
        for name, contract in contracts.items()
        for line in contract.get("ignore_imports", [])
        if [line] != _EXCEPTION or name != "independence"
    ]
    if settings["exclude_type_checking_imports"]:
        findings.append("an import for typing is still a dependency")
    packages = {
        source.parts[0]
        for source in tree.sources
        if source.parts[1:] == ("__init__.py",) and source.parts[0] != "tests"
    }
    if missing := packages - set(settings["root_packages"]):
        findings.append(f"root_packages lacks {sorted(missing)}")
    findings += _floors(tree, contracts) + _wildcards(contracts)
    return [f"pyproject.toml:1: {finding}" for finding in sorted(findings)]


def _floors(tree: Tree, contracts: dict[str, Any]) -> list[str]:
    parts = {
        part.removesuffix(".py")
        for part in (source.parts[1] for source in tree.under("vortex/"))
        if part != "__init__.py"
    }
    on_floors = {
        name.strip(" ()")
        for layer in contracts["kernel"]["layers"]
        for name in layer.replace(":", "|").split("|")
    }
    findings = [f"vortex.{part} stands on no floor" for part in sorted(parts - on_floors)]
    for name, plain in (("contracts", {*_PLAIN, "clock"}), ("domain", _PLAIN)):
        walled = {module.removeprefix("vortex.") for module in contracts[name]["forbidden_modules"]}
        findings += [
            f"contract {name} does not say that vortex.{part} is out of bounds"
            for part in sorted(parts - plain - walled)
        ]
    return findings


def _wildcards(contracts: dict[str, Any]) -> list[str]:
    """Every context is meant by a pattern; a list of names would forget the eleventh."""
    expected = {
        "independence": ("modules", "apps.*"),
        "anatomy": ("containers", "apps.*"),
        "contracts": ("source_modules", "apps.*.contracts"),
        "contracts-own": ("source_modules", "apps.*.contracts"),
        "domain": ("source_modules", "apps.*.domain"),
        "testing": ("allowed_importers", "apps.*.tests"),
    }
    findings = [
        f"contract {name} does not hold for every context"
        for name, (option, pattern) in expected.items()
        if pattern not in contracts.get(name, {}).get(option, [])
    ]
    return findings + [
        f"contract {name} is not exhaustive"
        for name in ("anatomy", "kernel")
        if not contracts.get(name, {}).get("exhaustive")
    ]
