"""Files of a sweep: nothing lost or repeated when it is stopped, no other table overwritten."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pandas as pd
import pytest
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite.cli import main
from cliprl_lite.experiments import journal as journal_module
from cliprl_lite.experiments import sweeps as experiments
from cliprl_lite.experiments.journal import Journal
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.transfer import methods
from cliprl_lite.transfer.methods import METHODS
from cliprl_lite.worlds.suite_files import load_suite


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


WAITING = """
import sys, time
from pathlib import Path
from cliprl_lite.experiments import sweeps as experiments
honest, out, go_on = experiments.run_job, Path(sys.argv[1]), Path(sys.argv[2])

def wait_in_the_third(job):
    while job.seed == 2 and not go_on.exists():
        time.sleep(0.01)
    return honest(job)

experiments.run_job = wait_in_the_third
methods = ("scratch", "alg1", "random")
sweep = experiments.Sweep((("corners", 5),), trials=4, methods=methods, cap=100_000)
experiments.run_sweep(sweep, out, workers=1, progress=False)
"""


@contextmanager
def another_process(out: Path) -> Iterator[subprocess.Popen]:
    """`SMALL`, run by another process that is in the midst of its third trial.

    It goes on once there is a file `go on` beside the table, and is killed at the end of the block:
    by SIGKILL, so that no handler runs and nothing is tidied up.
    """
    process = subprocess.Popen([sys.executable, "-c", WAITING, out, out.with_name("go on")])
    try:
        deadline = time.monotonic() + 60
        while not journal(out).exists() or journal(out).read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_killed_sweep_goes_on_without_repeating_a_trial(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    with another_process(out):
        pass
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
    entry["rows"][0]["regret"] = 12345.0
    journal(stopped).write_text("\n".join([header, first, json.dumps(entry), end]), "utf-8")
    table = run_quietly(SMALL, stopped)
    assert (table["regret"] == 12345).sum() == 1
    same = table["regret"] != 12345
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
    monkeypatch.setitem(methods.ALL_METHODS, "alg1", replace(METHODS["alg1"], weighting="softmax"))
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


# What a trial must have
def whole_lines(out: Path) -> list[str]:
    return journal(out).read_text("utf-8").splitlines()


def put(out: Path, lines: list[str]) -> None:
    journal(out).write_text("".join(f"{line}\n" for line in lines), "utf-8")


def without_a_row(entry: dict) -> None:
    del entry["rows"][4]


def with_a_row_twice(entry: dict) -> None:
    entry["rows"].append(entry["rows"][4])


def without_a_cell(entry: dict) -> None:
    del entry["rows"][4]["regret"]


def with_no_number(entry: dict) -> None:
    entry["rows"][4]["first20"] = float("nan")


def with_text(entry: dict) -> None:
    entry["rows"][4]["optimal"] = "900"


def of_another_trial(entry: dict) -> None:
    entry["key"] = "corners_5|3"


def of_another_method(entry: dict) -> None:
    entry["rows"][4]["method"] = "ridge"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_a_row, "lacks a row: corners_5, 5, tabular, right, alg1, literal, 1"),
        (with_a_row_twice, "has a row too many: corners_5, 5, tabular, right, alg1, literal, 1"),
        (without_a_cell, "has rows with other columns than the table"),
        (with_no_number, "has a row that makes no sense: first20 is nan"),
        (with_text, "has a row that makes no sense: optimal is '900', which is no whole number"),
        (of_another_trial, r"has other rows than those of trial corners_5\|3"),
        (of_another_method, "lacks a row: corners_5, 5, tabular, right, alg1"),
    ],
)
def test_a_line_that_is_no_whole_trial_is_named(
    spoil: Callable[[dict], None],
    words: str,
    stopped: Path,
    small: pd.DataFrame,
    ran: list[int],
) -> None:
    *lines, last = whole_lines(stopped)
    entry = json.loads(last)
    spoil(entry)
    put(stopped, [*lines, json.dumps(entry)])
    with pytest.raises(ValueError, match=rf"^line 3 of table\.csv\.partial {words}.*; delete that"):
        run_quietly(SMALL, stopped)
    put(stopped, lines)  # as the message says
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [1, 2, 3]


def test_a_trial_twice_in_the_journal_is_named(stopped: Path) -> None:
    lines = whole_lines(stopped)
    put(stopped, [*lines, lines[1]])
    with pytest.raises(
        ValueError, match=r"line 4 of table\.csv\.partial is of the same .* line 2;"
    ):
        run_quietly(SMALL, stopped)


def test_a_table_that_lost_rows_gets_them_back(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """All rows of a method, and with one trial more: nothing is done because its key was seen."""
    out = tmp_path / "table.csv"
    run_quietly(replace(SMALL, trials=3), out)
    ran.clear()
    lines = out.read_text("utf-8").splitlines(keepends=True)
    out.write_text("".join(line for line in lines if ",alg1," not in line), "utf-8")
    assert_same(run_quietly(SMALL, out), small)
    assert_same(read_table(out), small)
    assert sorted(ran) == [0, 1, 2, 3]


def test_only_the_trial_that_lost_a_row_is_run_again(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    run_quietly(SMALL, out)
    ran.clear()
    lines = out.read_text("utf-8").splitlines(keepends=True)
    lost = lines.pop(6)
    out.write_text("".join(lines), "utf-8")
    assert_same(run_quietly(SMALL, out), small)
    assert out.read_text("utf-8").splitlines(keepends=True).index(lost) == 6
    assert ran == [int(lost.split(",")[6])]


@pytest.mark.parametrize(
    ("left", "words"), [(30, "has .* cells in place of 22"), (-1, "breaks off")]
)
def test_a_table_with_a_torn_end_is_named(
    left: int, words: str, small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """In the midst of a cell, or only the end of the line lost; then as the message says."""
    out = tmp_path / "table.csv"
    run_quietly(SMALL, out)
    ran.clear()
    lines = out.read_text("utf-8").splitlines(keepends=True)
    torn = lines[-1][:left] + ("\n" if left > 0 else "")
    out.write_text("".join([*lines[:-1], torn]), "utf-8")
    with pytest.raises(
        ValueError, match=rf"table\.csv {words}|line 37 of table\.csv {words}"
    ) as error:
        run_quietly(SMALL, out)
    assert "line 37" in str(error.value)
    out.write_text("".join(lines[:-1]), "utf-8")
    assert_same(run_quietly(SMALL, out), small)
    assert ran == [3]


def test_what_a_smaller_sweep_does_not_want_it_leaves_alone(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """A trial that lost a row is mended by the sweep that wants it, and kept by all others."""
    out = tmp_path / "table.csv"
    run_quietly(SMALL, out)
    ran.clear()
    *lines, last = out.read_text("utf-8").splitlines(keepends=True)
    out.write_text("".join(lines), "utf-8")
    run_quietly(replace(SMALL, trials=2), out)
    assert out.read_text("utf-8") == "".join(lines)
    assert ran == []
    assert_same(run_quietly(SMALL, out), small)
    assert out.read_text("utf-8") == "".join([*lines, last])


# A journal's first lines
@pytest.mark.parametrize("content", ["", "\n", "\n \n\n", "garb"])
def test_a_journal_without_a_word_is_begun_anew(
    content: str, small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    journal(out).write_text(content, "utf-8")
    assert_same(run_quietly(SMALL, out), small)
    assert ran == [0, 1, 2, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.json"]


@pytest.mark.parametrize("head", [None, "garbage", '{"choices": 5}'])
@pytest.mark.parametrize("finished", [True, False])
def test_trials_of_nobody_are_put_aside_and_run_again(
    head: str | None, finished: bool, stopped: Path, small: pd.DataFrame, ran: list[int]
) -> None:
    """A sweep that was dropped while another wrote left a journal without its first line."""
    lines = whole_lines(stopped)
    if finished:
        run_quietly(SMALL, stopped)
        ran.clear()
    put(stopped, [*([] if head is None else [head]), *lines[1:]])
    before = journal(stopped).read_bytes()
    with pytest.warns(
        UserWarning, match=r"table\.csv\.partial does not say .* table\.csv\.partial\.old"
    ):
        table = run_quietly(SMALL, stopped)
    assert_same(table, small)
    assert ran == ([] if finished else [0, 1, 2, 3])
    assert stopped.with_name("table.csv.partial.old").read_bytes() == before
    assert_same(
        run_quietly(SMALL, stopped), small
    )  # and no second warning, which would be an error


def test_a_journal_without_a_trial_binds_nobody(
    small: pd.DataFrame, stopped: Path, ran: list[int]
) -> None:
    header = journal(stopped).read_text("utf-8").split("\n")[0]
    journal(stopped).write_text(header.replace("alg1", "ridge") + "\n", encoding="utf-8")
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [0, 1, 2, 3]


def test_a_suite_that_joined_a_journal_binds_those_after_it(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its choices were not in the first line, and its rows are in the journal all the same."""
    own = tmp_path / "own.toml"
    text = (
        'map = "open"\nsize = 4\n'
        '[[tasks]]\nname = "a"\nsentence = "go to the red cone"\ngoal = [0, 0]\n'
        '[[tasks]]\nname = "b"\nsentence = "go to the blue cone"\ngoal = [3, 0]\n'
        '[[tasks]]\nname = "c"\nsentence = "go to the blue box"\ngoal = [0, 3]\n'
    )
    own.write_text(text, "utf-8")
    both = replace(SMALL, suites=(*SMALL.suites, (str(own), None)))

    def run_own_only(job: Job) -> list[dict]:
        if job.suite.name != "own":
            raise Stopped
        return run_job(job)

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(experiments, "run_job", run_own_only)
            patch.setattr(
                experiments.Sweep, "jobs", lambda sweep, honest=experiments.Sweep.jobs:
                sorted(honest(sweep), key=lambda job: job.suite.name != "own"),
            )  # fmt: skip
            with pytest.raises(Stopped):
                run_quietly(both, stopped)
        assert sum('"choices"' in line for line in whole_lines(stopped)) == 2
        assert sum('"own|' in line for line in whole_lines(stopped)) == 4
    own.write_text(text.replace("[0, 3]", "[3, 3]"), "utf-8")
    with pytest.raises(
        ValueError, match=r"table\.csv\.partial was made with other suites .* \(own\)"
    ):
        run_quietly(replace(both), stopped)  # which reads the file anew


