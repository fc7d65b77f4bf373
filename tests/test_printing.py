"""Output that cannot be written: an old code page, a closed pipe, a full disk, no output at all."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from cliprl_lite._printing import forgiving_output

ROOT = Path(__file__).resolve().parent.parent
WORDS = "课程: ≥ 5 %, − 1, Größe"


@contextmanager
def closed_pipe() -> Iterator[int]:
    """The end to write to of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def run(code: str, **how: object) -> subprocess.CompletedProcess[bytes]:
    code = "import sys, warnings\nfrom cliprl_lite._printing import forgiving_output\n" + code
    return subprocess.run([sys.executable, "-c", code], check=False, **how)  # type: ignore[call-overload]


SPEAK = f"""
with forgiving_output():
    print({WORDS!r})
    print({WORDS!r}, file=sys.stderr, flush=True)
    from tqdm import tqdm
    for _ in tqdm(range(3)):
        pass
    print("x" * 100_000, flush=True)
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "utf-16"])
def test_what_cannot_be_encoded_is_replaced(encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = run(SPEAK, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    expected = WORDS.encode(encoding, "replace").decode(encoding)
    assert done.stdout.decode(encoding).startswith(expected)
    assert done.stderr.decode(encoding).startswith(expected)


def test_half_a_character_of_a_files_name_is_replaced() -> None:
    heard = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(heard), forgiving_output():
        print("table\udce4.csv")
    heard.seek(0)
    assert heard.read() == "table?.csv\n"


@pytest.mark.parametrize("closed", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_a_closed_pipe_is_quiet(closed: tuple[str, ...], tmp_path: Path) -> None:
    """Also at Python's own end, when it flushes what is left."""
    code = f"{SPEAK}\nopen({str(tmp_path / 'done')!r}, 'w').write('worked')"
    with closed_pipe() as nobody:
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        done = run(code, **(how | dict.fromkeys(closed, nobody)))
    assert done.returncode == 0
    assert (tmp_path / "done").read_text() == "worked"
    assert b"Broken" not in (done.stderr or b"")
    assert b"ignored" not in (done.stderr or b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_quiet() -> None:
    with Path("/dev/full").open("w") as full:
        done = run("with forgiving_output(): print('x' * 100_000)", stdout=full,
                   stderr=subprocess.PIPE)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_output_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with forgiving_output():
        print("nobody hears this", flush=True)
        print("nor this", file=sys.stderr)


def test_a_stream_that_was_closed() -> None:
    closed = io.StringIO()
    closed.close()
    with redirect_stdout(closed), forgiving_output():
        print("nobody hears this", flush=True)


def test_outside_of_it_streams_are_what_they_were() -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        with suppress(SystemExit), forgiving_output():
            print("before")
            raise SystemExit(3)
        assert (sys.stdout, sys.stderr) == (out, err)
    assert out.getvalue() == "before\n"


SCRIPTS = [
    path
    for folder in ("cliprl_lite", "benchmarks", "docs", "labs")
    for path in sorted((ROOT / folder).glob("*.py"))
    if '\nif __name__ == "__main__":' in path.read_text("utf-8")
    and path.name != "minimal.py"  # prints plain ASCII, and imports nothing of the package
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_command_prints_within_it(script: Path) -> None:
    """By itself, or through `report`, which does it for the benchmarks."""
    tree = ast.parse(script.read_text("utf-8"))
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"forgiving_output", "report"}
    assert len(SCRIPTS) > 15
