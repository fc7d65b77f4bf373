"""A class is counted as by hand, whatever is in its files; and what is counted is the course's."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cliprl_lite import quiz
from cliprl_lite.classroom import (
    LARGEST,
    collect,
    misconceptions,
    notebooks,
    page,
    table,
)
from cliprl_lite.cli import main
from cliprl_lite.progress import exercises

ROOT = Path(__file__).resolve().parent.parent
GUESS = misconceptions()[5].guesses[0]  # lower loss, better alignment
RIGHT, SHOWS, THIRD = "step 10", "step 1,000", "they choose alike"


def say(form: str, kind: str, number: int = 6) -> dict[str, str]:
    """An answer to the quiz of that kind."""
    (asked,) = [one for one in quiz.questions(form) if one.misconception == number]
    return {str(number): next(one.says for one in asked.answers if one.kind == kind)}


def content(
    now: str = "", first: str = "", before: str | None = None, after: str | None = None,
    passed: dict[str, list[str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    made: dict[str, Any] = {"passed": passed or {}}
    if now:
        made["guesses"] = {GUESS.notebook: {GUESS.question: now}}
    given = {"before": before, "after": after}
    forms = {form: say(form, kind) for form, kind in given.items() if kind is not None}
    if first or forms:
        kept = {GUESS.notebook: {GUESS.question: first}} if first else {}
        made["class"] = {"guesses": kept, "quiz": forms}
    return made


CLASS = {
    "Ada Berg/progress.json": content(RIGHT, SHOWS, "shows", "right", {"tour": ["same_choice"]}),
    "Cem Dil/progress.json": content(RIGHT, SHOWS, "", "right"),
    "Eva Funk/progress.json": content(SHOWS, RIGHT, "right", "shows"),
    "Gus Holm/progress.json": content(THIRD, passed={"tour": ["same_choice", "worst_teacher"]}),
    "Ida Jung/progress.json": content("<b>mine</b>", "step 7", "shows"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, made in CLASS.items():
        file = tmp_path / "class" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(made), "utf-8")
    return tmp_path / "class"


class Tables(HTMLParser):
    """Every table of a page: caption → its rows, each a list of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.rows: list[list[str]] = []
        self.inside: list[str] = []
        self.feed(text)
        self.close()
        assert self.inside == []

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag in ("meta",):
            return
        self.inside.append(tag)
        if tag == "caption":
            self.title = ""
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag
        if tag == "caption":
            self.rows = self.found[self.title] = []

    def handle_data(self, data: str) -> None:
        if "caption" in self.inside:
            self.title += data
        elif self.inside[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += data


def tables(folder: Path) -> dict[str, list[list[str]]]:
    return Tables(page(collect([folder])[0])).found


def test_guesses_are_counted_first_and_now(folder: Path) -> None:
    found = tables(folder)[f"05_clip_alignment: {GUESS.question}"]
    assert found == [
        ["answer", "kind", "first", "now"],
        [RIGHT, "✓ right", "1", "2"],
        [SHOWS, "the misconception", "2", "1"],
        [THIRD, "", "0", "1"],
        ["another answer", "", "1", "1"],
    ]


def test_the_quiz_before_and_after(folder: Path) -> None:
    """Of those who took both, two learned it and one lost it; one took the first form only."""
    found = tables(folder)["Right answers by concept"]
    (row,) = [row for row in found if row[0] == "6 lower loss, better alignment"]
    assert found[0] == ["concept", "right before", "right after", "learned", "lost"]
    assert row[1:] == ["1 of 4", "2 of 3", "2", "1"]
    others = [row[1:] for row in found[1:] if row is not row[0] and not row[0].startswith("6 ")]
    assert others == [["0 of 0", "0 of 0", "0", "0"]] * 9


def test_who_solved_what(folder: Path) -> None:
    found = tables(folder)
    by_reader = found["Solved by reader and notebook"]
    assert by_reader[0] == ["reader", *(f"{n:02}" for n in range(13)), "all"]
    assert [[row[0], row[1], sum(map(int, row[2:-1])), row[-1]] for row in by_reader[1:]] == [
        ["1", "1", 0, "1"], ["2", "0", 0, "0"], ["3", "0", 0, "0"], ["4", "2", 0, "2"],
        ["5", "0", 0, "0"],
    ]  # fmt: skip
    by_exercise = {row[1]: row[2] for row in found["Solved by exercise"] if row[0] == "00_tour"}
    assert by_exercise == {"The worst teacher": "1", "Of one mind": "2", "Break it": "0"}


def test_the_page_names_nobody_and_loads_nothing(folder: Path) -> None:
    made = page(collect([folder])[0])
    for name in ("Ada", "Holm", "progress.json", "mine", "step 7"):
        assert name not in made
    assert not re.search(r"https?:|src=|href=|@import|url\(", made)
    assert "4 of 5 had their first guesses and the quiz counted" in made


def test_a_class_without_a_quiz_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"passed": {}}')
    made = page(collect([tmp_path])[0])
    assert "A class of 1 reader<" in made
    assert "Nobody's quiz is in these files" in made
    assert "Right answers by concept" not in made


