"""What was solved lies in one file beside the notebook, which nothing damages further."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from cliprl_lite import progress
from cliprl_lite.progress import (
    ProgressError,
    class_record,
    guesses,
    join_class,
    leave_class,
    remember,
    remember_guess,
    remember_quiz,
    remember_result,
    reset_progress,
    solved,
)

FIRST_EDITION = {
    "tour": "worst_teacher same_choice misplaced_trust",
    "grid_world": "next_cell one_backup runs_to",
    "base_policies": "update hopeful most_similar learned_but_never_shown",
    "language": "cosine fooled unnoticed",
    "cosine": "variance_shares house_for_words reweigh",
    "clip_alignment": "loss_for_any_target gradient_step soft_target fooled",
    "transfer": "weights upside_down spoil",
    "neural_policies": "blend undo rescale",
    "reproduction": "paired_interval verdict both_ways",
}
"""Its exercises, by the module of checks under which its `progress.json` remembers them."""


def test_what_is_remembered_comes_back_and_is_forgotten_by_one_call(tmp_path: Path) -> None:
    assert solved(tmp_path) == {}
    for notebook, name in (("one", "a"), ("two", "b"), ("one", "c"), ("one", "a")):
        remember(notebook, name, tmp_path)
    assert solved(tmp_path) == {"one": ["a", "c"], "two": ["b"]}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]
    reset_progress(tmp_path)
    reset_progress(tmp_path)
    assert solved(tmp_path) == {}


def test_guesses_stand_beside_what_was_solved(tmp_path: Path) -> None:
    """A later guess takes the place of an earlier one, and neither loses an exercise."""
    remember("tour", "same_choice", tmp_path)
    for answer in ("W", "M"):
        remember_guess("tour", "Who is last?", answer, tmp_path)
    remember_guess("clocks", "Who is last?", "0", tmp_path)
    remember("tour", "worst_teacher", tmp_path)
    assert guesses(tmp_path) == {"tour": {"Who is last?": "M"}, "clocks": {"Who is last?": "0"}}
    assert solved(tmp_path) == {"tour": ["same_choice", "worst_teacher"]}


def test_the_file_is_what_it_was_in_every_version(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    written = '{\n "passed": {\n  "grid_world": [\n   "next_cell"\n  ]\n }\n}\n'
    remember("grid_world", "next_cell", tmp_path)
    assert file.read_text("utf-8") == written
    file.write_text('{"passed": {"tour": ["same_choice"]}}', "utf-8")
    remember("tour", "worst_teacher", tmp_path)
    assert solved(tmp_path) == {"tour": ["same_choice", "worst_teacher"]}


def test_what_was_solved_in_the_first_edition_is_solved_in_the_second(tmp_path: Path) -> None:
    """Its notebook on averages and clocks had one module of checks, which is two now."""
    file = tmp_path / "progress.json"
    first = {
        "tour": ["same_choice"],
        "transfer": ["spoil", "weights", "upside_down"],
        "reproduction": ["verdict"],
    }
    file.write_text(json.dumps({"passed": first}), "utf-8")
    now = {
        "tour": ["same_choice"], "clocks": ["spoil"], "averages": ["weights", "upside_down"],
        "reproduction": ["verdict"],
    }  # fmt: skip
    assert solved(tmp_path) == now
    remember("averages", "weights", tmp_path)  # it is there already
    assert json.loads(file.read_text("utf-8"))["passed"] == first
    remember("clocks", "three_clocks", tmp_path)
    now["clocks"] = ["spoil", "three_clocks"]
    assert json.loads(file.read_text("utf-8"))["passed"] == solved(tmp_path) == now


@pytest.mark.parametrize("notebook", FIRST_EDITION)
def test_every_exercise_of_the_first_edition_is_one_now(notebook: str, tmp_path: Path) -> None:
    for name in FIRST_EDITION[notebook].split():
        remember(notebook, name, tmp_path)
    for now, names in solved(tmp_path).items():
        module = import_module(f"cliprl_lite.check.{now}")
        assert set(names) <= set(progress.exercises(module))


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"passed": 3}',
        '{"passed": {"a": 1}}',
        '{"passed": {}, "class": []}',
        "\xff",
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "progress.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ProgressError, match=r"progress\.json cannot be read .*reset_progress"):
        solved(tmp_path)
    with pytest.raises(ProgressError, match="cannot be read"):
        remember("one", "a", tmp_path)
    assert file.read_bytes() == content.encode("latin-1")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ProgressError, match="cannot be written"):
        remember("one", "a", tmp_path / "nowhere")


def test_two_kernels_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(folder: Path | None = None) -> dict[str, list[str]]:
        found = solved(folder)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(progress, "solved", slowly)
    names = ["one", "two", "three"]
    with ThreadPoolExecutor(3) as kernels:
        list(kernels.map(lambda name: remember(name, "a", tmp_path), names))
    assert solved(tmp_path).keys() == set(names)
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


def test_a_lock_that_was_left_over_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    (tmp_path / "progress.lock").touch()
    remember("one", "a", tmp_path)
    assert solved(tmp_path) == {"one": ["a"]}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


def test_nothing_is_kept_for_a_class_until_somebody_joins_one(tmp_path: Path) -> None:
    remember_guess("tour", "Who is last?", "W", tmp_path)
    before = (tmp_path / "progress.json").read_bytes()
    remember_result("tour", "Who is last?", "W", tmp_path)
    assert not remember_quiz("before", {"1": "both"}, tmp_path)
    leave_class(tmp_path)
    assert (tmp_path / "progress.json").read_bytes() == before
    assert class_record(tmp_path) is None


def test_the_first_guess_and_the_first_marking_count(tmp_path: Path) -> None:
    join_class(tmp_path)
    for guess, answer in (("M", "three"), ("W", "four")):
        remember_guess("tour", "Who is last?", guess, tmp_path)
        remember_result("tour", "Who is last?", guess, tmp_path)
        assert remember_quiz("before", {"1": answer}, tmp_path)
    join_class(tmp_path)  # once more forgets nothing
    remember_result("clocks", "Who is last?", "0", tmp_path)
    assert remember_quiz("after", {"1": "five"}, tmp_path)
    kept = {"tour": {"Who is last?": "M"}, "clocks": {"Who is last?": "0"}}
    quiz = {"before": {"1": "three"}, "after": {"1": "five"}}
    assert class_record(tmp_path) == (kept, quiz)
    assert guesses(tmp_path) == {"tour": {"Who is last?": "W"}}
    assert json.loads((tmp_path / "progress.json").read_text("utf-8")) == {
        "passed": {},
        "guesses": {"tour": {"Who is last?": "W"}},
        "class": {"guesses": kept, "quiz": quiz},
    }


def test_who_leaves_a_class_keeps_the_rest(tmp_path: Path) -> None:
    remember("tour", "same_choice", tmp_path)
    before = (tmp_path / "progress.json").read_bytes()
    join_class(tmp_path)
    remember_quiz("before", {"1": "both"}, tmp_path)
    leave_class(tmp_path)
    assert (tmp_path / "progress.json").read_bytes() == before
    join_class(tmp_path)
    reset_progress(tmp_path)
    assert class_record(tmp_path) is None
