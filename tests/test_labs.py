"""The labs, without nbgrader: sources, student editions, and the table of the autograder.

`make labs` has nbgrader itself make and grade them. Here stands an independent answer: clearing
written once more, and the solved labs run cell by cell.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import csv
import io
import re
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from cliprl_lite._paths import data_path
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.transfer.methods import find_method

LABS = Path(__file__).resolve().parent.parent / "labs"
sys.path.insert(0, str(LABS))

from make_labs import (  # noqa: E402
    COLUMNS,
    Scored,
    check_release,
    check_sources,
    fingerprint,
    graded,
    judge,
)
from submissions import SUBMISSIONS, Submission  # noqa: E402

STUB = 'raise NotImplementedError("your turn")'
NAMES = sorted(SUBMISSIONS)
TYPICAL = [(lab, one) for lab in NAMES for one in SUBMISSIONS[lab]]

each_lab = pytest.mark.parametrize("lab", NAMES)


@cache
def read(edition: str, lab: str) -> nbformat.NotebookNode:
    return nbformat.read(LABS / edition / lab / f"{lab}.ipynb", as_version=4)


def about(cell: nbformat.NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def cells(lab: str, **wanted: bool) -> list[nbformat.NotebookNode]:
    """Cells of the source whose nbgrader metadata say all that is wanted."""
    return [
        cell
        for cell in read("source", lab).cells
        if about(cell) and all(about(cell)[key] == value for key, value in wanted.items())
    ]


def cleared(source: str) -> str:
    """The cell as a student gets it: stubs for solutions, and no hidden tests."""
    source = re.sub(
        r"^( *)### BEGIN SOLUTION\n.*?### END SOLUTION",
        lambda found: found[1] + STUB,
        source,
        flags=re.DOTALL | re.MULTILINE,
    )
    return re.sub(r"\n### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", "", source, flags=re.DOTALL)


def run(source: str, name: str, space: dict[str, Any]) -> None:
    """Run a cell in-process, as a kernel would: what it prints is not looked at."""
    code = compile(source, name, "exec")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        exec(code, space)


def points(lab: str, by_hand: bool) -> float:
    return sum(about(cell)["points"] for cell in cells(lab, grade=True, solution=by_hand))


# ---------------------------------------------------------------------------------------------
# Sources
# ---------------------------------------------------------------------------------------------
def test_no_grade_id_is_given_twice() -> None:
    ids = [about(cell)["grade_id"] for lab in NAMES for cell in cells(lab)]
    assert len(set(ids)) == len(ids)


@each_lab
def test_sources_are_clean(lab: str) -> None:
    notebook = read("source", lab)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs, cell.id
            assert cell.execution_count is None, cell.id
        if meta := about(cell):
            assert meta["schema_version"] == 3
            assert meta["grade_id"] == cell.id


@each_lab
def test_every_solution_and_every_hidden_test_is_marked(lab: str) -> None:
    for cell in read("source", lab).cells:
        meta = about(cell)
        solved = cell.source.count("### BEGIN SOLUTION")
        assert solved == cell.source.count("### END SOLUTION")
        assert (solved > 0) == bool(meta.get("solution") and cell.cell_type == "code"), cell.id
        hidden = cell.source.count("### BEGIN HIDDEN TESTS")
        assert hidden == cell.source.count("### END HIDDEN TESTS") <= 1
        assert not hidden or (meta["grade"] and meta["locked"]), cell.id


@each_lab
def test_no_graded_cell_ends_in_a_value(lab: str) -> None:
    """nbgrader would take the value for the points."""
    for cell in cells(lab, grade=True, solution=False):
        last = ast.parse(cell.source).body[-1]
        assert not isinstance(last, ast.Expr) or ast.unparse(last).startswith("print("), cell.id


@each_lab
def test_points_are_those_of_the_readme(lab: str) -> None:
    text = (LABS / "README.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"| `{lab}`"))
    *_, auto, by_hand, total, _ = (part.strip() for part in line.split("|"))
    assert [points(lab, False), points(lab, True)] == [int(auto), int(by_hand)]
    assert int(auto) + int(by_hand) == int(total) == 20
    title = read("source", lab).cells[0].source
    assert f"*{total} points, {by_hand} of them for a written" in title


def test_rivals_of_lab_3_cost_what_the_table_of_worlds_says() -> None:
    """Lab 3 prints ratios to Algorithm 1 as printed: taken here from the rows, one by one."""
    (text,) = (cell.source for cell in read("source", NAMES[2]).cells if "| ridge" in cell.source)
    table = pd.read_csv(data_path("results", "worlds.csv")).query("suite == 'house_a'")
    assert table["seed"].nunique() == 20
    for name in ("alg2", "ridge", "alg1_cold"):
        said = [find_method(name).label]
        for clock in CLOCKS:
            cost = table.pivot(index=["seed", "target"], columns="method", values=clock)
            plus = 0 if clock == "first20" else 1
            logs = np.log((cost[name] + plus) / (cost["alg1"] + plus))
            said.append(f"{np.exp(logs.groupby('seed').mean().median()):.2f}")
        assert f"| {' | '.join(said)} |" in text


# ---------------------------------------------------------------------------------------------
# Running them
# ---------------------------------------------------------------------------------------------
@pytest.mark.slow
@each_lab
def test_the_solved_lab_passes_all_its_tests(lab: str) -> None:
    space: dict[str, Any] = {"__name__": "lab"}
    for cell in read("source", lab).cells:
        if cell.cell_type == "code":
            run(cell.source, cell.id, space)


@each_lab
def test_unanswered_every_stub_raises_and_no_point_is_given(lab: str) -> None:
    space: dict[str, Any] = {"__name__": "lab"}
    for cell in read("source", lab).cells:
        meta = about(cell)
        if cell.cell_type != "code":
            continue
        if meta.get("solution"):
            before = set(space)
            run(cleared(cell.source), cell.id, space)
            functions = [space[name] for name in set(space) - before]
            assert len(functions) == cell.source.count("### BEGIN SOLUTION")
            for function in functions:
                arguments = [None] * function.__code__.co_argcount
                with pytest.raises(NotImplementedError, match="your turn"):
                    function(*arguments)
        elif meta.get("grade"):
            with pytest.raises((NotImplementedError, NameError)):
                run(cell.source, cell.id, space)
        else:
            with contextlib.suppress(NotImplementedError, NameError):
                run(cell.source, cell.id, space)


@each_lab
def test_the_student_edition_is_the_source_cleared(lab: str) -> None:
    source, release = read("source", lab), read("release", lab)
    for solved, cell in zip(source.cells, release.cells, strict=True):
        assert cell.id == solved.id
        if about(solved).get("solution") and solved.cell_type == "markdown":
            assert cell.source == "*Your answer stands here.*"
        else:
            assert cell.source == cleared(solved.source)
        assert cell.get("outputs", []) == []
        for key in ("grade_id", "points", "grade", "solution", "locked"):
            assert about(cell).get(key) == about(solved).get(key)


# ---------------------------------------------------------------------------------------------
# The autograder's table
# ---------------------------------------------------------------------------------------------
@each_lab
def test_eight_submissions_a_lab(lab: str) -> None:
    right, empty, *wrong = SUBMISSIONS[lab]
    assert (right.name, empty.name, len(wrong)) == ("right", "empty", 6)
    solutions = {cell.id for cell in cells(lab, solution=True, grade=False)}
    graded = {cell.id for cell in cells(lab, grade=True, solution=False)}
    for one in wrong:
        assert set(one.code) <= solutions
        assert set(one.loses) <= graded
        assert one.code
        assert one.loses
        for code in one.code.values():
            ast.parse(code)


def table() -> dict[tuple[str, str], dict[str, str]]:
    with (LABS / "autograding.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == list(COLUMNS)
    return {(row["lab"], row["submission"]): row for row in rows}


def test_the_autograder_was_run_on_every_submission() -> None:
    assert list(table()) == [(lab, one.name) for lab, one in TYPICAL]


@pytest.mark.parametrize(("lab", "one"), TYPICAL, ids=[f"{a[:4]}-{b.name}" for a, b in TYPICAL])
def test_every_submission_scored_what_it_should(lab: str, one: Submission) -> None:
    row, auto = table()[lab, one.name], points(lab, by_hand=False)
    lost = {cell.id: about(cell)["points"] for cell in cells(lab, grade=True, solution=False)}
    due = auto - sum(lost[name] for name in one.loses) if one.answered else 0
    assert float(row["points_given"]) == float(row["points_expected"]) == due
    assert (float(row["points_auto"]), float(row["points_by_hand"])) == (auto, points(lab, True))
    assert row["cells_lost"] == (" ".join(one.loses) if one.answered else "all")
    assert row["ok"] == "yes"
    assert row["fingerprint"] == fingerprint(read("source", lab), one), (
        "labs/autograding.csv is older than the lab or its submissions: run `make labs`"
    )


# ---------------------------------------------------------------------------------------------
# The program that makes the labs finds what is wrong
# ---------------------------------------------------------------------------------------------
def test_sources_and_student_editions_as_they_are() -> None:
    assert list(check_sources({lab: read("source", lab) for lab in NAMES})) == []
    for lab in NAMES:
        assert list(check_release(read("source", lab), read("release", lab), lab)) == []


def _copied_cell(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q2-check"].metadata.nbgrader.grade_id = "l1-q1-check"


def _lost_marker(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q1-update"].source = cells["l1-q1-update"].source.replace("### END SOLUTION", "")


def _leaked(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-look"].source += "\n### BEGIN SOLUTION\n1\n### END SOLUTION"


def _executed(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-look"].execution_count = 3


def _ends_in_value(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q1-check"].source += "\ngot"


def _renamed(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q3-loop"].metadata.nbgrader.grade_id = "l1-q3-circle"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_copied_cell, "the grade_id 'l1-q1-check' is taken by"),
        (_lost_marker, "cell 'l1-q1-update': mark each solution"),
        (_leaked, "cell 'l1-look': holds a solution and is no solution cell"),
        (_executed, "cell 'l1-look': has outputs"),
        (_ends_in_value, "cell 'l1-q1-check': ends in a value"),
        (_renamed, "submission 'endless': there is no cell 'l1-q3-loop'"),
    ],
)
def test_a_source_that_is_harmed_is_named(harm: Any, words: str) -> None:
    lab = NAMES[0]
    notebook = copy.deepcopy(read("source", lab))
    harm({cell.id: cell for cell in notebook.cells})
    said = "\n".join(check_sources({lab: notebook}))
    assert said.startswith(f"{lab}, ")
    assert words in said


def test_a_stub_that_does_not_raise_is_named() -> None:
    lab = NAMES[0]
    release = copy.deepcopy(read("release", lab))
    cell = next(cell for cell in release.cells if cell.id == "l1-q5-interval")
    cell.source = cell.source.replace(STUB, f"# {STUB}\n    pass")
    (said,) = check_release(read("source", lab), release, lab)
    assert "cell 'l1-q5-interval': 0 stubs that raise" in said


def test_a_point_too_many_and_one_too_few_are_named() -> None:
    lab = NAMES[0]
    source = read("source", lab)
    one = next(one for one in SUBMISSIONS[lab] if one.name == "wrong_axis")
    given = graded(source) | {"l1-q2-check": 0.0}
    scored = Scored(given, set(graded(source, by_hand=True)), {"l1-q2-check": "ValueError: oh"})
    generous, strict = sorted(judge(lab, source, one, scored), reverse=True)
    assert "cell 'l1-q5-hidden' gave 1 to a wrong answer" in generous
    assert "cell 'l1-q2-check' gave 0 of 1. It said: ValueError: oh" in strict
