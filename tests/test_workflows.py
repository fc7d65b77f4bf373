"""The workflows of the public forge are thin: what they run is there, and runs here too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from runtime import VERSION

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_runs_what_is_there(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    for step in steps(path):
        assert ("run" in step) != ("uses" in step)
        command = step.get("run", "")
        for target in re.findall(r"\bmake ([a-z-]+)", command):
            assert target in targets
        if ".ci/run" in command:
            assert (ROOT / ".ci" / "run").is_file()
        for lock in re.findall(r"[\w-]+\.lock", command):
            assert (ROOT / lock).is_file()
        for extras in re.findall(r"\.\[([a-z,]+)\]", command):
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1)", step["uses"])


def test_pythons_are_those_that_the_project_names() -> None:
    (tests,) = [path for path in WORKFLOWS if path.stem == "tests"]
    matrix = yaml.safe_load(tests.read_text("utf-8"))["jobs"]["tests"]["strategy"]["matrix"]
    prefix = "Programming Language :: Python :: 3."
    named = [f"3.{one.removeprefix(prefix)}" for one in PROJECT["classifiers"]
             if one.startswith(prefix)]  # fmt: skip
    assert matrix["python"] == named
    assert f">={named[0]}" == PROJECT["requires-python"]


def test_the_browser_s_python_is_the_one_that_the_build_takes() -> None:
    texts = "".join(path.read_text("utf-8") for path in WORKFLOWS)
    assert re.findall(r"pyodide-([\d.]+)\.tar", texts) == [VERSION] * 2


def test_hooks_run_on_every_system() -> None:
    """Without a path into one environment."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]
    assert [hook["entry"].split()[:2] for hook in hooks["hooks"]] == [["python", "-m"]] * 3
