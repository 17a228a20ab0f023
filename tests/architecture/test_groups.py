"""What opens one bank for many tests keeps them in one process; two banks would cost minutes."""

import os

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="runs in one process anyway")
def test_the_runner_knows_which_tests_belong_together(request: pytest.FixtureRequest) -> None:
    said = request.node.nodeid

    assert said.endswith("@together"), f"pytest-xdist does not group with this pytest: {said}"
