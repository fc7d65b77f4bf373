"""Write the concept quiz: its two notebooks, and both forms as a question bank for Moodle.

    python labs/make_quiz.py

The questions stand in `data/quiz.toml`; `labs/quiz/` is never edited.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output
from cliprl_lite.quiz import FORMS, moodle_xml

FOLDER = Path(__file__).resolve().parent / "quiz"

AIM = {
    "before": "They are asked again after the course, in other words. You need to know nothing of "
    "it yet: pick what you think now. The marks say which answers are right; why, the course says.",
    "after": "They are the ten from before the course, in other words. The marks explain each "
    "mistake.",
}

IMPORTS = """\
from IPython.display import display

from cliprl_lite.progress import join_class
from cliprl_lite.widgets.quiz import Quiz"""

CLASS = """\
## If your class counts

If you agree that your class counts your answers, write `True` in place of `False` before you run \
the next cell. Then `progress.json`, beside this notebook, keeps them, and also, of each guess in \
the course, the one that you made before you saw the result. It stays on this machine until you \
hand it in. `cliprl_lite.progress.leave_class()` forgets both."""

AGREE = """\
agree = False
if agree:
    join_class()"""


def notebook(form: str) -> nbformat.NotebookNode:
    """The notebook of a form, unrun."""
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    title = f"# Ten questions {form} the course"
    cells = [
        markdown(f"{title}\n\n*10 minutes · takes no other notebook*\n\n{AIM[form]}"),
        code(IMPORTS),
        markdown(CLASS),
        code(AGREE),
        markdown("## The questions"),
        code(f'quiz = Quiz("{form}")\ndisplay(*quiz.questions)'),
        markdown("## The marks\n\nOnce all ten are answered, run this cell. Marks count once."),
        code("print(quiz.mark())"),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"{form}-{number}"
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def files() -> dict[str, str]:
    """What `labs/quiz/` holds: name → text."""
    made = {f"quiz_{form}.ipynb": nbformat.writes(notebook(form)) + "\n" for form in FORMS}
    return made | {"moodle.xml": moodle_xml()}


@forgiving_output()
def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        write_text(FOLDER / name, text)
        print(FOLDER / name)


if __name__ == "__main__":
    main()
