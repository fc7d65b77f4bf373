"""A class's files of progress, counted: who solved what, and who thought what before and after.

Readers go by numbers, in the order of their files; nothing on the page tells who they are. A guess
counts as `first` if its reader had joined the class (`progress.join_class`) when the result came,
and as `now` as it stands in the file. What is counted stands in `data/classroom.toml`.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from cliprl_lite import progress, quiz
from cliprl_lite._paths import data_path

LARGEST = 1_000_000
"""Bytes; no file of progress is larger."""

OTHER = "another answer"
"""What an answer counts as that the course does not offer: nothing unknown is ever shown."""


@dataclass(frozen=True)
class Guess:
    """A prediction that tells a misconception.

    Attributes:
        notebook: its module of checks.
        name: of the variable, in that notebook.
        question, answers: as the notebook asks.
        right: the answer that the notebook shows to be right.
        shows: the answers that show the misconception.
    """

    notebook: str
    name: str
    question: str
    answers: tuple[str, ...]
    right: str
    shows: tuple[str, ...]


@dataclass(frozen=True)
class Misconception:
    """One of the sixteen of the teacher's guide.

    Attributes:
        number: there.
        thinks: in a few words.
        guesses: by which it is caught; there may be none.
    """

    number: int
    thinks: str
    guesses: tuple[Guess, ...]


@dataclass(frozen=True)
class Notebook:
    """A notebook's file (without its ending), and its exercises: name → title."""

    file: str
    exercises: dict[str, str]


@dataclass(frozen=True)
class Reader:
    """One file: its number in the class, the file as it was named, what it holds."""

    number: int
    file: Path
    record: progress.Record

    def first(self, guess: Guess) -> str | None:
        """The guess that the result met; None if it was not made, or not kept for a class."""
        counted = self.record.counted
        return counted and counted.guesses.get(guess.notebook, {}).get(guess.question)

    def now(self, guess: Guess) -> str | None:
        """The guess as it stands; None if there is none."""
        return self.record.guesses.get(guess.notebook, {}).get(guess.question)

    def answered(self, question: quiz.Question) -> str | None:
        """The answer to a question of the quiz; None if that form was not marked."""
        counted = self.record.counted
        return counted and counted.quiz.get(question.form, {}).get(str(question.misconception))


@cache
def notebooks() -> dict[str, Notebook]:
    """The notebooks in their order: module of checks → file and exercises.

    Example:
        >>> notebooks()["tour"].file, len(notebooks()["tour"].exercises)
        ('00_tour', 3)
    """
    return {name: Notebook(**one) for name, one in _written()["notebooks"].items()}


@cache
def misconceptions() -> tuple[Misconception, ...]:
    """The sixteen, in the order of their numbers.

    Example:
        >>> misconceptions()[5].thinks, misconceptions()[5].guesses[0].right
        ('lower loss, better alignment', 'step 10')
    """
    return tuple(
        Misconception(
            one["number"],
            one["thinks"],
            tuple(
                Guess(**guess | {key: tuple(guess[key]) for key in ("answers", "shows")})
                for guess in one.get("guesses", ())
            ),
        )
        for one in _written()["misconceptions"]
    )


def collect(paths: Iterable[Path]) -> tuple[list[Reader], dict[Path, str]]:
    """Read a class's files; a folder stands for every `.json` in it, at any depth.

    Returns:
        The readers, numbered from 1; and what was skipped: file → why.

    Raises:
        ValueError: if no file is one of progress; all are named, with the reason.
    """
    files: dict[Path, None] = {}
    for path in paths:
        found = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        files |= dict.fromkeys(found or [path])
    readers: list[Reader] = []
    skipped: dict[Path, str] = {}
    for file in files:
        try:
            readers.append(Reader(len(readers) + 1, file, _read(file)))
        except (OSError, ValueError) as error:
            skipped[file] = _why(error)
    if not readers:
        reasons = "; ".join(f"{file}: {why}" for file, why in skipped.items())
        raise ValueError(f"none of the files holds a reader's progress ({reasons})")
    return readers, skipped


