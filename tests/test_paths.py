"""How files are written: whole or not at all, and the same bytes on every platform."""

from __future__ import annotations

import ast
import builtins
import errno
import io
import os
from pathlib import Path

import pytest
from small_sweep import SMALL, run_quietly

from cliprl_lite._paths import in_one_move, write_text
from cliprl_lite.cli import main
from cliprl_lite.course import working_copy
from cliprl_lite.progress import remember

ROOT = Path(__file__).resolve().parent.parent
WRITERS = [
    path
    for folder in ("cliprl_lite", "docs", "benchmarks", "labs")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_what_is_written_is_there_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    for text in ("γ\n", "", "no end", "two\n\nlines\n"):
        write_text(file, text)
        assert file.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [file]


class Stopped(Exception):
    """What a test throws in the middle of a file."""


def test_what_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"old")

    def write_half() -> None:
        with in_one_move(file) as fresh:
            fresh.write_bytes(b"ne")
            assert file.read_bytes() == b"old"
            raise Stopped

    with pytest.raises(Stopped):
        write_half()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_trouble_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere/a\.txt'$"):
        write_text(tmp_path / "nowhere" / "a.txt", "text")
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*full\.txt'$"),
        in_one_move(tmp_path / "full.txt"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as a write to a full disk does
    with pytest.raises(FileNotFoundError, match="other"), in_one_move(tmp_path / "a.txt"):
        (tmp_path / "other").read_bytes()


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that is written ends its lines by CR LF, unless somebody says otherwise."""
    honest = io.open

    def open_as_there(
        file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *more, **by_name
    ):
        if newline is None and "b" not in mode and not mode.startswith("r"):
            newline = "\r\n"
        return honest(file, mode, buffering, encoding, errors, newline, *more, **by_name)

    monkeypatch.setattr(os, "linesep", "\r\n")
    monkeypatch.setattr(io, "open", open_as_there)
    monkeypatch.setattr(builtins, "open", open_as_there)


@pytest.mark.usefixtures("as_on_windows")
def test_files_are_those_of_every_other_platform(tmp_path: Path) -> None:
    """Description, table, figure, progress and notebooks."""
    trap = tmp_path / "trap.txt"
    trap.write_text("seen\n", "utf-8")
    assert trap.read_bytes() == b"seen\r\n"  # or this test would prove nothing
    trap.unlink()
    run_quietly(SMALL, tmp_path / "table.csv")
    command = ["figure2", "--sizes", "5", "--trials", "1", "--methods", "scratch", "--workers", "1"]
    assert main([*command, "--out", str(tmp_path / "figure2.csv")]) == 0
    remember("grid_world", "next_cell", tmp_path)
    working_copy(ROOT, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".csv", ".json", ".html", ".ipynb", ".md"}
    assert [path.name for path in files if b"\r\n" in path.read_bytes()] == []


def text_writes(tree: ast.AST) -> list[str]:
    """Calls that write a text file by another way than `write_text(path, text)`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if writes_text(call)]


def writes_text(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    given = {word.arg: ast.unparse(word.value) for word in call.keywords}
    match last:
        case "open" | "fdopen" | "NamedTemporaryFile" | "TemporaryFile":
            # The mode is the second argument of open(…), and the first of a path's.
            values = [*map(ast.unparse, call.args), given.get("mode", "")]
            modes = [value.strip("'") for value in values if value.startswith("'")]
            as_text = any(set(m) <= set("rwaxt+") and set(m) & set("wax+") for m in modes)
            return as_text and given.get("newline") != repr("\n")
        case "write_text":
            return name != "write_text"
        case "dump" | "write":
            return name in ("json.dump", "nbformat.write")
        case "write_html" | "to_json":
            return bool(call.args)
        case "to_csv":
            return bool(call.args) or given.get("lineterminator") != repr("\n")
        case "writer" | "DictWriter":
            return given.get("lineterminator") != repr("\n")
    return False


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_is_written_in_one_way(path: Path) -> None:
    """As here: `write_text` of this library, or an `open` that says where lines end."""
    assert text_writes(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "path.write_text('a')",
        "path.open('w')",
        "path.open(mode='a', encoding='utf-8')",
        "open(path, 'x', newline='')",
        "io.open(path, 'r+')",
        "json.dump(content, stream)",
        "nbformat.write(notebook, path)",
        "figure.write_html(path)",
        "table.to_csv(path, lineterminator='\\n')",
        "table.to_csv(index=False)",
        "csv.writer(stream)",
    ],
)
def test_another_way_would_be_seen(code: str) -> None:
    assert len(text_writes(ast.parse(code))) == 1


@pytest.mark.parametrize(
    "code", ["path.open('rb')", "path.open('wb')", "path.open()", "open(path, 'w', newline='\\n')",
             "write_text(path, 'a')", "figure.to_json(validate=False)"],
)  # fmt: skip
def test_what_writes_no_text_is_not_meant(code: str) -> None:
    assert text_writes(ast.parse(code)) == []
