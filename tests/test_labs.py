"""The labs, without nbgrader: sources, editions, student editions, and the autograder's table.

`make labs` has nbgrader itself make and grade them. Here stands an independent answer: clearing
written once more, and labs run cell by cell. The judge has tests of its own.
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

from editions import FOREIGN, VARIANTS, edition, rendered  # noqa: E402
from judge import PUBLIC, Bench  # noqa: E402
from make_labs import (  # noqa: E402
    COLUMNS,
    Scored,
    check_release,
    check_sources,
    differences,
    due,
    fingerprint,
    graded,
    public_answers,
)
from questions import GRADED  # noqa: E402
from submissions import SUBMISSIONS, Submission  # noqa: E402

STUB = 'raise NotImplementedError("your turn")'
NAMES = sorted(SUBMISSIONS)
TYPICAL = [(lab, one) for lab in NAMES for one in SUBMISSIONS[lab]]

each_lab = pytest.mark.parametrize("lab", NAMES)


@cache
def read(edition: str, lab: str) -> nbformat.NotebookNode:
    return nbformat.read(LABS / edition / lab / f"{lab}.ipynb", as_version=4)


@cache
def solved(lab: str, secret: str = PUBLIC) -> nbformat.NotebookNode:
    return rendered(read("source", lab), lab, secret)


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
def test_every_solution_is_marked(lab: str) -> None:
    for cell in read("source", lab).cells:
        meta = about(cell)
        begun = cell.source.count("### BEGIN SOLUTION")
        assert begun == cell.source.count("### END SOLUTION")
        assert (begun > 0) == bool(meta.get("solution") and cell.cell_type == "code"), cell.id
        assert "HIDDEN TESTS" not in cell.source


@each_lab
def test_the_points_of_a_cell_are_those_of_its_sub_tests(lab: str) -> None:
    cells_ = {cell.id: about(cell)["points"] for cell in cells(lab, grade=True, solution=False)}
    assert {name: one.points for name, one in GRADED[lab].items()} == cells_
    for one in GRADED[lab].values():
        assert len({test.name for test in one.tests}) == len(one.tests) >= 2


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
def printed(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What every code cell prints, run in-process, as a kernel would; none may stop."""
    space: dict[str, Any] = {"__name__": "lab"}
    said = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            source = cell.source.partition("\n### BEGIN HIDDEN TESTS")[0]
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(source, cell.id, "exec"), space)
            said[cell.id] = out.getvalue()
    return said


@pytest.mark.slow
@pytest.mark.parametrize("secret", [PUBLIC, "another"])
@each_lab
def test_solved_every_check_passes_and_says_so(lab: str, secret: str) -> None:
    said = printed(solved(lab, secret))
    for cell in cells(lab, grade=True, solution=False):
        assert said[cell.id].rstrip().endswith("quick check: passed."), (cell.id, said[cell.id])
    assert not [name for name, text in said.items() if "not yet" in text]


@each_lab
def test_unanswered_all_cells_run_and_say_not_yet(lab: str) -> None:
    said = printed(read("release", lab))
    for cell in cells(lab, grade=True, solution=False):
        assert ": not yet. An answer above is still to be written." in said[cell.id], cell.id


@each_lab
def test_every_stub_raises(lab: str) -> None:
    space: dict[str, Any] = {"__name__": "lab"}
    for cell in read("release", lab).cells:
        if cell.cell_type != "code" or about(cell).get("grade"):
            continue
        before = set(space)
        run(cell.source, cell.id, space)
        if about(cell).get("solution"):
            functions = [space[name] for name in set(space) - before]
            source = next(one.source for one in read("source", lab).cells if one.id == cell.id)
            assert len(functions) == source.count("### BEGIN SOLUTION")
            for function in functions:
                arguments = [None] * function.__code__.co_argcount
                with pytest.raises(NotImplementedError, match="your turn"):
                    function(*arguments)


@each_lab
def test_the_student_edition_is_the_source_cleared(lab: str) -> None:
    source, release = solved(lab), read("release", lab)
    for right, cell in zip(source.cells, release.cells, strict=True):
        assert cell.id == right.id
        if about(right).get("solution") and right.cell_type == "markdown":
            assert cell.source == "*Your answer stands here.*"
        else:
            assert cell.source == cleared(right.source)
        assert cell.get("outputs", []) == []
        for key in ("grade_id", "points", "grade", "solution", "locked"):
            assert about(cell).get(key) == about(right).get(key)


# ---------------------------------------------------------------------------------------------
# Editions
# ---------------------------------------------------------------------------------------------
@each_lab
def test_without_a_secret_the_sources_stay_as_they_are(lab: str) -> None:
    for source, cell in zip(read("source", lab).cells, solved(lab).cells, strict=True):
        assert source.source in cell.source
        assert source.source == cell.source or about(source)["grade"]
    assert edition(lab, PUBLIC) == {one.name: one.public for one in VARIANTS[lab]}


@each_lab
def test_every_variant_finds_its_places_and_changes_them(lab: str) -> None:
    """Also after the variants before it have changed theirs: with forty secrets."""
    seen = {one.name: set() for one in VARIANTS[lab]}
    for secret in map(str, range(40)):
        for name, value in edition(lab, secret).items():
            seen[name].add(repr(value))
        for cell in solved(lab, secret).cells:
            if cell.cell_type == "code":
                ast.parse(cell.source)
    for one in VARIANTS[lab]:
        assert seen[one.name] == {*map(repr, one.others)}
        assert repr(one.public) not in seen[one.name]


def test_a_secret_gives_the_same_edition_again_and_another_secret_another() -> None:
    texts = [
        [nbformat.writes(rendered(read("source", lab), lab, secret)) for lab in NAMES]
        for secret in ("a", "a", "b")
    ]
    assert texts[0] == texts[1]
    assert all(one != other for one, other in zip(texts[0], texts[2], strict=True))


