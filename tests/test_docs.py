"""The guides tell the truth: their blocks run, their edits fit, their figures are the course's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hub
import nbformat
import numpy as np
import pandas as pd
import pytest

import cliprl_lite as clip
from cliprl_lite._paths import data_path
from cliprl_lite.experiments.policy_studies import AVERAGE_COLUMNS, MODALITY_COLUMNS
from cliprl_lite.experiments.results import COLUMNS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FORMATS, EXTENDING, GUIDE = (
    (DOCS / name).read_text("utf-8")
    for name in ("data_formats.md", "extending.md", "teachers_guide.md")
)
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
HUB = json.loads((ROOT / "benchmarks" / "hub.json").read_text("utf-8"))
PLACE = re.compile(r"# (\S+\.\w+)(?:, (a new file|at the end|above: (.+)))?")
RULE = " (and the rule over it)"


@dataclass(frozen=True)
class Block:
    """A fenced block: its section, its language, its text."""

    section: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    found, section, fence, lines = [], "", "", []
    for line in page.splitlines():
        if fence and line == "```":
            found.append(Block(section, fence, "\n".join(lines) + "\n"))
            fence = ""
        elif fence:
            lines.append(line)
        elif line.startswith("```"):
            fence, lines = line.removeprefix("```") or "text", []
        elif line.startswith("## "):
            section = line.removeprefix("## ")
    assert not fence, "a block without an end"
    return found


def rows(page: str, section: str) -> list[list[list[str]]]:
    """The tables of a section: lists of rows, each a list of cells; the head is left out."""
    part = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    tables: list[list[list[str]]] = [[]]
    for line in part.splitlines():
        if line.startswith("|"):
            tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif tables[-1]:
            tables.append([])
    return [table[2:] for table in tables if table]


# Links
@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target


# The files
def test_the_page_on_files_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    ran = [block for block in blocks(FORMATS) if block.language == "python"]
    for block in ran:
        exec(block.text, names)
    assert len(ran) >= 9
    assert not (tmp_path / "progress.json").exists()


KINDS = {"text": "OU", "whole": "iu", "number": "f", "yes or no": "b"}


@pytest.mark.parametrize(
    ("section", "place", "columns", "file"),
    [
        ("Tables of runs: `<name>.csv` and `<name>.json`", 0, COLUMNS, "figure2.csv"),
        ("Tables of base policies: `averages.csv` and `modalities.csv`", 0, AVERAGE_COLUMNS,
         "averages.csv"),
        ("Tables of base policies: `averages.csv` and `modalities.csv`", 1, MODALITY_COLUMNS,
         "modalities.csv"),
    ],
)  # fmt: skip
def test_columns_are_those_of_the_tables(
    section: str, place: int, columns: dict[str, str], file: str
) -> None:
    described = rows(FORMATS, section)[place]
    assert [row[0].strip("`") for row in described] == list(columns)
    table = pd.read_csv(data_path("results", file), keep_default_na=False, na_values=[""])
    for name, kind, words in described:
        values = table[name.strip("`")].dropna()
        assert pd.Series(values.to_list()).infer_objects().dtype.kind in KINDS[kind], name
        assert words


# How to add
def copy_of_the_project(folder: Path) -> None:
    for name in ("cliprl_lite", "tests", "notebooks"):
        ignored = shutil.ignore_patterns("__pycache__", "screenshots", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "data").mkdir()
    for part in (ROOT / "data").iterdir():
        if part.name == "suites":
            shutil.copytree(part, folder / "data" / "suites")
        else:
            (folder / "data" / part.name).symlink_to(part)
    shutil.copy(ROOT / "pyproject.toml", folder)


def change(file: Path, old: str, new: str) -> None:
    """Replace what stands once in a file, or in the cells of a notebook."""
    if file.suffix == ".ipynb":
        notebook = nbformat.read(file, as_version=4)
        assert any(old.strip() in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old.strip(), new.strip())
        nbformat.write(notebook, file)
        return
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def follow(block: Block, folder: Path) -> bool:
    """Make the edit that a block describes; False if it describes none."""
    first, _, rest = block.text.partition("\n")
    place = PLACE.fullmatch(first)
    if not place:
        return False
    file, how, anchor = folder / place[1], place[2], place[3]
    if block.language == "diff":
        kept = [line for line in rest.splitlines() if line]
        old = "\n".join(line[1:] for line in kept if line[0] in " -") + "\n"
        new = "\n".join(line[1:] for line in kept if line[0] in " +") + "\n"
        change(file, old, new)
    elif how == "a new file":
        assert not file.exists()
        file.write_text(rest, "utf-8")
    elif how == "at the end":
        file.write_text(file.read_text("utf-8").rstrip("\n") + "\n\n\n" + rest, "utf-8")
    else:
        text = file.read_text("utf-8")
        line = f"\n{anchor.removesuffix(RULE)}"
        assert text.count(line) == 1, anchor
        at = text.index(line) + 1
        if anchor.endswith(RULE):
            at = text.rindex("\n# ---", 0, at) + 1
        file.write_text(f"{text[:at]}{rest}\n\n{text[at:]}", "utf-8")
    return True


def python(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "edits", "shows", "tests"),
    [
        ("A world", 2, "A flat: tools in one room", ""),
        ("An environment of your own", 0, "[-1, 7]", ""),
        ("A weighting", 3, "'go to the red box'", "tests/test_weightings.py -k best_three"),
        ("A class of policies", 5, "dueling", "tests/test_policies.py -k dueling"),
        ("A notebook", 3, "", "tests/check/test_check_discount.py cliprl_lite/check/discount.py"),
    ],
)
def test_how_to_add_can_be_followed(
    section: str, edits: int, shows: str, tests: str, tmp_path: Path
) -> None:
    copy_of_the_project(tmp_path)
    made, said = 0, ""
    for block in blocks(EXTENDING):
        if block.section != section:
            continue
        if follow(block, tmp_path):
            made += 1
        elif block.language == "python":
            said += python(tmp_path, "-c", block.text)
    assert made == edits
    assert shows in said
    if tests:
        python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests.split())
    if section == "A notebook":
        notebook = nbformat.read(tmp_path / "notebooks" / "13_discount.ipynb", as_version=4)
        nbformat.validate(notebook)


def test_commands_that_the_page_names_are_there() -> None:
    for block in blocks(EXTENDING):
        if block.language == "bash":
            for word in block.text.split():
                if (
                    word.startswith(("tests/test_", "docs/", "cliprl_lite/"))
                    and "discount" not in word
                ):
                    assert (ROOT / word).exists(), word


# The teacher's guide
def source_and_outputs(path: Path) -> str:
    parts = []
    for cell in nbformat.read(path, as_version=4).cells:
        parts.append(cell.source)
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            data = output.get("data", {})
            parts += [data.get("text/plain", ""), re.sub("<[^>]+>", " ", data.get("text/html", ""))]
    return "\n".join(parts)


def test_the_hub_table_is_what_was_measured() -> None:
    assert hub.for_guide(HUB) in GUIDE
    assert hub.into_guide(GUIDE, hub.for_guide(HUB)) == GUIDE
    assert [session["notebook"] for session in HUB["sessions"]] == list(NOTEBOOKS)


def test_a_guide_without_its_words_is_left_alone() -> None:
    with pytest.raises(SystemExit, match="has lost the words"):
        hub.into_guide("# A page\n", "table")


def test_minutes_and_questions_are_those_of_the_notebooks() -> None:
    table = rows(GUIDE, "At a glance")[0]
    assert len(table) == len(NOTEBOOKS)
    for (link, minutes, question, _), path in zip(table, NOTEBOOKS.values(), strict=True):
        first = nbformat.read(path, as_version=4).cells[0].source
        assert path.name in link
        assert question == re.search(r"^# (.+)$", first, re.MULTILINE)[1]
        said = re.search(r"About (\w+) minutes", first)[1]
        assert minutes == said


def headings(path: Path) -> set[str]:
    found = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            found |= set(re.findall(r"^#{2,3} (.+)$", cell.source, re.MULTILINE))
    return found


def test_places_in_the_guide_are_sections_of_the_notebooks() -> None:
    """Wherever the guide says `05, *Stop when?*`, notebook 05 has that section."""
    text = GUIDE.replace(r"\*", "")
    places = re.findall(r"\b([01]\d), \*([^*]+)\*((?:(?:,| and) \*[^*]+\*)*)", text)
    assert len(places) >= 30
    for number, section, more in places:
        (path,) = (path for name, path in NOTEBOOKS.items() if name.startswith(number))
        there = {heading.replace("*", "") for heading in headings(path)}
        for one in (section, *re.findall(r"\*([^*]+)\*", more)):
            assert one in there, f"{number} has no section {one!r}"


def test_names_in_the_guide_are_names_of_the_notebooks() -> None:
    """Every guess and widget that the tables name."""
    for name in set(re.findall(r"`(guess\w*|board|mixer|scrubber|laboratory|gloom|ruler)`", GUIDE)):
        assert any(
            re.search(rf"^{name} = ", cell.source, re.MULTILINE)
            for path in NOTEBOOKS.values()
            for cell in nbformat.read(path, as_version=4).cells
        ), name


def test_all_sixteen_misconceptions_have_a_place() -> None:
    table = rows(GUIDE, "The sixteen misconceptions, and where each is caught")[0]
    assert [row[0] for row in table] == [str(number) for number in range(1, 17)]
    assert all(all(row) for row in table)


FIGURES = {
    "00": ["5,708", "386", "112"],
    "01": ["20 presses", "76", "140 presses", "91"],
    "02": ["20 of 20", "441", "96", "414", "337", "92", "26,360", "164,360"],
    "03": ["0.60", "0.58", "0.999", "0.774", "0 of 16"],
    "04": ["244", "152", "187", "32 %", "66 %", "10 of 16"],
    "05": ["0.93", "0.41", "1.43", "1.04", "0.99", "0.43", "0.53", "16 of 16", "2.71",
           "six hundredths"],
    "06": ["57 %", "33 %", "−0.60", "−1.00", "−0.83", "−0.35", "−0.05", "8.28", "68 %"],
    "07": ["73", "825", "141,979", "248,762", "570,180", "598,689", "185,628", "119,655", "3,558",
           "2,128", "69,956", "44 %", "56 %"],
    "08": ["0.01", "148", "56.25", "42.61", "6.62", "0.89", "0.90", "0.94", "51", "83", "0.66",
           "0.50", "0.85"],
    "09": ["1/221", "1/318", "1/164", "4 of 6", "0.52", "963", "951,986", "2,128", "0.81", "0.74"],
}  # fmt: skip
"""Figures of the guide, by the notebook that is named beside them."""


@pytest.mark.parametrize("number", FIGURES)
def test_figures_are_those_that_the_notebooks_show(number: str) -> None:
    (path,) = (path for name, path in NOTEBOOKS.items() if name.startswith(number))
    shown = source_and_outputs(path).replace("-", "−").replace("%", " %")
    shown = re.sub(r" +", " ", shown).replace(",", "")
    for figure in FIGURES[number]:
        assert figure in GUIDE, f"{figure} is no longer in the guide"
        assert figure.replace(",", "") in shown, f"notebook {number} does not show {figure}"


def test_medians_of_the_contradictory_target() -> None:
    table = pd.read_csv(data_path("results", "figure2.csv"))
    at_the_end = table.query("size == 25 and target == 'left'").groupby("method")["asymptote"]
    assert (at_the_end.median() == 1).all()
    runs = table.query("target == 'mismatch' and size == 25").groupby("method")["optimal"].median()
    for method, what in (("alg2", "Algorithm 2 takes {} steps"), ("alg1", "Algorithm 1 {}"),
                         ("scratch", "nothing {}")):  # fmt: skip
        assert what.format(f"{runs[method]:,.0f}") in GUIDE


RIVALS = ("alg2", "alg1", "scratch", "alg1_cold", "ridge")


def test_the_repaired_algorithm_stands_beside_its_fair_rivals() -> None:
    """In the guide and in 07 and 09, which name all of them in one sentence."""
    table = pd.read_csv(data_path("results", "figure2.csv")).query("size == 25")
    left = table[table["target"] == "left"].groupby("method")[list(clip.CLOCKS)].median()
    alg2, alg1, scratch, cold, ridge = (f"{left['optimal'][name]:,.0f}" for name in RIVALS)
    assert (
        f"Algorithm 2 takes {alg2} steps on 25×25 where Algorithm 1 as printed takes {alg1}, "
        f"nothing {scratch}, the sharpened cosine {cold} and ridge regression {ridge} (09)"
    ) in GUIDE
    astray = table[table["target"] == "mismatch"].groupby("method")["optimal"].median()
    assert astray["alg2"] == astray["alg1_cold"] == astray["ridge"]  # "… do"
    told = {name: source_and_outputs(path) for name, path in NOTEBOOKS.items()}
    assert f"{alg2} steps, {cold} and {ridge}, against {alg1}" in told["09_does_it_reproduce"]
    names = ("alg2", "alg1", "alg1_cold", "ridge")
    three = (f"{a:,.0f}, {b:,.0f} and {c:,.0f}" for a, b, c in left.loc[list(names)].to_numpy())
    words = (
        "the repaired Algorithm 2 takes {} steps by the three clocks, where Algorithm 1 as printed "
        "takes {}, the sharpened cosine {}, and ridge regression {}."
    )
    assert words.format(*three) in told["07_clocks"]


def test_the_rivals_gain_where_the_repaired_algorithm_gains() -> None:
    """Notebook 09, *What is confirmed* and its appendix."""
    table = clip.read_table(data_path("results", "figure2.csv"))
    left = table[table["target"] == "left"].groupby(["method", "size"])
    averages = left[list(clip.CLOCKS)].mean()
    fair = table[table["target"] != "mismatch"].groupby(["method", "size"])
    gains = fair[["reuse", "few_shot_return", "zero_shot_success"]].mean()
    for name in ("alg2", "alg1_cold", "ridge"):
        assert (averages.loc[name, 25] / averages.loc["alg1", 25] < 0.5).all()
        assert (gains.loc[name] > gains.loc["alg1"])[["reuse", "few_shot_return"]].all().all()
        arrives = gains.loc[name]["zero_shot_success"] > gains.loc["alg1"]["zero_shot_success"]
        assert arrives.to_dict() == {8: False, 10: False, 15: True, 25: True}
    ahead = clip.verdicts(table, "alg1_cold", "alg2")
    assert ahead.loc["optimal", "right"] == "confirmed"


def test_near_teachers_of_the_wrong_room_do_no_harm() -> None:
    """The guide on the six of sixteen tasks in notebook 04."""
    house = clip.load_suite("house_a")
    similar = clip.cosine_similarity(*2 * [clip.embed(house.sentences)]).round(6)
    np.fill_diagonal(similar, -np.inf)
    away: dict[bool, list[int]] = {True: [], False: []}
    for task, best in zip(house.tasks, similar.argmax(axis=1), strict=True):
        teacher = house.tasks[best]
        costs = []
        for table in (house.world.optimal_q(teacher.goal), None):
            learners = [clip.Learner(house.world, task.goal, table, seed) for seed in range(20)]
            for learner in learners:
                learner.run(10_000_000, last_episode=20)
            costs.append(np.median([one.episode_lengths[:20].mean() for one in learners]))
        steps = house.world.distances(task.goal)[house.world.state(teacher.goal)]
        away[bool(costs[0] > costs[1])].append(int(steps))
    assert (len(away[True]), len(away[False])) == (10, 6)
    assert max(away[False]) == 10
    assert min(away[True]) == 12


# What answers in the notebooks say without a cell that shows it
def test_the_least_similar_sentence_is_never_in_the_right_room() -> None:
    """Questions of 03: in neither house, while the most similar is in A never and in B always."""
    similar = clip.cosine_similarity(*2 * [clip.embed(clip.load_suite("house_a").sentences)])
    np.fill_diagonal(similar, np.nan)
    picks = {"least": np.nanargmin(similar, axis=1), "most": np.nanargmax(similar, axis=1)}
    right = {
        (name, pick): sum(
            house.tasks[i].group == house.tasks[j].group for i, j in enumerate(picks[pick])
        )
        for name in ("house_a", "house_b")
        for house in [clip.load_suite(name)]
        for pick in picks
    }
    assert right == {
        ("house_a", "least"): 0, ("house_a", "most"): 0,
        ("house_b", "least"): 0, ("house_b", "most"): 16,
    }  # fmt: skip


def test_an_alignment_of_one_house_is_wrong_in_another() -> None:
    """Questions of 05: never right in B, trained in A."""
    trained, other = clip.load_suite("house_a"), clip.load_suite("house_b")
    for transfer in other.transfers():
        alignment = clip.align_suite(trained, held_out=transfer.target.name)
        known = [task.sentence for task in transfer.bases]
        scores = alignment.similarity(clip.embed([transfer.target.sentence])[0], clip.embed(known))
        assert transfer.bases[int(scores.argmax())].group != transfer.target.group


def test_one_sweep_outward_from_too_low_is_enough() -> None:
    """Questions of 01: from −100 it is, from zeros it is not."""
    house = clip.load_suite("house_a")
    world, goal = house.world, house.tasks[0].goal
    truth = world.optimal_q(goal).max(axis=1)
    for start, right in ((-100.0, True), (0.0, False)):
        values = np.full(world.n_states, start)
        values[world.state(goal)] = 0
        for state in np.argsort(world.distances(goal), kind="stable")[1:]:
            values[state] = (-1 + 0.99 * values[world.next_state[state]]).max()
        assert np.allclose(values, truth) == right
