"""The reader's copy of the course: new files arrive, and nothing of the reader's is lost."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from cliprl_lite.course import trust, working_copy


@pytest.fixture
def notebooks(tmp_path):
    source = tmp_path / "notebooks"
    (source / "figures").mkdir(parents=True)
    (source / ".ipynb_checkpoints").mkdir()
    (source / "00_tour.ipynb").write_text("tour")
    (source / "01_world.ipynb").write_text("world")
    (source / "figures" / "map.svg").write_text("map")
    (source / ".ipynb_checkpoints" / "00_tour.ipynb").write_text("old")
    (source / ".DS_Store").write_text("noise")
    return source


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_copies_all_but_hidden_files(notebooks, tmp_path):
    target = tmp_path / "my course"
    new = working_copy(notebooks, target)
    assert new == [target / "00_tour.ipynb", target / "01_world.ipynb", target / "figures/map.svg"]
    assert contents(target) == {
        "00_tour.ipynb": "tour",
        "01_world.ipynb": "world",
        "figures/map.svg": "map",
    }


def test_the_readers_files_stay_and_new_ones_arrive(notebooks, tmp_path):
    target = tmp_path / "my-course"
    working_copy(notebooks, target)
    (target / "01_world.ipynb").write_text("my solution")
    (target / "notes.txt").write_text("mine")
    (notebooks / "01_world.ipynb").write_text("a later edition")
    (notebooks / "02_words.ipynb").write_text("words")

    assert working_copy(notebooks, target) == [target / "02_words.ipynb"]
    assert contents(target) == {
        "00_tour.ipynb": "tour",
        "01_world.ipynb": "my solution",
        "02_words.ipynb": "words",
        "figures/map.svg": "map",
        "notes.txt": "mine",
    }


def test_no_source(tmp_path):
    with pytest.raises(FileNotFoundError, match="at the top of a checkout"):
        working_copy(tmp_path / "notebooks", tmp_path / "my-course")
    assert not (tmp_path / "my-course").exists()


def test_the_readers_copies_are_trusted(tmp_path, monkeypatch):
    """And no others, so that pictures show before anything was run."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    files = []
    for name in ("mine", "other"):
        cell = nbformat.v4.new_code_cell(f"'{name}'")
        files.append(tmp_path / f"{name}.ipynb")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), files[-1])
    trust([files[0], tmp_path / "picture.svg"])
    notary = NotebookNotary()
    trusted = [notary.check_signature(nbformat.read(file, as_version=4)) for file in files]
    notary.store.close()
    assert trusted == [True, False]
