"""Make the labs for a class, and prove that the autograder is fair.

    python labs/make_labs.py                 # the public edition
    python labs/make_labs.py --seed SECRET   # a class of its own

1. Reads the solved sources in `labs/source/` and checks them.
2. Writes a folder for nbgrader, `labs/classes/<secret, or public>/`: the solved labs with the
   class's numbers, their student editions, and the settings. The public student editions go to
   `labs/release/` as well.
3. Has nbgrader grade synthetic submissions in a temporary folder, and prints what each earns beside
   what it should. Of the public edition those of `submissions.py`, with a table in
   `labs/autograding.csv`; of a class the right one, the empty one, and the public solutions.

Ends with 1 if anything is not as it should be, and says where and how to mend it. nbgrader is
needed here and by the teacher, by nobody else.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.util
import io
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from editions import rendered
from judge import PUBLIC
from nbformat import NotebookNode
from questions import GRADED
from submissions import EMPTY, RIGHT, SUBMISSIONS, Submission, public_answers

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

LABS = Path(__file__).resolve().parent
TABLE = LABS / "autograding.csv"
COLUMNS = (
    "lab", "submission", "kind", "what", "points_expected", "points_given", "points_auto",
    "points_by_hand", "cells_not_full", "ok", "fingerprint",
)  # fmt: skip

STUB = 'raise NotImplementedError("your turn")'
SECONDS = 30.0
"""For one question of a synthetic submission; a student has more, and `judge.py` says how many."""

JUDGING = ("judge.py", "worker.py", "editions.py")
"""What the points hang on, beside the questions of the lab."""

SETTINGS = """\
\"\"\"nbgrader's settings for this class. Its numbers hang on the secret: show it to nobody.\"\"\"

c = get_config()
load_subconfig("../../nbgrader_config.py")
c.Judge.secret = {secret!r}
"""

INSTALL = (
    "nbgrader is not installed. It is needed by the teacher only: run `make labs`, or\n"
    "    pip install -c requirements.lock -r labs/requirements.lock"
)


class LabError(Exception):
    """Something about a lab that is not as it should be. Says which cell, and how to mend it."""


# ---------------------------------------------------------------------------------------------
# Reading notebooks
# ---------------------------------------------------------------------------------------------
def notebook_path(folder: Path, lab: str) -> Path:
    """The one notebook of a lab, in `source`, `release` or a student's folder."""
    return folder / lab / f"{lab}.ipynb"


def read(path: Path) -> NotebookNode:
    """A notebook in format 4."""
    return nbformat.read(path, as_version=4)


