"""What a user installs: wheel and sdist, tried from folders in which the repository is unknown."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from cliprl_lite.transfer.methods import METHODS, TABLE_METHODS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "cliprl_lite",
    "benchmarks",
    "data",
    "docs",
    "labs",
    "notebooks",
    "tests",
)


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Output of a Python command; the environment's PYTHONPATH is the one given, or none."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> Path:
    """A folder with the sdist, and the wheel that `build` makes from it."""
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            noise = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(ROOT / name, sources / name, ignore=noise)
        else:
            shutil.copy(ROOT / name, sources)
    run("-m", "build", "--no-isolation", "--outdir", out, sources, cwd=sources)
    return out


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def installed(request, archives, tmp_path_factory) -> Path:
    """A folder outside the repository into which one of the two was installed."""
    (archive,) = archives.glob({"wheel": "*.whl", "sdist": "*.tar.gz"}[request.param])
    target = tmp_path_factory.mktemp(f"from_{request.param}")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", target]
    run("-m", "pip", "install", *options, archive, cwd=target)
    return target


WHERE = """
import cliprl_lite
print(cliprl_lite.__file__)
print(cliprl_lite.data_path("suites", "house_a.toml"))
house = cliprl_lite.load_suite("house_a")
print(house.tasks[0].sentence, cliprl_lite.align_suite(house).sentence_tower.matrix.shape)
"""


def test_data_of_the_editable_install(tmp_path):
    package, suite, sentence = run("-c", WHERE, cwd=tmp_path).splitlines()
    assert Path(package).resolve() == ROOT / "cliprl_lite" / "__init__.py"
    assert Path(suite) == ROOT / "data" / "suites" / "house_a.toml"
    assert sentence == "go to the red box (384, 64)"


def test_data_of_an_installed_archive(installed, tmp_path):
    package, suite, sentence = run(
        "-c", WHERE, cwd=tmp_path, PYTHONPATH=str(installed)
    ).splitlines()
    assert Path(package) == installed / "cliprl_lite" / "__init__.py"
    assert Path(suite) == installed / "cliprl_lite" / "data" / "suites" / "house_a.toml"
    assert sentence == "go to the red box (384, 64)"


def test_shipped_sentence_vectors_of_an_installed_archive(installed, tmp_path):
    code = "import cliprl_lite; print(cliprl_lite.embed(['go to the red box']).shape)"
    assert run("-c", code, cwd=tmp_path, PYTHONPATH=str(installed)) == "(1, 384)"


def test_the_course_from_an_installed_archive(installed, tmp_path):
    """Without the repository: the notebooks, unrun, with the pages to which they link."""
    run("-m", "cliprl_lite.cli", "course", "mine", "--no-open", cwd=tmp_path,
        PYTHONPATH=str(installed))  # fmt: skip
    there = {path.name for path in (tmp_path / "mine").iterdir()}
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert there == {
        *notebooks, "quiz_before.ipynb", "quiz_after.ipynb", "glossary.md", "symbols.md", "labs",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("installed", ["wheel"], indirect=True)
def test_figure2_from_the_installed_wheel(installed, tmp_path):
    choices = ["--sizes", "8", "--trials", "2", "--out", "x.csv"]
    run("-m", "cliprl_lite.cli", "figure2", *choices, cwd=tmp_path, PYTHONPATH=str(installed))
    with (tmp_path / "x.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 3 * len(METHODS | TABLE_METHODS) * 2  # targets × methods × trials
    assert {row["method"] for row in rows} == {*METHODS, *TABLE_METHODS}


def test_what_the_wheel_holds(archives):
    (wheel,) = archives.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "cliprl_lite/py.typed",
        "cliprl_lite/worlds/gridworld.py",
        "cliprl_lite/data/suites/house_a.toml",
        "cliprl_lite/data/embeddings/sentences.npy",
        "cliprl_lite/data/docs/glossary.md",
        "cliprl_lite/data/labs/release/lab1_tabular_learning/lab1_tabular_learning.ipynb",
        *(f"cliprl_lite/data/notebooks/{one.name}" for one in (ROOT / "notebooks").glob("*.ipynb")),
    } <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"cliprl_lite"}
    shipped = {
        f"cliprl_lite/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "data").rglob("*.*")
    }
    assert len(shipped) > 40
    assert shipped <= names
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_what_the_sdist_holds(archives):
    (sdist,) = archives.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "data/suites/house_a.toml",
        "data/embeddings/sentences.npy",
        "tests/test_packaging.py",
        "benchmarks/q_learning.c",
        "docs/cluster.md",
    } <= names
