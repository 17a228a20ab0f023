"""The project as it stands passes every check."""

import pytest

from tests.architecture.checks import CHECKS
from tests.architecture.source import ROOT, Tree

HOUSE = Tree(ROOT)


@pytest.mark.parametrize("name", CHECKS)
def test_the_house_keeps_the_rule(name: str) -> None:
    findings = CHECKS[name](HOUSE)

    assert not findings, "\n".join(findings)
