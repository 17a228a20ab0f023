"""A reach into another context that no linter sees."""

from importlib import import_module


def test_the_ledger_is_read_behind_its_back():
    selectors = import_module(".".join(("apps", "transactions", "selectors")))

    assert selectors
