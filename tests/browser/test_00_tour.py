"""The tour, as a reader sees it."""

from __future__ import annotations


def test_run_all(notebook) -> None:
    notebook.run_all()
    notebook.page.get_by_text("the map chooses:").first.wait_for()
    notebook.whole()
