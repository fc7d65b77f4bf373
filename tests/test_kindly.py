"""A cell that a tab cannot run says so, shows what is stored, and so do cells that need it."""

from __future__ import annotations

import doctest
import json
from typing import Any

import kindly
import pytest
import stored
from IPython.core.interactiveshell import InteractiveShell


class CannotError(ImportError):
    """What says that something cannot be in a tab."""


REFUSED = "made = 1 / 1\nrefuse()\nnever = made"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    """IPython's shell, in which `refuse()` is what a tab cannot do; one cell's output is stored."""

    def refuse() -> None:
        raise CannotError("It cannot be here.")

    def read(name: str) -> str:
        if name != kindly.name_of(REFUSED):
            raise ImportError(name)
        return json.dumps([stored.bundle({"output_type": "stream", "text": ["as it was\n"]})])

    monkeypatch.setattr(kindly, "unmade", {})
    found = InteractiveShell()
    found.user_ns["refuse"] = refuse
    kindly.watch(found, CannotError, read)
    return found


def test_examples() -> None:
    assert [doctest.testmod(module).failed for module in (kindly, stored)] == [0, 0]


def test_a_cell_that_cannot_run_shows_what_is_stored(shell: Any, capsys: Any) -> None:
    shell.run_cell(REFUSED, store_history=True)
    said = capsys.readouterr().out
    assert "It cannot be here. Below is what this cell showed" in said
    assert said.endswith("as it was\n")
    assert "Traceback" not in said


def test_so_does_a_cell_that_needs_a_name_of_it(shell: Any, capsys: Any) -> None:
    shell.run_cell(REFUSED, store_history=True)
    shell.run_cell("later = never + 1", store_history=True)
    capsys.readouterr()
    shell.run_cell("later", store_history=True)
    said = capsys.readouterr().out
    assert "It cannot be here." in said
    assert "Below" not in said  # nothing is stored of this one
    shell.run_cell("print(made)", store_history=True)
    assert capsys.readouterr().out == "1.0\n"


@pytest.mark.parametrize(("code", "kind"), [("nobody", "NameError"), ("1 / 0", "ZeroDivision")])
def test_other_errors_are_as_ever(code: str, kind: str, shell: Any, capsys: Any) -> None:
    shell.run_cell(REFUSED, store_history=True)
    capsys.readouterr()
    shell.run_cell(code, store_history=True)
    said = capsys.readouterr().out
    assert kind in said
    assert "cannot be here" not in said
