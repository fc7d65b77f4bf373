"""What several test modules need: a fresh interpreter, and a small table of results."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import pytest
from small_sweep import SMALL, run_quietly


@pytest.fixture(scope="session")
def run_python() -> Callable[..., str]:
    """A function that runs code in a new interpreter, warnings as errors, and gives its output."""

    def run(code: str, *arguments: object, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="session")
def small() -> pd.DataFrame:
    """The table of `SMALL`, made once."""
    return run_quietly(SMALL)