# Two at once
BUSY = r"another sweep is writing to table\.csv now: wait for its end, stop it, or choose another"


def test_two_sweeps_at_once_do_not_write_to_one_table(
    small: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second is told so at once, whatever it would run, and the first one loses nothing."""
    out = tmp_path / "table.csv"
    other = ["figure2", "--sizes", "6", "--trials", "1", "--methods", "scratch,alg1,random"]
    with another_process(out) as process:
        before = journal(out).read_bytes()
        for sweep in (SMALL, replace(SMALL, suites=(("corners", 6),)), replace(SMALL, cap=9)):
            with pytest.raises(ValueError, match=BUSY):
                run_quietly(sweep, out)
        assert main([*other, "--workers", "1", "--out", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert journal(out).read_bytes() == before
        assert_same(run_quietly(SMALL, tmp_path / "elsewhere.csv"), small)
        (tmp_path / "go on").touch()
        assert process.wait(timeout=60) == 0
    assert_same(read_table(out), small)
    six = replace(SMALL, suites=(("corners", 6),), trials=1)
    run_quietly(six, out)
    both = read_table(out)
    assert_same(both[both["suite"] == "corners_5"].reset_index(drop=True), small)
    assert (both["suite"] == "corners_6").sum() == 9


@pytest.mark.slow
def test_of_many_that_start_together_each_ends_well_or_is_told(tmp_path: Path) -> None:
    """Different sweeps for one table: rows of one that ended well are there."""
    out = tmp_path / "table.csv"
    command = [sys.executable, "-m", "cliprl_lite.cli", "figure2", "--trials", "2"]
    command += ["--workers", "1", "--methods", "scratch,alg1", "--out", str(out), "--sizes"]
    together = {
        size: subprocess.Popen([*command, size], stdout=DEVNULL, stderr=PIPE, text=True)
        for size in ("5", "6", "7")
    }
    ended = {size: (one.communicate()[1], one.returncode) for size, one in together.items()}
    well = {size for size, (_, status) in ended.items() if status == 0}
    assert well
    for said, status in ended.values():
        assert status == 0 or "another sweep is writing to table.csv now" in said.splitlines()[-1]
    assert {f"corners_{size}" for size in well} == set(read_table(out)["suite"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "table.csv",
        "table.html",
        "table.json",
    ]


def test_a_dead_sweep_holds_nothing_though_its_workers_live(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    """Worker processes outlive a parent that was killed, and must not have its files."""
    code = """
import sys, time
from pathlib import Path
from cliprl_lite.experiments import sweeps as experiments

def sleep_in_the_third(job):
    if job.seed >= 2:
        Path(sys.argv[1]).with_name(f"asleep {job.seed}").touch()
        time.sleep(20)
    return []

class Sleepy(experiments.Sweep):
    work = property(lambda sweep: sleep_in_the_third)

sweep = Sleepy((("corners", 5),), trials=4, methods=("scratch",), cap=100_000)
experiments.run_sweep(sweep, Path(sys.argv[1]), workers=2, progress=False)
"""
    out = tmp_path / "table.csv"
    process = subprocess.Popen([sys.executable, "-c", code, str(out)])
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("asleep *"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    with Journal(out, {"suites": {}}):
        pass  # nobody has it


def test_a_journal_that_is_taken_away_between_two_calls_is_not_written_to(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sweep ends after this one has opened the file, and before it has locked it."""
    honest, calls = journal_module._lock, []

    def lock_after_the_other_ended(stream) -> bool:
        if not calls:
            journal(stopped).unlink()
        calls.append(stream)
        return honest(stream)

    monkeypatch.setattr(journal_module, "_lock", lock_after_the_other_ended)
    with Journal(stopped, SMALL.choices) as mine:
        assert mine.read() == {}
        assert len(calls) == 2
        assert [*json.loads(journal(stopped).read_text("utf-8"))] == ["choices"]


@pytest.mark.skipif(sys.platform == "win32", reason="locks are another module's there")
def test_where_files_cannot_be_locked_a_sweep_runs_all_the_same(
    small: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert_same(run_quietly(SMALL, tmp_path / "table.csv"), small)


@pytest.mark.parametrize("move", ["table.json", "table.csv"])
def test_killed_between_the_last_moves_it_goes_on(
    move: str, small: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[int]
) -> None:
    """The description is moved to its place, then the table; then the journal is dropped."""
    honest = Path.replace

    def stop_at(fresh: Path, path: Path) -> Path:
        if path.name == move:
            raise Stopped
        return honest(fresh, path)

    out = tmp_path / "table.csv"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stop_at)
        with pytest.raises(Stopped):
            run_quietly(SMALL, out)
    ran.clear()
    assert_same(run_quietly(SMALL, out), small)
    assert ran == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_full_disk_is_named_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    out = tmp_path / "table.csv"
    command = [sys.executable, "-m", "cliprl_lite.cli", "figure2", "--sizes", "5", "--trials", "2",
               "--methods", "scratch", "--workers", "1", "--out", str(out)]  # fmt: skip
    limited = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; exec "$0" "$@"', *command],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert limited.returncode == 2
    assert limited.stderr.splitlines()[-1].endswith(f"File too large: '{out}.partial'")
    assert subprocess.run(command, check=False, stderr=DEVNULL, stdout=DEVNULL).returncode == 0
    assert sorted(read_table(out)["seed"]) == [0] * 3 + [1] * 3
