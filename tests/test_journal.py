"""Files of a sweep: nothing lost or repeated when it is stopped, no other table overwritten."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite import experiments, methods
from cliprl_lite import journal as journal_module
from cliprl_lite.methods import METHODS
from cliprl_lite.results import read_table
from cliprl_lite.tasks import load_suite
from cliprl_lite.trials import Job, run_job


def test_a_table_stands_beside_its_description(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "table.csv"
    run_quietly(SMALL, out)
    assert sorted(path.name for path in out.parent.iterdir()) == ["table.csv", "table.json"]
    description = json.loads(out.with_suffix(".json").read_text("utf-8"))
    fingerprint = load_suite("corners", 5).fingerprint
    assert description["choices"]["suites"] == {
        "corners_5": {"fingerprint": fingerprint, "cap": 100_000}
    }
    assert description["trials"] == 4
    assert list(description["choices"]["methods"]) == ["scratch", "alg1", "random"]
    assert description["choices"]["methods"]["alg1"]["weighting"] == "literal"
    assert set(description["versions"]) >= {"numpy", "torch", "cliprl-lite"}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the trials that were really run in this process, in their order."""
    seeds: list[int] = []

    def run_and_note(job: Job) -> list[dict]:
        seeds.append(job.seed)
        return run_job(job)

    monkeypatch.setattr(experiments, "run_job", run_and_note)
    return seeds


class Stopped(Exception):
    """What a test throws in the middle of a sweep."""


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a sweep that broke off in its third trial."""

    def run_two(job: Job) -> list[dict]:
        if job.seed == 2:
            raise Stopped
        return run_job(job)

    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run_job", run_two)
        with pytest.raises(Stopped):
            run_quietly(SMALL, tmp_path / "table.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv.partial"]
    return tmp_path / "table.csv"


def journal(out: Path) -> Path:
    return out.with_name(out.name + ".partial")


def test_a_killed_sweep_goes_on_without_repeating_a_trial(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """SIGKILL while the third trial is under way: no handler runs, nothing is tidied up."""
    code = """
import sys, time
from pathlib import Path
from cliprl_lite import experiments
honest = experiments.run_job
experiments.run_job = lambda job: time.sleep(600) if job.seed == 2 else honest(job)
methods = ("scratch", "alg1", "random")
sweep = experiments.Sweep((("corners", 5),), trials=4, methods=methods, cap=100_000)
experiments.run_sweep(sweep, Path(sys.argv[1]), workers=1, progress=False)
"""
    out = tmp_path / "table.csv"
    process = subprocess.Popen([sys.executable, "-c", code, str(out)])
    try:
        deadline = time.monotonic() + 60
        while not journal(out).exists() or journal(out).read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()
    assert_same(run_quietly(SMALL, out), small)
    assert ran == [2, 3]
    assert_same(read_table(out), small)
    assert not journal(out).exists()


def test_finished_trials_are_taken_from_the_journal_as_they_stand(
    stopped: Path, small: pd.DataFrame, ran: list[int]
) -> None:
    """Marked by hand, so that a trial that was run again would show."""
    header, first, second, end = journal(stopped).read_text("utf-8").split("\n")
    entry = json.loads(second)
    entry["rows"][0]["regret"] = -12345.0
    journal(stopped).write_text("\n".join([header, first, json.dumps(entry), end]), "utf-8")
    table = run_quietly(SMALL, stopped)
    assert (table["regret"] == -12345).sum() == 1
    same = table["regret"] != -12345
    assert_same(table[same], small[same])
    assert ran == [2, 3]


@pytest.mark.parametrize("torn", ['{"key": "corners|5|2", "rows": [{"sui', "{", '{"key": "corn'])
def test_a_torn_last_line_is_run_again(
    torn: str, stopped: Path, small: pd.DataFrame, ran: list[int]
) -> None:
    with journal(stopped).open("a", encoding="utf-8") as stream:
        stream.write(torn)
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [2, 3]


def test_a_sweep_torn_twice(
    stopped: Path, small: pd.DataFrame, ran: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The torn line must be gone from the file before the next one is added to it."""
    with journal(stopped).open("a", encoding="utf-8") as stream:
        stream.write('{"key": "corners|5|2", "rows": [{')

    def run_one_more(job: Job) -> list[dict]:
        if job.seed == 3:
            raise Stopped
        return run_job(job)

    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run_job", run_one_more)
        with pytest.raises(Stopped):
            run_quietly(SMALL, stopped)
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [3]