def about(cell: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata of a cell; empty if it has none."""
    return dict(cell.metadata.get("nbgrader", {}))


def graded(notebook: NotebookNode, by_hand: bool = False) -> dict[str, float]:
    """Points of the cells that are scored by the autograder, or of those scored by hand."""
    cells = [about(cell) for cell in notebook.cells]
    return {
        cell["grade_id"]: cell["points"]
        for cell in cells
        if cell.get("grade") and bool(cell["solution"]) == by_hand
    }


def unmarked(source: str) -> str:
    """A solved cell without the lines that mark the solution: what a student would write."""
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(line for line in source.splitlines() if line.strip() not in marks)


# ---------------------------------------------------------------------------------------------
# Both editions
# ---------------------------------------------------------------------------------------------
def check_sources(sources: dict[str, NotebookNode]) -> Iterator[str]:
    """What is wrong with the solved sources, in words; nothing if all is well."""
    seen: dict[str, str] = {}
    for lab, notebook in sources.items():
        for cell in notebook.cells:
            meta, where = about(cell), f"{lab}, cell {cell.id!r}"
            if cell.get("outputs") or cell.get("execution_count"):
                yield f"{where}: has outputs; clear them"
            if not meta:
                continue
            name = meta["grade_id"]
            if name in seen:
                yield f"{where}: the grade_id {name!r} is taken by {seen[name]}; give it its own"
            seen[name] = where
            if meta["solution"] and cell.cell_type == "code":
                begins = cell.source.count("### BEGIN SOLUTION")
                if not begins or begins != cell.source.count("### END SOLUTION"):
                    yield f"{where}: mark each solution by ### BEGIN SOLUTION and ### END SOLUTION"
            elif "### BEGIN SOLUTION" in cell.source:
                yield f"{where}: holds a solution and is no solution cell; mend its metadata"
            if meta["grade"] and not meta["points"] > 0:
                yield f"{where}: is graded with {meta['points']} points; give it some"
            if meta["grade"] and cell.cell_type == "code":
                judged = GRADED[lab].get(name)
                if judged is None or judged.points != meta["points"]:
                    asked = "nothing" if judged is None else f"for {judged.points:g} points"
                    yield f"{where}: is worth {meta['points']}, and questions/ asks {asked}"
        names = {about(cell).get("grade_id", cell.id) for cell in notebook.cells}
        for name in sorted({*GRADED[lab], *(one.answer for one in GRADED[lab].values())} - names):
            yield f"{lab}, questions/: there is no cell {name!r}"
        for submission in SUBMISSIONS[lab]:
            for name in sorted({*submission.code, *submission.added, *submission.earns} - names):
                yield f"{lab}, submission {submission.name!r}: there is no cell {name!r}"


def check_release(source: NotebookNode, release: NotebookNode, lab: str) -> Iterator[str]:
    """What is wrong with a student edition, in words; nothing if all is well."""
    text = "\n".join(cell.source for cell in release.cells)
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN"):
        if mark in text:
            yield f"{lab}, student edition: still holds {mark!r}; mend the markers in the source"
    if (graded(release), graded(release, True)) != (graded(source), graded(source, True)):
        yield f"{lab}, student edition: its points are not those of the source"
    for solved, cell in zip(source.cells, release.cells, strict=True):
        if cell.cell_type != "code" or not about(cell).get("solution"):
            continue
        stubs = sum(
            isinstance(node, ast.Raise) and ast.unparse(node) == ast.unparse(ast.parse(STUB))
            for node in ast.walk(ast.parse(cell.source))
        )
        if stubs != solved.source.count("### BEGIN SOLUTION"):
            yield f"{lab}, cell {cell.id!r}: {stubs} stubs that raise; one for each solution"


# ---------------------------------------------------------------------------------------------
# nbgrader
# ---------------------------------------------------------------------------------------------
def nbgrader_at(root: Path, run: bool, secret: str = PUBLIC) -> Any:
    """nbgrader's API with the labs' settings and another course folder.

    Args:
        root: the course folder.
        run: whether a submission is run for what it shows, before it is judged.
        secret: what the edition hangs on.
    """
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    # nbgrader starts `alembic` by its bare name, so its folder has to be on the path.
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ["PATH"]])

    config = PyFileConfigLoader("nbgrader_config.py", path=str(LABS)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    config.Application.log_level = logging.ERROR
    config.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
    config.ExecutePreprocessor.timeout = int(SECONDS)
    config.Judge.secret, config.Judge.seconds = secret, SECONDS
    if not run:
        config.Autograde.autograde_preprocessors = config.Autograde.autograde_preprocessors[1:]
    return NbGraderAPI(config=config)


def must(result: dict[str, Any], doing: str) -> None:
    """Raise what nbgrader said if it failed."""
    if not result["success"]:
        raise LabError(f"{doing}: nbgrader failed.\n{result.get('error') or result.get('log')}")


def hand_in(solved: NotebookNode, release: NotebookNode, submission: Submission) -> NotebookNode:
    """The student edition, answered as the submission says."""
    answered: NotebookNode = nbformat.from_dict(release)
    for right, cell in zip(solved.cells, answered.cells, strict=True):
        name = about(cell).get("grade_id")
        if about(cell).get("solution"):
            if name in submission.code:
                cell.source = unmarked(submission.code[name])
            elif submission.answered:
                cell.source = unmarked(right.source)
    for name, code in submission.added.items():
        place = next(k for k, cell in enumerate(answered.cells) if cell.id == name)
        answered.cells.insert(place + 1, nbformat.v4.new_code_cell(code, id=f"after-{name}"))
    return answered


@dataclass(frozen=True)
class Scored:
    """What nbgrader gave: points by graded cell, what waits to be read, and what was said."""

    points: dict[str, float]
    waiting: set[str]
    said: dict[str, str]


def score(api: Any, root: Path, lab: str, student: str) -> Scored:
    """Have nbgrader grade one submission."""
    from nbgrader.api import Gradebook

    must(api.autograde(lab, student, force=True, create=True), f"{lab}, submission {student!r}")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        (notebook,) = gradebook.find_submission(lab, student).notebooks
        points = {grade.name: float(grade.auto_score or 0.0) for grade in notebook.grades}
        waiting = {grade.name for grade in notebook.grades if grade.needs_manual_grade}
    said = {
        cell.id: "\n".join(
            str(output.get("text", output.get("evalue", ""))) for output in cell.outputs
        )
        for cell in read(notebook_path(root / "autograded" / student, lab)).cells
        if cell.cell_type == "code"
    }
    return Scored(points, waiting, said)


# ---------------------------------------------------------------------------------------------
# Judging the autograder
# ---------------------------------------------------------------------------------------------
def due(source: NotebookNode, submission: Submission) -> dict[str, float]:
    """What a submission should earn, by graded cell."""
    return {
        name: submission.earns.get(name, points if submission.answered else 0.0)
        for name, points in graded(source).items()
    }


def differences(
    lab: str, source: NotebookNode, submission: Submission, scored: Scored
) -> Iterator[str]:
    """Where a submission did not earn what it should, in words."""
    where = f"{lab}, submission {submission.name!r}"
    if submission.at_most is not None:
        share = sum(scored.points.values()) / sum(graded(source).values())
        if share > submission.at_most:
            yield f"{where}: earns {share:.0%} of the points; other numbers have to matter more"
        return
    for name, points in due(source, submission).items():
        given = scored.points[name]
        if given > points:
            yield f"{where}: cell {name!r} gave {given:g}, not {points:g}; ask more strictly"
        elif given < points:
            said = scored.said[name]
            yield f"{where}: cell {name!r} gave {given:g} of {points:g}. It said: {said}"
    waiting = set(graded(source, by_hand=True)) if submission.answered else set()
    if scored.waiting != waiting:
        yield f"{where}: waiting to be graded by hand: {scored.waiting}, and should be: {waiting}"


def fingerprint(lab: str, source: NotebookNode, submission: Submission) -> str:
    """Twelve hexadecimal digits that change with the lab, its questions or the submission.

    They stand in the table, so that a test sees when it is older than what it speaks of.
    """
    cells = [(cell.source, sorted(about(cell).items())) for cell in source.cells]
    judging = [LABS / name for name in (*JUDGING, f"questions/{lab.partition('_')[0]}.py")]
    code = [path.read_text("utf-8") for path in judging]
    return sha256(repr((cells, code, submission)).encode()).hexdigest()[:12]


def row(
    lab: str, source: NotebookNode, submission: Submission, scored: Scored, ok: bool
) -> dict[str, Any]:
    """A line of the table."""
    automatic = graded(source)
    lost = [name for name in automatic if scored.points[name] < automatic[name]]
    values = (
        lab,
        submission.name,
        submission.kind,
        submission.what,
        f"{sum(due(source, submission).values()):g}",
        f"{sum(scored.points[name] for name in automatic):g}",
        f"{sum(automatic.values()):g}",
        f"{sum(graded(source, by_hand=True).values()):g}",
        "all" if len(lost) == len(automatic) else " ".join(lost),
        "yes" if ok else "no",
        fingerprint(lab, source, submission),
    )
    return dict(zip(COLUMNS, values, strict=True))


def make_release(solved: dict[str, NotebookNode], root: Path) -> dict[str, NotebookNode]:
    """Have nbgrader make the student editions, in a temporary course folder."""
    api = nbgrader_at(root, run=False)
    for lab, notebook in solved.items():
        put(notebook, root / "source", lab)
        must(api.generate_assignment(lab, force=True, create=True), f"{lab}, student edition")
    return {lab: read(notebook_path(root / "release", lab)) for lab in solved}


def put(notebook: NotebookNode, folder: Path, lab: str) -> None:
    """Write a lab's notebook where nbgrader looks for it."""
    path = notebook_path(folder, lab)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, nbformat.writes(notebook) + "\n")


