"""Compile the learning loops for a browser tab: `python docs/live/compile_loops.py`.

It makes `loops.wasm` of `loops.c`, both in cliprl_lite/learning/, and writes down the hash of each
in `loops.sha256` there, so that a test knows whether one was changed without the other. The
compiler is the package ziglang, in the version of `requirements.lock` beside this file: another one
may give other bytes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from cliprl_lite._paths import write_text

FOLDER = Path(__file__).resolve().parents[2] / "cliprl_lite" / "learning"

# No product and sum become one operation: that would round once where Python rounds twice.
COMPILER = (
    "-m ziglang cc -target wasm32-freestanding -shared -fPIC -O3 -ffp-contract=off -s -Wall -Wextra"
)


def compile_loops(folder: Path) -> Path:
    """Make `loops.wasm` in a folder.

    Raises:
        SystemExit: if the compiler is missing or refuses the source.
    """
    made = folder / "loops.wasm"
    command = [sys.executable, *COMPILER.split(), "-o", str(made), str(FOLDER / "loops.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"loops.c was not compiled:\n{done.stderr}The compiler is installed by: "
            "python -m pip install -r docs/live/requirements.lock"
        )
    return made


def hashes() -> str:
    """The hash of the source and of what was made of it, in the form of `sha256sum`."""
    files = [FOLDER / "loops.c", FOLDER / "loops.wasm"]
    return "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files)


if __name__ == "__main__":
    size = compile_loops(FOLDER).stat().st_size
    write_text(FOLDER / "loops.sha256", hashes())
    print(f"loops.wasm: {size:,} bytes")
