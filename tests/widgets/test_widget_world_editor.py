"""The editor of worlds, driven as a reader drives it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cliprl_lite.widgets import WorldEditor, world_editor
from cliprl_lite.worlds.drafts import Draft
from cliprl_lite.worlds.suite_files import SuiteError, load_suite


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without worlds, and a kernel in which nothing was drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(world_editor, "_unsaved", {})


@pytest.fixture
def editor() -> WorldEditor:
    return WorldEditor()


def press(editor: WorldEditor, *what: object) -> None:
    """As the page does: one more request in the queue."""
    number = editor.asked[-1][0] + 1 if editor.asked else 1
    editor.set_state({"asked": [*editor.asked, [number, list(what)]]})


def test_it_begins_with_a_small_house(editor: WorldEditor) -> None:
    assert editor.as_given
    assert editor.faults == []
    assert editor.new == 8
    assert editor.things[8]["look"] == "red cone"
    assert editor.things[8]["cell"] == [6, 3]
    assert editor.squares[6 * 9 + 3] == "row 6, column 3, red cone, new task"
    assert editor.squares[4] == "row 0, column 4, wall"
    assert editor.suite.fingerprint == Draft.of(load_suite("small_house")).suite("a").fingerprint
    assert editor.file == "Not saved yet."


@pytest.mark.parametrize("name", ["house_a", "colours_9"])
def test_it_begins_with_any_map(name: str) -> None:
    editor = WorldEditor(name, name="mine")
    assert [t.sentence for t in editor.suite.tasks] == load_suite(name).sentences
    assert editor.new == -1


def test_what_it_cannot_begin_with() -> None:
    with pytest.raises(SuiteError, match="no suite 'nowhere'"):
        WorldEditor("nowhere")
    with pytest.raises(SuiteError, match="cannot be called"):
        WorldEditor(name="My World")
    with pytest.raises(SuiteError, match="take another name"):
        WorldEditor(name="house_a")


def test_every_tool(editor: WorldEditor) -> None:
    press(editor, "wall", 8, 8, 1)
    assert (8, 8) in editor.draft.walls
    assert editor.status == "Wall on row 8, column 8. Nothing to mend: 8 old tasks and a new one."
    press(editor, "wall", 8, 8, 2)
    assert (8, 8) not in editor.draft.walls
    press(editor, "erase", 0, 4, 3)
    assert (0, 4) not in editor.draft.walls
    press(editor, "put", 8, 8, "purple", "key")
    assert editor.things[-1]["sentence"] == "go to the purple key"
    press(editor, "move", 8, 8, 5, 5)
    assert editor.things[-1]["cell"] == [5, 5]
    press(editor, "say", 9, "find my key", 4)
    assert editor.suite.tasks[-1].sentence == "find my key"
    press(editor, "new", 9)
    assert editor.suite.targets[0].sentence == "find my key"
    press(editor, "size", 10, 11)
    assert editor.size == [10, 11]
    press(editor, "erase", 5, 5, 5)
    assert len(editor.things) == 9
    assert editor.new == -1
    assert "each is, in turn" in editor.status
    press(editor, "remove", 0)
    assert editor.things[0]["look"] == "blue box"
    assert editor.error == ""


def test_a_stroke_is_alike_and_undone_at_once(editor: WorldEditor) -> None:
    before = editor.draft
    for column in (3, 4, 5):  # the middle one is a wall already
        press(editor, "wall", 0, column, 7)
    assert {(0, 3), (0, 4), (0, 5)} <= editor.draft.walls
    press(editor, "say", 0, "g", 8)
    press(editor, "say", 0, "go", 8)
    press(editor, "undo")
    assert editor.things[0]["sentence"] == "go to the red box"
    press(editor, "undo")
    assert editor.draft == before
    assert not editor.undoable
    press(editor, "undo")
    assert editor.draft == before


def test_starting_over_can_be_undone(editor: WorldEditor) -> None:
    press(editor, "move", 6, 3, 6, 7)
    moved = editor.draft
    press(editor, "start over")
    assert editor.as_given
    press(editor, "undo")
    assert editor.draft == moved


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["wall", 1, 1, 0], "the red box stands there"),
        (["put", 1, 1, "red", "key"], "take another square"),
        (["put", 0, 0, "pink", "key"], "no such object"),
        (["put", 0, 0, "red", "<b>"], "no such object"),
        (["move", 6, 3, 0, 4], "that is a wall"),
        (["move", 0, 0, 1, 0], "no object on row 0, column 0"),
        (["move", 6, 3, 60, 4], "no square"),
        (["remove", 99], "numbered 0 to 8"),
        (["say", -1, "x", 0], "numbered 0 to 8"),
        (["size", 0, 9], "3 to 13 rows"),
        (["size", 7, 9], "would stand beside the map"),
        (["dance"], "nothing here can be changed so"),
        ([["wall"]], "nothing here can be changed so"),
        (["save", "../x"], "cannot be called"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(
    editor: WorldEditor, what: list[object], said: str
) -> None:
    before = editor.draft
    press(editor, *what)
    assert said in editor.error
    assert editor.draft == before
    assert not editor.undoable
    press(editor, "wall", 8, 8, 1)
    assert editor.error == ""


def test_faults_are_told_and_such_a_world_is_not_saved(editor: WorldEditor) -> None:
    for row, column in ((4, 1), (4, 7)):
        press(editor, "wall", row, column, 0)
    (fault,) = editor.faults
    assert "the blue cone, the green cone and the red cone" in fault
    assert editor.status.endswith("1 thing to mend.")
    assert editor.squares[-1] == "row 8, column 8, closed off"
    press(editor, "save", "my_world")
    assert editor.error == fault
    assert not Path("my_worlds").exists()
    with pytest.raises(ValueError, match="Nobody can reach"):
        _ = editor.suite


def test_saved_it_is_loaded_by_name_and_opened_again(editor: WorldEditor) -> None:
    press(editor, "move", 6, 3, 6, 7)
    press(editor, "save", "my_flat")
    assert editor.error == ""
    assert (
        editor.file == 'Saved in my_worlds/my_flat.toml: load_suite("my_flat") in every notebook.'
    )
    mine = load_suite("my_flat")
    assert mine.fingerprint == editor.suite.fingerprint
    assert mine.targets[0].cell == (6, 7)
    world_editor._unsaved.clear()  # another kernel
    again = WorldEditor(name="my_flat")
    assert again.draft == editor.draft
    assert again.file.startswith("Saved in")
    press(again, "move", 6, 7, 6, 8)
    assert again.file == "Changed since my_worlds/my_flat.toml was saved."
    press(again, "save", "my_flat")  # its own file, so nobody has to be asked
    assert load_suite("my_flat").targets[0].cell == (6, 8)


def test_a_file_of_somebody_else_is_not_written_over(editor: WorldEditor) -> None:
    file = Path("my_worlds/my_world.toml")
    file.parent.mkdir()
    file.write_text("mine", encoding="utf-8")
    press(editor, "save", "my_world")
    assert "is there already" in editor.error
    assert editor.taken == "my_world"
    assert file.read_text("utf-8") == "mine"
    press(editor, "wall", 8, 8, 1)
    assert editor.taken == ""
    press(editor, "replace", "my_world")
    assert editor.error == ""
    assert load_suite("my_world").fingerprint == editor.suite.fingerprint
    file.write_text(file.read_text("utf-8") + "# by hand\n", encoding="utf-8")
    press(editor, "save", "my_world")
    assert "is there already" in editor.error


def test_a_folder_that_cannot_be_made(editor: WorldEditor) -> None:
    Path("my_worlds").write_text("a file", encoding="utf-8")
    press(editor, "save", "my_world")
    assert "cannot be written" in editor.error


def test_a_cell_that_is_run_again_loses_nothing(editor: WorldEditor) -> None:
    press(editor, "move", 6, 3, 6, 7)
    again = WorldEditor()
    assert again.draft == editor.draft
    press(editor, "wall", 8, 8, 1)
    press(editor, "undo")
    assert WorldEditor().draft == again.draft
    twin = WorldEditor(editor.suite, name="my_twin")
    assert twin.as_given
    assert twin.draft == editor.draft


def test_what_is_typed_is_text(editor: WorldEditor) -> None:
    press(editor, "say", 0, "<script>alert(1)</script> & “$x$”", 0)
    for drawn in (editor.scene, editor.svg()):
        assert "<script" not in drawn
        ElementTree.fromstring(drawn)


def test_the_picture_tells_what_is_seen(editor: WorldEditor) -> None:
    seen = ElementTree.fromstring(editor.svg())
    described = "".join(seen.itertext())
    assert "red cone on row 6, column 3: go to the red cone (the new task)" in described
    assert "go to the green ball" in described
    assert repr(editor).startswith("WorldEditor: my_world · ")
