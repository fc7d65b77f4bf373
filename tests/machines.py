"""Other processors that this one can pass for, and the tests that must not notice.

    python tests/machines.py          # checks, exercises and notebooks on each of them
    python tests/machines.py --list

OpenBLAS and NumPy carry a version of their loops for each generation of processors, and take an
older one when told to. A machine here is one of OpenBLAS's kernels with one of NumPy's levels, so
that each kernel and each level that this processor can run is run once.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

KERNELS = {
    "x86_64": ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake"),
    "AMD64": ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake"),
    "aarch64": ("ARMV8", "CORTEXA57", "NEOVERSEN1", "NEOVERSEV1", "NEOVERSEN2"),
    "arm64": ("ARMV8", "VORTEX"),
}
"""Kernels to try, oldest first, by the kind of processor."""

TORCH = ("default", "avx2", "avx512")
"""torch's levels, oldest first; it takes the best that there is below the one it is told."""

SWITCHES = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY")
"""Environment variables that make a machine. They may be set already, by whoever runs this."""

LEVELS = """
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
print(*(level for level in __cpu_dispatch__ if __cpu_features__[level]))
"""

WHICH = """
import numpy, threadpoolctl
rows = numpy.random.default_rng(0).normal(size=(40, 384))
assert numpy.isfinite(rows @ rows.T).all() and numpy.isfinite(rows @ rows[0]).all()
found = [i for i in threadpoolctl.threadpool_info() if i["internal_api"] == "openblas"]
print(found[0]["architecture"] if found else "")
"""


@cache
def machines() -> dict[str, dict[str, str]]:
    """Environment variables of each machine, by its name; the oldest first."""
    named = {name: _kernel(name) for name in reversed(KERNELS.get(platform.machine(), ()))}
    kernels = {kernel: name for name, kernel in named.items() if kernel}
    there = _said(LEVELS).split()
    levels = [there[number:] for number in range(len(there) + 1)]
    found = {}
    for number in range(max(len(kernels), len(levels))):
        off = levels[min(number, len(levels) - 1)]
        environment = {
            "NPY_DISABLE_CPU_FEATURES": " ".join(off),
            "ATEN_CPU_CAPABILITY": TORCH[min(number, len(TORCH) - 1)],
        }
        kernel = "OpenBLAS as it is"
        if kernels:
            kernel, name = sorted(kernels.items(), key=_age)[min(number, len(kernels) - 1)]
            environment["OPENBLAS_CORETYPE"] = name
        found[f"{kernel}, NumPy without {' '.join(off) or 'nothing'}"] = environment
    return found


def _age(kernel: tuple[str, str]) -> int:
    return KERNELS[platform.machine()].index(kernel[1])


def _kernel(name: str) -> str:
    """The kernel that OpenBLAS takes when told a name; empty if the processor cannot run it.

    OpenBLAS may take a name at its word, and die of an illegal instruction at the first product.
    """
    done = _python(WHICH, OPENBLAS_CORETYPE=name)
    return done.stdout.strip() if done.returncode == 0 else ""


def _said(code: str) -> str:
    """What a Python prints that uses all of this processor."""
    done = _python(code)
    done.check_returncode()
    return done.stdout.strip()


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python that uses all of this processor but for the environment given here."""
    free = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=free | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def trouble(name: str) -> str:
    """What checks, exercises and notebooks say on this machine, if it is not what they should."""
    environment = os.environ | machines()[name]
    root = Path(__file__).resolve().parent.parent
    quiet = ("-q", "--no-header", "-p", "no:cacheprovider")
    for command in (
        ("-m", "pytest", *quiet, "tests/check", "tests/test_exercises.py"),
        ("docs/execute_notebooks.py", "--check"),
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            return done.stdout[-4_000:]
    return ""


def main() -> int:
    """Run all machines, two at a time; returns the number of those that noticed something."""
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(machines(), pool.map(trouble, machines()), strict=True))
    for name, said in found.items():
        print(f"{'FAILED' if said else 'passed'}: {name}\n{said}".rstrip(), flush=True)
    failed = sum(bool(said) for said in found.values())
    print(f"{len(found) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*machines(), sep="\n")
    else:
        sys.exit(main())
