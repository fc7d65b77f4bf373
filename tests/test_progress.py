"""What was solved lies in one file beside the notebook, which nothing damages further."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cliprl_lite import progress
from cliprl_lite.progress import ProgressError, remember, reset_progress, solved


def test_what_is_remembered_comes_back_and_is_forgotten_by_one_call(tmp_path: Path) -> None:
    assert solved(tmp_path) == {}
    for notebook, name in (("one", "a"), ("two", "b"), ("one", "c"), ("one", "a")):
        remember(notebook, name, tmp_path)
    assert solved(tmp_path) == {"one": ["a", "c"], "two": ["b"]}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]
    reset_progress(tmp_path)
    reset_progress(tmp_path)
    assert solved(tmp_path) == {}


def test_the_file_is_what_it_was_in_every_version(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    written = '{\n "passed": {\n  "grid_world": [\n   "next_cell"\n  ]\n }\n}\n'
    remember("grid_world", "next_cell", tmp_path)
    assert file.read_text("utf-8") == written
    file.write_text('{"passed": {"tour": ["same_choice"]}}', "utf-8")
    remember("tour", "worst_teacher", tmp_path)
    assert solved(tmp_path) == {"tour": ["same_choice", "worst_teacher"]}


@pytest.mark.parametrize("content", ["{", "[]", '{"passed": 3}', '{"passed": {"a": 1}}', "\xff"])
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
