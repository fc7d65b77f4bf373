"""What does a student's session take? Memory and time of every notebook, for whoever runs a hub.

    python benchmarks/hub.py [NOTEBOOK …]

Runs each notebook once without a browser, each in a process of its own and with a kernel of its
own, and prints a table: seconds from the start of the kernel to the end of the last cell, processor
seconds and peak resident memory of the kernel. Last comes what the Jupyter server itself holds
after it has handed out the page and every notebook. Without a notebook named it also writes
`hub.json`, and the table into `docs/teachers_guide.md`. Nothing here has a target: `startup.py`
sets that of the tour.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import psutil
from measurement import PEAK, versions
from nbclient import NotebookClient

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
RESULTS = HERE / "hub.json"
GUIDE = HERE.parent / "docs" / "teachers_guide.md"
BEGIN, END = "What a kernel takes to run", "**What to give a student.**"
"""The first words of what is measured, in the guide, and of what follows it."""

LAST_CELL = f"{PEAK}\nimport json, time\njson.dumps([peak, time.process_time()])"
"""What the kernel says of itself, once the notebook is over."""


@dataclass(frozen=True)
class Session:
    """What one notebook took.

    Attributes:
        notebook: its name, without its ending.
        seconds: from the start of the kernel to the end of the last cell, by the clock.
        cpu_seconds: processor time of the kernel, its threads added up.
        peak_mb: peak resident memory of the kernel, in MB.
    """

    notebook: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


def run_notebook(path: Path) -> Session:
    """Run a copy of a notebook from top to bottom, so that no progress is kept."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST_CELL))
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
        begin = time.perf_counter()
        client.execute()
        seconds = time.perf_counter() - begin
    said = notebook.cells[-1].outputs[0]["data"]["text/plain"]
    peak, cpu_seconds = json.loads(said.strip("'"))
    return Session(path.stem, round(seconds, 1), round(cpu_seconds, 1), round(peak))


def server_megabytes(notebooks: Path) -> float:
    """Resident memory of a Jupyter server that has handed out its page and every notebook, in MB.

    Raises:
        RuntimeError: if the server does not answer within a minute.
    """
    token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(notebooks, folder, dirs_exist_ok=True)
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}",
            f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _ask(f"http://127.0.0.1:{port}/lab?token={token}", patience=60)
            for path in sorted(notebooks.glob("*.ipynb")):
                _ask(f"http://127.0.0.1:{port}/api/contents/{path.name}?token={token}")
            return round(psutil.Process(server.pid).memory_info().rss / 2**20)
        finally:
            server.terminate()
            server.wait()


def _ask(address: str, patience: float = 0) -> None:
    """Ask the server, again and again as long as it has not started."""
    until = time.monotonic() + patience
    while True:
        try:
            with urlopen(address) as answer:
                answer.read()
            return
        except URLError as error:
            if time.monotonic() > until:
                raise RuntimeError("the Jupyter server does not answer") from error
            time.sleep(0.5)


def for_guide(content: dict[str, Any]) -> str:
    """What the guide says of the figures: a table, and what they add up to."""
    sessions = [Session(**entry) for entry in content["sessions"]]
    server, largest = content["server_mb"], max(session.peak_mb for session in sessions)
    lines = [
        f"{BEGIN} a notebook once, without a browser, by `python benchmarks/hub.py` "
        f"({content['versions']['cores']} cores, {content['versions']['machine']}, Python "
        f"{content['versions']['python']}; other work was running beside it, so that seconds by "
        "the clock are an upper bound):",
        "",
        "| notebook | seconds by the clock | of processor | peak memory, MB |",
        "|---|--:|--:|--:|",
        *(
            f"| `{one.notebook}` | {one.seconds:.0f} | {one.cpu_seconds:.1f} | {one.peak_mb:.0f} |"
            for one in sessions
        ),
        f"| the Jupyter server beside it | | | {server:.0f} |",
        "",
        f"The server and the largest kernel take {server + largest:,.0f} MB; the server and all "
        f"{len(sessions)} kernels at once, "
        f"{server + sum(session.peak_mb for session in sessions):,.0f} MB. The whole course took "
        f"{sum(session.cpu_seconds for session in sessions):.0f} seconds of processor.",
    ]
    return "\n".join(lines)


def into_guide(guide: str, text: str) -> str:
    """The guide with these words in the place of the old ones."""
    before, begin, rest = guide.partition(f"\n{BEGIN}")
    _, end, after = rest.partition(f"\n{END}")
    if not begin or not end:
        raise SystemExit(f"{GUIDE.name} has lost the words {BEGIN!r} or {END!r}")
    return f"{before}\n{text}\n\n{END}{after}"


@forgiving_output()
def main(names: list[str]) -> None:
    chosen = [Path(name) for name in names] or sorted(NOTEBOOKS.glob("*.ipynb"))
    print(f"{'notebook':24}{'seconds':>9}{'of processor':>14}{'peak MB':>9}")
    sessions = []
    fresh = get_context("spawn")
    for path in chosen:  # a pool of one for each, so that none inherits another's memory
        with ProcessPoolExecutor(1, mp_context=fresh) as pool:
            one = pool.submit(run_notebook, path).result()
        sessions.append(one)
        print(f"{one.notebook:24}{one.seconds:9.1f}{one.cpu_seconds:14.1f}{one.peak_mb:9.0f}")
    server = server_megabytes(NOTEBOOKS)
    print(f"{'the Jupyter server':24}{'':23}{server:9.0f}")
    if not names:
        content = {
            "command": "python benchmarks/hub.py",
            "versions": versions() | {"cores": os.cpu_count()},
            "sessions": [asdict(session) for session in sessions],
            "server_mb": server,
        }
        write_text(RESULTS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        guide = into_guide(GUIDE.read_text("utf-8"), for_guide(content))
        write_text(GUIDE, guide)


if __name__ == "__main__":
    main(sys.argv[1:])
