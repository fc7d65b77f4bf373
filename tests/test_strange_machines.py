"""What the machines of strangers have: odd paths, odd line ends, old code pages, nowhere to write.

Each test is a new process in such a surrounding, and what comes out is what comes out here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from cliprl_lite.worlds.suite_files import suite_names

ROOT = Path(__file__).resolve().parent.parent

LEARN = """
import cliprl_lite as clip
world = clip.GridWorld.open_map(5)
run = clip.learn(world, (0, 0), seed=0)
print(run.steps_optimal)
"""
"""Learns a table, in compiled loops where numba is."""

READ = """
import sys
import cliprl_lite as clip
from cliprl_lite import classroom, quiz
from cliprl_lite.worlds.suite_files import suite_names
size = {name: 10 for name in ("corners", "dev_shelves")}
print(*(clip.load_suite(name, size.get(name)).fingerprint for name in suite_names()))
print(len(clip.read_table(clip.data_path("results", "figure2.csv"))))
print(clip.embed(["go to the red box"]).shape)
print(len(quiz.questions("after")), len(classroom.misconceptions()))
"""
"""Reads what ships: suites, tables, vectors, the quiz."""


def run(code: str, *options: str, warnings: int = 0, **changes: str | None) -> list[str]:
    """Run code in a new process; what it prints. A variable that is None is taken away."""
    environment = {**os.environ, **changes}
    done = subprocess.run(
        [sys.executable, "-P", *options, "-c", code],  # -P: what lies in this folder is not meant
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Warning: ") == warnings, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its data, in a folder with spaces and umlauts."""
    folder = tmp_path_factory.mktemp("Jörgs Übungen & more")
    ignored = shutil.ignore_patterns("__pycache__", "*.xz", "multiverse*")
    for part in ("cliprl_lite", "data"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    return folder


@cache
def here(code: str) -> list[str]:
    """What comes out here."""
    return run(code, PYTHONPATH=str(ROOT))


def test_a_path_with_spaces_and_umlauts(copy: Path) -> None:
    found = run(f"import cliprl_lite; print(cliprl_lite.__file__)\n{READ}", PYTHONPATH=str(copy))
    assert Path(found[0]) == copy / "cliprl_lite" / "__init__.py"
    assert found[1:] == here(READ)
    assert len(found[1].split()) == len(suite_names())


def test_lines_that_end_as_on_windows(copy: Path) -> None:
    """Git may check files out so, and editors save them so."""
    changed = 0
    for file in (copy / "data").rglob("*"):
        if file.suffix in (".toml", ".csv", ".json"):
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
            changed += 1
    assert changed > 50
    assert run(READ, PYTHONPATH=str(copy)) == here(READ)


@pytest.mark.slow
def test_nowhere_to_keep_what_was_compiled(copy: Path) -> None:
    """Neither beside the package, as in a site-packages that is read-only, nor at home: that is
    said once, and costs some seconds of compiling.
    """
    for folder in (copy / "cliprl_lite").rglob("*"):
        if folder.is_dir() and not (folder / "__pycache__").exists():
            (folder / "__pycache__").write_text("in the way")
    home = str(copy / "data" / "classroom.toml")  # no folder, so that nothing can be put into it
    homes = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"), home)
    found = run(LEARN, PYTHONPATH=str(copy), NUMBA_CACHE_DIR=None, warnings=1, **homes)
    assert found == here(LEARN)


def test_no_home_at_all() -> None:
    homes = ("HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE", "LOCALAPPDATA", "APPDATA")
    assert run(LEARN, PYTHONPATH=str(ROOT), **dict.fromkeys(homes)) == here(LEARN)


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1"])
def test_an_old_locale(locale: str) -> None:
    """Without Python's own way out of it, which is to take UTF-8 all the same."""
    old = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run(READ, PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8", **old) == here(READ)


@pytest.mark.slow
def test_no_file_is_opened_in_the_encoding_of_the_machine(tmp_path: Path) -> None:
    code = f"""
import os, warnings
from pathlib import Path
warnings.filterwarnings("error", category=EncodingWarning, module=r"cliprl_lite\\b")
os.chdir({str(tmp_path)!r})
{READ}
from cliprl_lite.cli import main
from cliprl_lite.progress import join_class, remember, solved
join_class(); remember("tour", "same_choice"); solved()
for command in ("doctor", "class-report progress.json --csv class.csv",
                "course mine --no-open", "worlds --worlds colours_6 --trials 1 --workers 1"
                " --methods scratch,alg2 --targets 'go to the red box' --cap 2000"):
    assert main(__import__("shlex").split(command)) == 0, command
"""
    run(code, "-X", "warn_default_encoding", PYTHONPATH=str(ROOT))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no way to take cores away")
def test_one_core() -> None:
    one = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    sweep = """
import os, tempfile
from cliprl_lite.cli import main
with tempfile.TemporaryDirectory() as folder:
    out = os.path.join(folder, "a.csv")
    choices = ["--sizes", "5", "--trials", "2", "--methods", "scratch"]
    assert main(["figure2", *choices, "--out", out]) == 0
    print(open(out, encoding="utf-8").read())
"""
    rows = [
        [line for line in run(code, PYTHONPATH=str(ROOT)) if line.startswith("corners_5,")]
        for code in (one + sweep, sweep)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 2 * 3