def page(readers: Sequence[Reader]) -> str:
    """One HTML page on a class, which loads nothing from elsewhere and names nobody.

    Example:
        >>> made = page([Reader(1, Path("progress.json"), progress.Record({}, {}, None))])
        >>> "1 reader" in made
        True
    """
    many = f"{len(readers)} reader{'' if len(readers) == 1 else 's'}"
    joined = sum(reader.record.counted is not None for reader in readers)
    return "\n".join(
        [
            _HEAD,
            f"<h1>A class of {many}</h1>",
            f"<p>{joined} of {len(readers)} had their first guesses and the quiz counted. "
            "Readers go by numbers, in the order in which their files were given.</p>",
            *_solved(readers),
            *_quiz(readers),
            *_guesses(readers),
            "</main></body></html>\n",
        ]
    )


def table(readers: Sequence[Reader]) -> str:
    """One row a reader, as CSV: 1 for solved or right, 0 for not, empty for not answered.

    The column `file` is the file as it was named, by which a learning platform finds its owner.

    Example:
        >>> reader = Reader(1, Path("progress.json"), progress.Record({}, {}, None))
        >>> table([reader]).splitlines()[1][:26]
        '1,progress.json,0,0,,,0,0,'
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _row(readers[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_row, readers))
    return stream.getvalue()


# ---------------------------------------------------------------------------------------------
# Internals
# ---------------------------------------------------------------------------------------------
@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(data_path("classroom.toml").read_text("utf-8"))


def _read(file: Path) -> progress.Record:
    if file.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1_000_000} MB, so no file of progress")
    return progress.parse(file.read_text("utf-8-sig"))


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    return str(error)


def _row(reader: Reader) -> dict[str, str | int]:
    passed = {
        (name, exercise): int(exercise in reader.record.passed.get(name, ()))
        for name, notebook in notebooks().items()
        for exercise in notebook.exercises
    }
    marks = {form: _marks(reader, form) for form in quiz.FORMS}
    row: dict[str, str | int] = {
        "number": reader.number,
        "file": _harmless(reader.file),
        "joined": int(reader.record.counted is not None),
        "solved": sum(passed.values()),
    }
    for form, found in marks.items():
        row[f"quiz_{form}"] = [*found.values()].count("1") if any(found.values()) else ""
    for (name, exercise), solved in passed.items():
        row[f"{notebooks()[name].file}.{exercise}"] = solved
    for form, found in marks.items():
        row |= {f"quiz_{form}.{number}": right for number, right in found.items()}
    for guess in (guess for one in misconceptions() for guess in one.guesses):
        name = f"{notebooks()[guess.notebook].file}.{guess.name}"
        for when, said in (("first", reader.first(guess)), ("now", reader.now(guess))):
            row[f"{name}.{when}"] = "" if said is None else int(said == guess.right)
    return row


def _harmless(file: Path) -> str:
    """The file as it was named; a spreadsheet would run a name that begins like a formula."""
    name = str(file)
    return f"./{name}" if name[0] in "=+-@" else name


def _marks(reader: Reader, form: str) -> dict[int, str]:
    """Number of the misconception → "1", "0", or empty if it was not answered."""
    marks = {}
    for question in quiz.questions(form):
        said = reader.answered(question)
        kinds = {answer.says: answer.kind for answer in question.answers}
        right = said is not None and kinds.get(said) == "right"
        marks[question.misconception] = "" if said is None else str(int(right))
    return marks


def _solved(readers: Sequence[Reader]) -> list[str]:
    every = [
        (notebook.file, title, [exercise in r.record.passed.get(name, ()) for r in readers])
        for name, notebook in notebooks().items()
        for exercise, title in notebook.exercises.items()
    ]
    heads = [notebook.file.split("_")[0] for notebook in notebooks().values()]
    by_reader = []
    for place, reader in enumerate(readers):
        counts = Counter(file for file, _, done in every if done[place])
        cells = [counts[notebook.file] for notebook in notebooks().values()]
        by_reader.append([reader.number, *cells, counts.total()])
    return [
        "<h2>Exercises</h2>",
        '<div class="wide" tabindex="0" role="group" aria-label="Solved by reader">',
        *_table("Solved by reader and notebook", ["reader", *heads, "all"], by_reader),
        "</div>",
        *_table(
            "Solved by exercise",
            ["notebook", "exercise", f"solved, of {len(readers)}"],
            [[file, title, sum(done)] for file, title, done in every],
        ),
    ]


def _quiz(readers: Sequence[Reader]) -> list[str]:
    """Before and after by concept; readers who took both forms tell what changed."""
    thinks = {one.number: one.thinks for one in misconceptions()}
    rows, details = [], []
    marks = {form: [_marks(reader, form) for reader in readers] for form in quiz.FORMS}
    asked = {form: {q.misconception: q for q in quiz.questions(form)} for form in quiz.FORMS}
    for number in asked["before"]:
        before, after = ([found[number] for found in marks[form]] for form in quiz.FORMS)
        changes = Counter(zip(before, after, strict=True))
        cells = [_share(before), _share(after), changes["0", "1"], changes["1", "0"]]
        rows.append([f"{number} {thinks[number]}", *cells])
        for form in quiz.FORMS:
            question = asked[form][number]
            kinds = {one.says: one.kind for one in question.answers}
            said = Counter(_known(r.answered(question), kinds) for r in readers)
            details += _answers(f"{form}: {question.asks}", kinds, {"readers": said})
    if not any(any(found.values()) for both in marks.values() for found in both):
        return ["<h2>The quiz</h2>", "<p>Nobody's quiz is in these files.</p>"]
    heads = ["concept", "right before", "right after", "learned", "lost"]
    return [
        "<h2>The quiz, before and after</h2>",
        "<p><b>Learned</b>: wrong before, right after. <b>Lost</b>: the other way round.</p>",
        *_table("Right answers by concept", heads, rows),
        "<details><summary>Every question of the quiz, with its answers</summary>",
        *details,
        "</details>",
    ]


def _guesses(readers: Sequence[Reader]) -> list[str]:
    parts = [
        "<h2>Guesses, by misconception</h2>",
        "<p><b>First</b> is the guess that the result met, of those who joined the class; "
        "<b>now</b> is the guess as it stands.</p>",
    ]
    for one in misconceptions():
        parts.append(f"<h3>{one.number} {escape(one.thinks)}</h3>")
        if not one.guesses:
            parts.append("<p>No guess is counted here.</p>")
        for guess in one.guesses:
            kinds = {
                answer: "right" if answer == guess.right else "shows" * (answer in guess.shows)
                for answer in guess.answers
            }
            said = {
                "first": Counter(_known(reader.first(guess), kinds) for reader in readers),
                "now": Counter(_known(reader.now(guess), kinds) for reader in readers),
            }
            title = f"{notebooks()[guess.notebook].file}: {guess.question}"
            parts += _answers(title, kinds, said)
    return parts


def _known(said: str | None, kinds: Mapping[str, str]) -> str | None:
    return said if said is None or said in kinds else OTHER


def _answers(
    title: str, kinds: Mapping[str, str], said: dict[str, Counter[str | None]]
) -> list[str]:
    """How many gave each answer, in one column or two."""
    shown = dict(kinds)
    if any(OTHER in counts for counts in said.values()):
        shown[OTHER] = ""
    words = {"right": "✓ right", "shows": "the misconception", "": ""}
    rows = [
        [answer, words[kind], *(counts[answer] for counts in said.values())]
        for answer, kind in shown.items()
    ]
    return _table(title, ["answer", "kind", *said], rows)


def _share(marks: Sequence[str]) -> str:
    taken = [one for one in marks if one]
    return f"{taken.count('1')} of {len(taken)}"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table whose first column names its rows."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return [
        f"<table><caption>{escape(title)}</caption>",
        f"<thead><tr>{head}</tr></thead><tbody>",
        *(
            f'<tr><th scope="row">{escape(str(first))}</th>'
            + "".join(f"<td>{escape(str(cell))}</td>" for cell in others)
            + "</tr>"
            for first, *others in rows
        ),
        "</tbody></table>",
    ]


_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A class and its guesses</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: auto; padding: 1rem; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
.wide { overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; padding: .15rem .75rem .15rem 0; border-bottom: 1px solid #8888; }
thead th { vertical-align: bottom; }
tbody th { font-weight: normal; }
td { font-variant-numeric: tabular-nums; }
</style></head><body><main>"""
