"""The runtime is the official one, file by file, or there is no live course."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from packages import write_archive
from runtime import WrongRuntimeError, copy_runtime


@pytest.fixture
def copy(pyodide: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to be spoilt."""
    return shutil.copytree(pyodide, tmp_path / "copy")


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide-lock.json", "numpy-*.whl"])
def test_a_file_that_is_not_the_official_one(name: str, copy: Path, tmp_path: Path) -> None:
    (path,) = copy.glob(name)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(WrongRuntimeError, match=rf"{path.name} is not the official file"):
        copy_runtime(copy, tmp_path / "made")


def test_a_file_that_is_missing(copy: Path, tmp_path: Path) -> None:
    (copy / "python_stdlib.zip").unlink()
    with pytest.raises(WrongRuntimeError, match=r"has no python_stdlib\.zip.*releases of github"):
        copy_runtime(copy, tmp_path / "made")


def test_the_wheel_is_small_and_has_all_that_a_tab_reads(built: Path) -> None:
    (wheel,) = (built / "_live" / "pyodide").glob("cliprl_lite-*.whl")
    assert wheel.stat().st_size < 850_000  # of the 15 MB that a page may take
    names = set(ZipFile(wheel).namelist())
    assert "cliprl_lite/data/suites/house_a.toml" in names
    assert "cliprl_lite/learning/loops.wasm" in names
    assert not any("results" in name and "/data/" in name for name in names)


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_archive(tmp_path / name, {"x": b"1", "a/y": b"2"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
