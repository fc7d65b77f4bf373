"""Build the live course: `python docs/live/live_course.py <folder>`, or `make live`.

What it makes is a folder for any static host: the course as pages, in which Python wakes when a
reader presses a button, and in `lab/` as notebooks, in JupyterLite. Everything comes from this
project, from what is installed, and from the folder with Pyodide's official files; no other host
is ever asked for anything.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab import build_lab
from runtime import WrongRuntimeError, copy_runtime
from stored import write_stored

from cliprl_lite._paths import write_text

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PACKED = ("pyodide.asm.wasm", "pyodide.asm.js")
"""Files of the core that are fetched in a packed copy. Its name does not end in .gz, since a host
might take that for something that browsers are to unpack."""

NOT_FROM_DISK = (
    "gt-all",
    "openblas",
    "openssl",
    "scipy",
    "ssl",
    "ipython",
    "jedi",
    "pygments",
    "sqlite3",
)
"""Packages that no page needs: they are not in the script for pages opened from a disk."""


def build(pyodide: Path, out: Path) -> None:
    """The whole folder; what was in `out` before is deleted.

    Raises:
        WrongRuntimeError: if `pyodide` is not the official release.
        SystemExit: if the pages cannot be built.
    """
    shutil.rmtree(out, ignore_errors=True)
    beside = out / "_live"
    copy_runtime(pyodide, beside / "pyodide")
    for name in PACKED:
        file = beside / "pyodide" / name
        packed = gzip.compress(file.read_bytes(), compresslevel=9, mtime=0)
        file.with_name(f"{name}.packed").write_bytes(packed)
    for name in ("worker.js", "tab.py", "page.js"):
        shutil.copyfile(HERE / name, beside / name)
    write_stored(beside / "stored")
    build_lab(out / "lab")
    serve_offline(out)
    write_text(beside / "packed.js", from_disk(beside))
    build_pages(out)


def serve_offline(out: Path) -> None:
    """The service workers: one for the pages, one for JupyterLab, and both do the other's work.

    A page is served by the one that is nearest, and JupyterLab takes the one that it finds.
    """
    shutil.copyfile(HERE / "offline.js", out / "_live" / "offline.js")
    own = out / "lab" / "service-worker.js"
    own.rename(own.with_name("jupyterlite.js"))
    write_text(own, 'importScripts("../_live/offline.js", "jupyterlite.js");\n')
    worker = 'importScripts("_live/offline.js", "lab/jupyterlite.js");\n'
    write_text(out / "service-worker.js", worker)


def build_pages(out: Path) -> None:
    """The course as pages, with a button that wakes Python."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-E", "-t", "live", "-b", "html"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, str(ROOT / "docs" / "site"), str(out)], env=environment, check=False
    )
    if done.returncode:
        raise SystemExit("the pages could not be built; the lines above say why")


def from_disk(beside: Path) -> str:
    """A script with the files that pages need, for those that are opened from a disk."""
    runtime = beside / "pyodide"
    needless = tuple(name.replace("-", "_") for name in NOT_FROM_DISK)
    paths = [beside / "worker.js", beside / "tab.py", *sorted(runtime.iterdir())]
    files = {
        path.name: base64.b64encode(path.read_bytes()).decode()
        for path in paths
        if not path.name.startswith(needless) and path.name not in ("pyodide.mjs", *PACKED)
    }
    return f"window.courseFiles = {json.dumps(files)};\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pyodide", type=Path, help="the folder with Pyodide's official files")
    parser.add_argument("--out", type=Path, default=ROOT / "live", help="default: live/")
    options = parser.parse_args()
    try:
        build(options.pyodide, options.out)
    except WrongRuntimeError as error:
        raise SystemExit(str(error)) from error
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.0f} MB. To look at it: python -m http.server -d live")


if __name__ == "__main__":
    main()
