"""The verdicts, as a reader sees them."""

from __future__ import annotations


def test_run_all(notebook) -> None:
    notebook.run_all()
    notebook.whole()
