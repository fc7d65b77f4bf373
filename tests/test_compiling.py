"""Compiled loops and the files they are kept in: found again, damaged, or nowhere to be kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import pytest
from numba.core.registry import CPUDispatcher

from cliprl_lite import _compiling as compiling
from cliprl_lite._compiling import compiled, replaced
from cliprl_lite.learning.qlearning import checked_steps, q_learning_steps
from cliprl_lite.learning.runs import learn
from cliprl_lite.worlds.greedy import greedy_walk
from cliprl_lite.worlds.gridworld import GridWorld

LEARN = """
from cliprl_lite import GridWorld, learn
print(learn(GridWorld.open_map(3), (0, 0)).steps)
"""
STEPS = f"{learn(GridWorld.open_map(3), (0, 0)).steps}\n"


def run(folder: Path, before: str = "") -> tuple[str, list[str]]:
    """What a fresh process prints that learns with its compiled loops in `folder`; its warnings."""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", before + LEARN],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "UserWarning:" in line]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all loops, as a process leaves it."""
    folder = tmp_path_factory.mktemp("kept")
    assert run(folder) == (STEPS, [])
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(kept, tmp_path / "copy")


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of everything that is kept."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def test_what_was_compiled_is_kept_for_the_next_process(folder: Path) -> None:
    kept = files(folder)
    assert any("q_learning_steps" in name for name in kept)
    assert run(folder) == (STEPS, [])
    assert files(folder) == kept


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "size"), [("nbi", 0), ("nbi", 1000), ("nbc", 1000)])
def test_damaged_files_are_said_once_and_made_anew(kind: str, size: int, folder: Path) -> None:
    """An index (nbi) and machine code (nbc), cut off; all loops' at once."""
    whole = files(folder)
    damaged = list(folder.rglob(f"*.{kind}"))
    assert len(damaged) == 3
    for path in damaged:
        os.truncate(path, size)
    steps, (warning,) = run(folder)
    assert steps == STEPS
    named = [f"numba cannot use its files in {path.parent} (" in warning for path in damaged]
    assert any(named)
    sizes = [{name: size for name, (size, _) in found.items()} for found in (whole, files(folder))]
    assert sizes[0] == sizes[1]
    assert run(folder) == (STEPS, [])


@pytest.mark.slow
def test_a_loop_is_made_anew_when_one_that_it_calls_has_changed(tmp_path: Path) -> None:
    """Although its own file is as it was."""
    called = tmp_path / "called.py"
    (tmp_path / "calls.py").write_text(
        "from called import half\n\ndef quarter(number):\n    return half(half(number))\n", "utf-8"
    )
    code = (
        "from cliprl_lite._compiling import compiled; from calls import quarter; "
        "print(compiled(quarter)(12.0), sum(compiled(quarter).stats.cache_hits.values()))"
    )
    said = []
    for time, divisor in ((1, 2), (2, 2), (3, 3)):
        if time != 2:
            called.write_text(f"def half(number):\n    return number / {divisor}\n", "utf-8")
            os.utime(called, (time, time))
        where = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-B", "-c", code],
            env=os.environ | where | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout.split())
    assert [number for number, _ in said] == ["3.0", "3.0", f"{12 / 9}"]
    assert [int(hits) > 0 for _, hits in said] == [False, True, False]


@pytest.mark.slow
def test_a_loop_is_made_anew_when_what_is_called_by_what_it_calls_has_changed(
    tmp_path: Path,
) -> None:
    """Two files away; and with another function in place of one that it calls."""
    (tmp_path / "calls.py").write_text(
        "from middle import twice\n\ndef four_times(number):\n    return twice(twice(number))\n",
        "utf-8",
    )
    (tmp_path / "middle.py").write_text(
        "from far import plus\n\ndef twice(number):\n    return plus(number, number)\n", "utf-8"
    )
    code = (
        "from cliprl_lite._compiling import compiled, replaced; import calls; "
        "loops = [compiled(f) for f in (calls.four_times, "
        "replaced(calls.four_times, twice=calls.twice))]; "
        "print(*(loop(1.0) for loop in loops), "
        "*(sum(loop.stats.cache_hits.values()) for loop in loops))"
    )
    said = []
    for time, sign in ((1, "+"), (2, "+"), (3, "*")):
        if time != 2:
            far = tmp_path / "far.py"
            far.write_text(f"def plus(one, two):\n    return one {sign} two\n", "utf-8")
            os.utime(far, (time, time))
        where = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-B", "-c", code],
            env=os.environ | where | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout.split())
    assert [numbers[:2] for numbers in said] == [["4.0", "4.0"], ["4.0", "4.0"], ["1.0", "1.0"]]
    assert [numbers[2:] for numbers in said] == [["0", "0"], ["1", "1"], ["0", "0"]]


def double(number: float) -> float:
    return 2 * number


def negative(number: float) -> float:
    return -number


def eight_times(number: float) -> float:
    return double(double(double(number)))


def test_each_replacement_is_a_loop_of_its_own() -> None:
    """Although their code is one, and numba knows its files by code and name."""
    others = [replaced(eight_times, double=other) for other in (negative, double)]
    assert [loop(1.0) for loop in others] == [-1.0, 8.0]
    assert [compiled(loop)(1.0) for loop in (*others, eight_times)] == [-1.0, 8.0, 8.0]
    assert len({loop.__qualname__ for loop in (*others, eight_times)}) == 3
    assert replaced(eight_times, double=negative) is others[0]


def test_what_is_not_called_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="eight_times calls no halve"):
        replaced(eight_times, halve=negative)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of this kind")
@pytest.mark.parametrize("damaged", [False, True])
def test_a_disk_that_takes_nothing_is_said_once(
    damaged: bool, folder: Path, tmp_path: Path
) -> None:
    """As a full one: files can be made, and nothing written into them. Damaged ones stay so."""
    for path in folder.rglob("*.nbi"):
        os.truncate(path, 0)
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    steps, (warning,) = run(folder if damaged else tmp_path / "empty", full)
    assert steps == STEPS
    assert ("EOFError" if damaged else "File too large") in warning
    assert "free some disk space there, or name another folder in NUMBA_CACHE_DIR" in warning


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_is_not_asked(folder: Path) -> None:
    for path in (folder, *folder.iterdir()):
        path.chmod(0o500)
    assert run(folder) == (STEPS, [])


def test_without_a_folder_to_keep_it_in_it_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = numba.njit

    def njit(function: Callable | None = None, *, cache: bool = False) -> Callable:
        if cache:
            return refuse
        return honest(function)

    def refuse(function: Callable) -> Callable:
        raise RuntimeError(f"cannot cache function {function.__name__!r}: no locator available")

    monkeypatch.setattr(numba, "njit", njit)
    monkeypatch.setattr(compiling, "_said", [])
    with pytest.warns(UserWarning, match="no locator available.*NUMBA_CACHE_DIR"):
        doubled = compiled.__wrapped__(lambda number: 2 * number)
    assert doubled(21) == 42
    assert doubled.signatures  # by numba


@pytest.mark.parametrize("loop", [q_learning_steps, greedy_walk, checked_steps])
def test_a_call_goes_to_numba_itself(loop: Callable) -> None:
    """What guards the files stands at the files, so that warm calls cost nothing more."""
    assert type(compiled(loop)) is CPUDispatcher
    assert compiled(loop) is compiled(loop)