def test_a_text_that_stands_nowhere_is_named() -> None:
    lab = NAMES[0]
    harmed = copy.deepcopy(read("source", lab))
    for cell in harmed.cells:
        cell.source = cell.source.replace("[2.5, 97.5]", "[2, 98]")
    with pytest.raises(ValueError, match=r"variant 'percentiles': '\[2.5, 97.5\]' stands nowhere"):
        rendered(harmed, lab, "a")


@each_lab
def test_a_written_answer_says_that_its_numbers_are_those_of_another_class(lab: str) -> None:
    for cell in solved(lab, "a").cells:
        if cell.cell_type == "markdown" and about(cell).get("grade"):
            assert cell.source.startswith(FOREIGN)


@pytest.mark.slow
@pytest.mark.parametrize("secret", [PUBLIC, "another", "third"])
@each_lab
def test_the_judge_gives_all_points_to_the_solution_and_few_to_the_public_one(
    lab: str, secret: str
) -> None:
    own = Bench(solved(lab, secret), edition(lab, secret), secret).results(GRADED[lab])
    assert [one.said for results in own.values() for one in results if one.said] == []
    if secret != PUBLIC:
        theirs = Bench(read("source", lab), edition(lab, secret), secret).results(GRADED[lab])
        earned = sum(one.points for results in theirs.values() for one in results)
        assert earned <= points(lab, by_hand=False) * public_answers(read("source", lab)).at_most


# ---------------------------------------------------------------------------------------------
# The autograder's table
# ---------------------------------------------------------------------------------------------
@each_lab
def test_submissions_of_every_kind(lab: str) -> None:
    right, empty, *others = SUBMISSIONS[lab]
    assert (right.name, empty.name) == ("right", "empty")
    assert {one.kind for one in others} == {"mistake", "gaming", "odd"}
    assert len({one.name for one in SUBMISSIONS[lab]}) == len(SUBMISSIONS[lab])
    for one in others:
        lost = sum(graded(read("source", lab)).values()) - sum(
            due(read("source", lab), one).values()
        )
        assert (lost > 0) == (one.kind != "odd")
        assert one.code or one.added


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
    worth = {cell.id: about(cell)["points"] for cell in cells(lab, grade=True, solution=False)}
    lost = [name for name in worth if one.earns.get(name, worth[name]) < worth[name]]
    right = auto - sum(worth[name] - one.earns[name] for name in lost) if one.answered else 0
    assert float(row["points_given"]) == float(row["points_expected"]) == right
    assert (float(row["points_auto"]), float(row["points_by_hand"])) == (auto, points(lab, True))
    assert row["cells_not_full"] == (" ".join(lost) if one.answered else "all")
    assert (row["kind"], row["ok"]) == (one.kind, "yes")
    assert row["fingerprint"] == fingerprint(lab, solved(lab), one), (
        "labs/autograding.csv is older than what it speaks of: run `make labs`"
    )


def test_the_readme_has_every_mistake_with_its_points() -> None:
    text = (LABS / "README.md").read_text("utf-8")
    for lab, one in TYPICAL:
        if one.kind == "mistake":
            row = table()[lab, one.name]
            given = f"{row['points_given']} of {row['points_auto']}"
            assert f"| {lab[3]} | {one.what} | {given} |" in text
        elif one.kind in {"gaming", "odd"}:
            assert f"`{one.name}`" in text


# ---------------------------------------------------------------------------------------------
# The program that makes the labs finds what is wrong
# ---------------------------------------------------------------------------------------------
def test_sources_and_student_editions_as_they_are() -> None:
    assert list(check_sources({lab: read("source", lab) for lab in NAMES})) == []
    for lab in NAMES:
        assert list(check_release(solved(lab), read("release", lab), lab)) == []


def _copied_cell(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q2-check"].metadata.nbgrader.grade_id = "l1-q1-check"


def _lost_marker(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q1-update"].source = cells["l1-q1-update"].source.replace("### END SOLUTION", "")


def _leaked(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-look"].source += "\n### BEGIN SOLUTION\n1\n### END SOLUTION"


def _executed(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-look"].execution_count = 3


def _dearer(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q1-check"].metadata.nbgrader.points = 3


def _renamed(cells: dict[str, nbformat.NotebookNode]) -> None:
    cells["l1-q3-loop"].metadata.nbgrader.grade_id = "l1-q3-circle"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_copied_cell, "the grade_id 'l1-q1-check' is taken by"),
        (_lost_marker, "cell 'l1-q1-update': mark each solution"),
        (_leaked, "cell 'l1-look': holds a solution and is no solution cell"),
        (_executed, "cell 'l1-look': has outputs"),
        (_dearer, "cell 'l1-q1-check': is worth 3, and questions/ asks for 2 points"),
        (_renamed, "questions/: there is no cell 'l1-q3-loop'"),
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
    (said,) = check_release(solved(lab), release, lab)
    assert "cell 'l1-q5-interval': 0 stubs that raise" in said


def test_a_point_too_many_and_one_too_few_are_named() -> None:
    lab = NAMES[0]
    source = read("source", lab)
    one = next(one for one in SUBMISSIONS[lab] if one.name == "wrong_axis")
    given = graded(source) | {"l1-q2-check": 0.5}
    scored = Scored(given, set(graded(source, by_hand=True)), {"l1-q2-check": "✗ oh"})
    strict, generous = differences(lab, source, one, scored)
    assert strict.endswith("cell 'l1-q2-check' gave 0.5 of 3. It said: ✗ oh")
    assert "cell 'l1-q5-check' gave 2, not 1" in generous