@pytest.mark.parametrize("header", ["", '{"choices": {"targ'])
def test_a_journal_torn_in_its_first_line_holds_nothing(
    header: str, small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """As after a power cut right at the start."""
    journal(tmp_path / "table.csv").write_text(header, encoding="utf-8")
    assert_same(run_quietly(SMALL, tmp_path / "table.csv"), small)
    assert ran == [0, 1, 2, 3]


def test_more_trials_add_to_the_table(small: pd.DataFrame, ran: list[int], tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    run_quietly(replace(SMALL, trials=1), out)
    assert_same(
        run_quietly(replace(SMALL, trials=3), out), small[small["seed"] < 3].reset_index(drop=True)
    )
    assert_same(run_quietly(SMALL, out), small)
    assert_same(read_table(out), small)
    assert ran == [0, 1, 2, 3]
    assert json.loads(out.with_suffix(".json").read_text("utf-8"))["trials"] == 4


def test_a_finished_sweep_runs_nothing(small: pd.DataFrame, ran: list[int], tmp_path: Path) -> None:
    run_quietly(SMALL, tmp_path / "table.csv")
    ran.clear()
    before = (tmp_path / "table.csv").read_bytes()
    assert_same(run_quietly(SMALL, tmp_path / "table.csv"), small)
    assert ran == []
    assert (tmp_path / "table.csv").read_bytes() == before


def test_a_smaller_sweep_loses_no_rows_of_a_larger_table(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    """Whether it is refused or answered from the table: hours of work stay on disk."""
    out = tmp_path / "table.csv"
    run_quietly(SMALL, out)
    try:
        run_quietly(replace(SMALL, trials=1), out)
    except ValueError as refusal:
        assert "table.csv" in str(refusal)  # noqa: PT017
    assert_same(read_table(out), small)


OTHER_CHOICES = [
    ({"cap": 99_999}, "suites"),
    ({"targets": ("left",)}, "targets"),
    ({"methods": ("scratch", "alg1")}, "methods"),
    ({"methods": ("scratch", "alg1", "random", "ridge")}, "methods"),
]


@pytest.mark.parametrize(("choice", "word"), OTHER_CHOICES)
@pytest.mark.parametrize("finished", [True, False])
def test_other_choices_are_another_table(
    choice: dict, word: str, finished: bool, stopped: Path
) -> None:
    if finished:
        run_quietly(SMALL, stopped)
    files = {path: path.read_bytes() for path in stopped.parent.iterdir()}
    name = r"table\.csv" if finished else r"table\.csv\.partial"
    with pytest.raises(ValueError, match=f"{name} was made with other {word} .* another name"):
        run_quietly(replace(SMALL, **choice), stopped)
    assert {path: path.read_bytes() for path in stopped.parent.iterdir()} == files


def test_a_method_that_changed_since_is_another_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_quietly(replace(SMALL, trials=1), tmp_path / "table.csv")
    monkeypatch.setitem(methods.METHODS, "alg1", replace(METHODS["alg1"], weighting="softmax"))
    with pytest.raises(ValueError, match="other methods"):
        run_quietly(SMALL, tmp_path / "table.csv")


@pytest.mark.parametrize("name", ["table", "table.xlsx", "csv"])
def test_a_table_is_named_csv(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"name it \*\.csv"):
        run_quietly(SMALL, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_strange_csv_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("my,own\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.csv exists without table\.json"):
        run_quietly(SMALL, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text("utf-8") == "my,own\n1,2\n"


def test_a_strange_description_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.json exists without table\.csv"):
        run_quietly(SMALL, tmp_path / "table.csv")
    (tmp_path / "table.csv").write_text("my,own\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.json does not describe a sweep"):
        run_quietly(SMALL, tmp_path / "table.csv")
    assert (tmp_path / "table.json").read_text("utf-8") == '{"mine": 1}'


@pytest.mark.parametrize("damage", ["garbage", "", '{"x": 1}', "[]", "\udcff"])
def test_a_damaged_line_is_named_and_nothing_is_lost(damage: str, stopped: Path) -> None:
    content = journal(stopped).read_bytes()
    damaged = content + damage.encode("utf-8", "surrogateescape") + b"\n"
    journal(stopped).write_bytes(damaged)
    with pytest.raises(ValueError, match=r"line 4 of table\.csv\.partial is damaged; delete that"):
        run_quietly(SMALL, stopped)
    assert journal(stopped).read_bytes() == damaged


def test_a_journal_without_a_trial_binds_nobody(
    small: pd.DataFrame, stopped: Path, ran: list[int]
) -> None:
    header = journal(stopped).read_text("utf-8").split("\n")[0]
    journal(stopped).write_text(header.replace("alg1", "ridge") + "\n", encoding="utf-8")
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [0, 1, 2, 3]


@pytest.mark.parametrize("move", ["table.json", "table.csv"])
def test_killed_between_the_last_moves_it_goes_on(
    move: str, small: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[int]
) -> None:
    """The description is moved to its place, then the table; then the journal is dropped."""
    honest = journal_module._replace

    def stop_at(path: Path, content: str) -> None:
        if path.name == move:
            raise Stopped
        honest(path, content)

    out = tmp_path / "table.csv"
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "_replace", stop_at)
        with pytest.raises(Stopped):
            run_quietly(SMALL, out)
    ran.clear()
    assert_same(run_quietly(SMALL, out), small)
    assert ran == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.json"]
