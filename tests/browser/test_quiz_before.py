"""The concept quiz, answered by keyboard: it marks itself, and keeps nothing unasked."""

from __future__ import annotations

from conftest import Notebook

from cliprl_lite.quiz import questions

MARK = """async () => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await window.jupyterapp.commands.execute("notebook:run-cell");
}"""
FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"


def test_ten_answers_and_their_marks(notebook: Notebook) -> None:
    page = notebook.page
    notebook.run_all()
    printed = page.locator(".jp-OutputArea-output", has_text="Not answered yet")
    assert printed.inner_text().strip().endswith("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.")
    for number, asked in enumerate(questions("before")):
        shown = notebook.widget("prediction", number)
        right = [answer.kind for answer in asked.answers].index("right")
        shown.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        for _ in range(right):
            page.keyboard.press("ArrowDown")
        assert shown.get_by_role("radio").nth(right).is_checked()
        shown.get_by_text("Noted").wait_for()
    page.evaluate(MARK)
    told = page.locator(".jp-OutputArea-output", has_text="10 of 10")
    told.wait_for()
    assert "Kept nowhere." in told.inner_text()
    notebook.whole("answered")
    notebook.dark()
    notebook.screenshot("dark", notebook.widget("prediction", 8))
    page.evaluate(FILES)
    for width in (390, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        one = notebook.widget("prediction", 1)
        assert one.evaluate("view => view.scrollWidth <= view.clientWidth + 1")
        notebook.screenshot(f"wide_{width}", one)