def grade_all(
    solved: dict[str, NotebookNode],
    releases: dict[str, NotebookNode],
    root: Path,
    secret: str,
    submissions: dict[str, tuple[Submission, ...]],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Grade every synthetic submission; the table, and what is wrong with it.

    The first of each lab, the right one, is run before it is judged, as nbgrader does with
    students'; the others are judged only, since the points hang on nothing else.
    """
    table, troubles = [], []
    for lab, source in solved.items():
        for number, submission in enumerate(submissions[lab]):
            put(
                hand_in(source, releases[lab], submission),
                root / "submitted" / submission.name,
                lab,
            )
            api = nbgrader_at(root, run=number == 0, secret=secret)
            scored = score(api, root, lab, submission.name)
            found = list(differences(lab, source, submission, scored))
            if number == 0:
                found += (
                    f"{lab}, the solved lab, cell {name!r}: {said}"
                    for name, said in scored.said.items()
                    if "not yet" in said or "Error" in said
                )
            line = row(lab, source, submission, scored, ok=not found)
            table.append(line)
            troubles += found
            print(
                f"{lab:28} {submission.kind:8} {submission.name:20} "
                f"expected {line['points_expected']:>4}   given {line['points_given']:>4}   "
                f"of {line['points_auto']:>3}   {'ok' if not found else 'NOT AS EXPECTED'}",
                flush=True,
            )
    return table, troubles


def make(secret: str, sources: dict[str, NotebookNode]) -> list[str]:
    """Make and prove one edition of all labs; what is wrong with it."""
    solved = {lab: rendered(source, lab, secret) for lab, source in sources.items()}
    with tempfile.TemporaryDirectory(prefix="labs-") as folder:
        root = Path(folder)
        releases = make_release(solved, root)
        troubles = [
            trouble
            for lab, release in releases.items()
            for trouble in check_release(solved[lab], release, lab)
        ]
        if troubles:
            return troubles
        course = LABS / "classes" / secret
        for lab, release in releases.items():
            put(solved[lab], course / "source", lab)
            put(release, course / "release", lab)
            if secret == PUBLIC:
                put(release, LABS / "release", lab)
        if not (course / "nbgrader_config.py").exists():  # a teacher may have added to it
            write_text(course / "nbgrader_config.py", SETTINGS.format(secret=secret))
        submissions = SUBMISSIONS if secret == PUBLIC else in_class(sources)
        table, troubles = grade_all(solved, releases, root, secret, submissions)
        if secret == PUBLIC:
            lines = io.StringIO()
            writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
            write_text(TABLE, lines.getvalue())
        return troubles


def in_class(sources: dict[str, NotebookNode]) -> dict[str, tuple[Submission, ...]]:
    """What is handed in to a class of its own: right, empty, and the public solutions."""
    return {lab: (RIGHT, EMPTY, public_answers(source)) for lab, source in sources.items()}


@forgiving_output()
def main() -> int:
    """Make and prove all labs; 0 if all is well."""
    parser = argparse.ArgumentParser(description="Make the labs, and prove their autograder.")
    parser.add_argument(
        "--seed", default=PUBLIC, help="a secret, for a class with numbers of its own"
    )
    secret = parser.parse_args().seed
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", secret):
        print(
            "SEED has to be 1 to 64 letters, digits, - or _: a folder is named by it",
            file=sys.stderr,
        )
        return 2
    if importlib.util.find_spec("nbgrader") is None:
        print(INSTALL, file=sys.stderr)
        return 1
    warnings.filterwarnings("ignore")  # nbgrader's own, from its libraries
    sources = {lab: read(notebook_path(LABS / "source", lab)) for lab in GRADED}
    troubles = list(check_sources(sources))
    if not troubles:
        try:
            troubles = make(secret, sources)
        except (LabError, ValueError) as error:
            troubles.append(str(error))
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if not troubles:
        print(
            f"{len(sources)} labs made, every submission scored as it should: labs/classes/{secret}"
        )
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