def test_the_table_has_a_row_a_reader(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(table(collect([folder])[0]))))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["file"] == str(folder / "Ada Berg" / "progress.json")
    name = "05_clip_alignment.guess_step"
    columns = ("joined", "solved", "quiz_before", "quiz_after", "quiz_before.6", "quiz_after.6",
               f"{name}.first", f"{name}.now", "00_tour.same_choice")  # fmt: skip
    assert [[row[column] for column in columns] for row in rows] == [
        ["1", "1", "0", "1", "0", "1", "0", "1", "1"],
        ["1", "0", "0", "1", "0", "1", "0", "1", "0"],
        ["1", "0", "1", "0", "1", "0", "1", "0", "0"],
        ["0", "2", "", "", "", "", "", "0", "1"],
        ["1", "0", "0", "", "0", "", "0", "0", "0"],
    ]
    assert rows[0]["quiz_before.1"] == ""


@pytest.mark.parametrize(
    ("bytes_", "why"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"passed"', "delimiter"),
        (b"\xff\xfe{\x00", "it is no text in UTF-8"),
        (b"[1, 2]", "none that a notebook writes"),
        (b'{"cells": []}', "none that a notebook writes"),
        (b'{"passed": 3}', "none that a notebook writes"),
        (b'{"passed": {}, "class": 1}', "none that a notebook writes"),
        (b'{"passed": {}, "class": {"quiz": {}}}', "none that a notebook writes"),
        (b'{"passed": {}, "guesses": {"tour": ["W"]}}', "none that a notebook writes"),
        (b"[" * 100_000, "none that a notebook writes"),
        (b" " * (LARGEST + 1), "larger than 1 MB"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_read_is_named_and_skipped(
    folder: Path, bytes_: bytes | None, why: str
) -> None:
    """And the rest is counted as if it were not there."""
    bad = folder / "Gus Holm" / "a.json"
    if bytes_ is not None:
        bad.write_bytes(bytes_)
    readers, skipped = collect([bad, folder])
    assert list(skipped) == [bad]
    assert why in skipped[bad]
    assert page(readers) == page(collect([folder / name for name in CLASS])[0])
    with pytest.raises(ValueError, match=re.escape(f"({bad}: ") + f".*{why}"):
        collect([bad])


def test_a_mark_of_the_order_of_bytes_is_no_damage(tmp_path: Path) -> None:
    """Some editors put it first."""
    (tmp_path / "a.json").write_text('{"passed": {"tour": ["same_choice"]}}', "utf-8-sig")
    ((reader,), skipped) = collect([tmp_path / "a.json"])
    assert (reader.record.passed, skipped) == ({"tour": ["same_choice"]}, {})


def test_an_empty_folder_and_a_file_that_is_named_twice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of the files holds a reader's progress"):
        collect([tmp_path])
    one = tmp_path / "a.json"
    one.write_text('{"passed": {}}')
    assert len(collect([one, tmp_path, one])[0]) == 1


def test_the_command(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (folder / "notes.json").write_text("[]")
    assert main(["class-report", str(folder), "--csv", "class.csv"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "5 counted, 1 skipped: class_report.html, class.csv"
    assert told.out.splitlines()[0] == f"  1 {folder / 'Ada Berg' / 'progress.json'}"
    assert told.err.startswith(f"skipped: {folder / 'notes.json'}: ")
    readers, _ = collect([folder])
    assert Path("class_report.html").read_text("utf-8") == page(readers)
    assert Path("class.csv").read_text("utf-8") == table(readers)


def test_the_command_replaces_no_readers_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = folder / "Ada Berg" / "progress.json"
    before = mine.read_bytes()
    assert main(["class-report", str(folder), "--out", str(mine)]) == 2
    assert "is a reader's file" in capsys.readouterr().err
    assert mine.read_bytes() == before


def test_a_name_that_a_spreadsheet_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("=cmd.json").write_text('{"passed": {}}')
    (row,) = csv.DictReader(io.StringIO(table(collect([Path("=cmd.json")])[0])))
    assert row["file"] == "./=cmd.json"
    assert Path(row["file"]).exists()


# What is counted is what the course asks
def test_the_exercises_are_those_of_the_checks() -> None:
    files = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    assert [one.file for one in notebooks().values()] == files
    for name, one in notebooks().items():
        module = import_module(f"cliprl_lite.check.{name}")
        assert list(one.exercises.items()) == list(exercises(module).items())
        source = (ROOT / "notebooks" / f"{one.file}.ipynb").read_text("utf-8")
        assert f"from cliprl_lite.check import {name} as check" in source


def test_the_misconceptions_are_those_of_the_guide() -> None:
    guide = (ROOT / "docs" / "teachers_guide.md").read_text("utf-8")
    table = guide.partition("## The sixteen misconceptions")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d\d?) \| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    assert [(one.number, one.thinks) for one in misconceptions()] == [
        (int(number), thinks) for number, thinks, _, _ in rows
    ]
    named = {int(number): set(re.findall(r"`(guess\w*)`", by)) for number, _, _, by in rows}
    named[15] -= {"guess_start"}  # two of its answers are about equally good
    counted = {one.number: {guess.name for guess in one.guesses} for one in misconceptions()}
    assert counted == named


GUESSES = [guess for one in misconceptions() for guess in one.guesses]


@pytest.mark.parametrize("guess", GUESSES, ids=lambda guess: f"{guess.notebook}.{guess.name}")
def test_a_guess_is_asked_in_its_notebook(guess: Any) -> None:
    file = ROOT / "notebooks" / f"{notebooks()[guess.notebook].file}.ipynb"
    cells = [c for c in nbformat.read(file, as_version=4).cells if c.cell_type == "code"]
    (call,) = [
        statement.value
        for cell in cells
        for statement in ast.parse(cell.source).body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == guess.name
    ]
    assert isinstance(call, ast.Call)
    assert tuple(ast.literal_eval(call.args[1])) == guess.answers
    printed = "".join(o.get("text", "") for cell in cells for o in cell.outputs)
    assert f"{guess.question}\n  you said:" in printed


def test_every_guess_has_one_right_answer_and_others_that_show_the_misconception() -> None:
    for guess in GUESSES:
        assert Counter(guess.answers)[guess.right] == 1
        assert set(guess.shows) <= set(guess.answers) - {guess.right}
        assert guess.shows


HAPPENED = {
    "guess_map": "only the policies’", "guess_rank": "B, D, C, A", "guess_swap": "0.999",
    "guess_share": "32%, and 66% by shape", "guess_sharp": "from 152 to 244 steps an episode",
    "guess_step": "step 10, 0.93 of the weight", "guess_cold": "0.99 at δ = 0.5, 0.43 at δ = 0.07",
    "guess_flip": "the blue box 57 %; the green box 33 %; nowhere, in a circle 9 %.",
    "guess": "W, who copied what the words suggest", "guess_teacher": "10.8 times as long",
    "guess_cost": "31% more", "guess_hope": "from zeros in 20 of 20 runs",
    "guess_zeros": "3, and 3 squares are next to the goal", "guess_arrive": "from 68% of the",
    "guess_twin": "66 % of arrows right (one action: 66 %)",
    "guess_control": "1/221 of Algorithm 1's steps; the aligned start 1/318",
}  # fmt: skip
"""What each notebook says happened, from which somebody read off the right answers."""


@pytest.mark.parametrize("guess", GUESSES, ids=lambda guess: guess.name)
def test_the_right_answer_is_what_happened(guess: Any) -> None:
    """If a notebook finds something else one day, somebody has to look here again."""
    file = ROOT / "notebooks" / f"{notebooks()[guess.notebook].file}.ipynb"
    cells = nbformat.read(file, as_version=4).cells
    printed = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", ()))
    told = printed.partition(f"{guess.question}\n")[2].splitlines()[1]
    assert told.startswith("  what happened: ")
    assert HAPPENED[guess.name] in told
