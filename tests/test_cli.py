"""The commands, run as a user runs them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cliprl_lite import cli
from cliprl_lite.cli import main
from cliprl_lite.experiments import backends
from cliprl_lite.experiments.policy_classes import policy_class
from cliprl_lite.experiments.policy_studies import Study
from cliprl_lite.experiments.results import COLUMNS
from cliprl_lite.experiments.sweeps import figure2_sweep, run_sweep
from cliprl_lite.learning.networks import NetworkSettings, features, forward, load_networks
from cliprl_lite.transfer.methods import METHODS, NETWORK_METHODS
from cliprl_lite.worlds.suite_files import load_suite

SMALL = ["figure2", "--sizes", "5,6", "--trials", "2", "--methods", "scratch,alg1,alg2"]


def test_figure2_writes_table_description_and_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.csv"
    assert main([*SMALL, "--workers", "1", "--out", str(out)]) == 0
    table = pd.read_csv(out)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 2 * 3 * 3  # sizes × trials × targets × methods
    assert json.loads(out.with_suffix(".json").read_text())["trials"] == 2
    assert "plotly" in out.with_suffix(".html").read_text(encoding="utf-8").lower()
    printed = capsys.readouterr().out
    for words in ("first 20", "within 5 %", "optimal everywhere", "corners_5", "results.csv"):
        assert words in printed


COMMAND = [sys.executable, "-m", "cliprl_lite.cli"]
QUICK = ["figure2", "--sizes", "5", "--trials", "2", "--methods", "scratch", "--workers", "1"]


def test_an_old_code_page_gets_every_file_and_question_marks(tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    done = subprocess.run(
        [*COMMAND, *QUICK, "--out", out],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "median over trials (?: half or more" in done.stdout.decode("cp1252")
    assert out.with_suffix(".html").exists()


@pytest.mark.parametrize("command", [[], ["figure2"]])
def test_help_in_an_old_code_page(command: list[str]) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*COMMAND, *command, "--help"], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"usage: " in done.stdout


def test_nobody_reads_what_is_printed(tmp_path: Path) -> None:
    """As with `| head -1`, only surer: the other end of both pipes is closed before it begins."""
    out = tmp_path / "results.csv"
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, *QUICK, "--out", out]
    done = subprocess.run(command, stdout=writing, stderr=writing, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert len(pd.read_csv(out)) == 2 * 3
    assert out.with_suffix(".html").exists()


def test_the_picture_is_written_before_anything_is_printed(tmp_path: Path) -> None:
    out, there = tmp_path / "results.csv", []

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            there.append(out.with_suffix(".html").exists())
            return super().write(text)

    with redirect_stdout(Terminal()):
        assert main([*SMALL, "--workers", "1", "--out", str(out)]) == 0
    assert there
    assert all(there)


def test_the_command_and_the_library_agree(tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    main([*SMALL, "--workers", "1", "--out", str(out)])
    sweep = figure2_sweep((5, 6), trials=2, methods=("scratch", "alg1", "alg2"))
    again = tmp_path / "again.csv"
    run_sweep(sweep, again, workers=1, progress=False)
    assert out.read_bytes() == again.read_bytes()


def test_worlds_takes_a_suite_of_ones_own(tmp_path: Path) -> None:
    suite = tmp_path / "flat.toml"
    suite.write_text(
        'map = """\n..#.\na..b\n..#.\n"""\n'
        '[[tasks]]\nsentence = "go to the red box"\ngoal = "a"\n'
        '[[tasks]]\nsentence = "go to the blue box"\ngoal = "b"\n'
        '[[tasks]]\nsentence = "go to the red cone"\ngoal = [0, 0]\n',
        encoding="utf-8",
    )
    out = tmp_path / "flat.csv"
    command = [
        "worlds",
        "--worlds",
        str(suite),
        "--trials",
        "1",
        "--methods",
        "scratch,alg1_closest",
    ]
    assert main([*command, "--workers", "1", "--out", str(out)]) == 0
    assert set(pd.read_csv(out)["target"]) == {
        "go to the red box",
        "go to the blue box",
        "go to the red cone",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["figure2", "--methods", "alg3"], "no method 'alg3'"),
        (["figure2", "--policy", "cnn"], "no class of policies 'cnn'; take one of tabular, mlp"),
        (["averages", "--policies", "cnn"], "no class of policies 'cnn'"),
        (["averages", "--worlds", ""], "each once"),
        (["modalities", "--worlds", "corners"], "size"),
        (["learn", "house_d"], "no suite 'house_d'"),
        (["learn", "house_a", "--seed", "-1"], "the seed is a whole number from 0; got -1"),
        (["figure2", "--targets", "middle"], "no target 'middle'"),
        (["figure2", "--trials", "0"], "at least one trial"),
        (["figure2", "--sizes", "1"], "size"),
        (["figure2", "--sizes", "3"], "have the same goal"),
        (["figure2", "--sizes", "8,8"], "named twice"),
        (["figure2", "--methods", ""], "a method"),
        (["figure2", "--cap", "-5"], "cap"),
        (["figure2", "--workers", "0"], "workers is 1 or more, or −1 for one per core; got 0"),
        (["figure2", "--workers", "-7"], "got -7"),
        (["figure2", "--out", "table.xlsx"], "*.csv"),
        (["worlds", "--worlds", "atlantis"], "no suite 'atlantis'"),
        (["figure2", "--backend", "slurm"], "no backend 'slurm'; take one of processes, dask"),
        (["worlds", "--backend", "dask"], "needs a scheduler"),
        (["figure2", "--scheduler", "tcp://host:8786"], "backend 'dask'"),
    ],
)
def test_bad_input_gets_one_clear_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_a_cluster_that_is_not_there_gets_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backends, "ANSWER_SECONDS", 1)
    where = ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"]
    assert main([*SMALL, *where, "--out", str(tmp_path / "results.csv")]) == 2
    *bar, line = capsys.readouterr().err.splitlines()
    assert all(part == "" or "0/4" in part for part in bar)
    assert line.startswith("cliprl-lite: no Dask scheduler answers at tcp://127.0.0.1:1 within 1 s")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("left,right", ("left", "right")),
        (" left , right ,", ("left", "right")),
        ("", ()),
        ('"first left, then up",right', ("first left, then up", "right")),
        ('right, "a,b" , "c, d"', ("right", "a,b", "c, d")),
        ('say "go",right', ('say "go"', "right")),
        ('"say ""go"", then stop"', ('say "go", then stop',)),
    ],
)
def test_names_stand_between_commas_and_may_hold_some(typed: str, names: tuple[str, ...]) -> None:
    options = cli._parser().parse_args(["worlds", "--targets", typed, "--worlds", typed])
    assert options.targets == options.worlds == names


def test_commas_in_a_target_and_in_a_path(tmp_path: Path) -> None:
    suite = tmp_path / "up, down.toml"
    suite.write_text(
        'map = "open"\nsize = 5\n'
        '[[tasks]]\nsentence = "go up, then left"\ngoal = [0, 0]\n'
        '[[tasks]]\nsentence = "go up, then right"\ngoal = [0, 4]\n'
        '[[tasks]]\nsentence = "go down"\ngoal = [4, 2]\n',
        encoding="utf-8",
    )
    out = tmp_path / "table.csv"
    command = ["worlds", "--worlds", f'"{suite}"', "--targets", '"go up, then left",go down']
    choices = ["--trials", "1", "--methods", "scratch", "--workers", "1", "--out", str(out)]
    assert main([*command, *choices]) == 0
    table = pd.read_csv(out)
    assert table["target"].tolist() == ["go down", "go up, then left"]
    assert set(table["suite"]) == {"up, down"}


@pytest.mark.parametrize("option", ["--targets", "--worlds"])
def test_help_says_how_a_comma_is_given(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["worlds", "--help"])
    text = capsys.readouterr().out
    _, _, about = text.partition(f"\n  {option} ")
    assert "one with a comma in double quotes" in " ".join(about.split("\n  --")[0].split())


def test_names_over_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["worlds", "--targets", "left\nright"])
    assert "is no list of names" in capsys.readouterr().err


def test_sizes_that_are_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["figure2", "--sizes", "small"])
    assert "no list like 8,10,15" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["modalities", "averages"])
def test_a_study_writes_its_table(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study.csv"
    command = [name, "--worlds", "shapes_6", "--policies", "tabular", "--trials", "2"]
    assert main([*command, "--workers", "1", "--out", str(out)]) == 0
    table = pd.read_csv(out)
    study = Study(name, (("shapes_6", None),), 2, ("tabular",))
    assert list(table.columns) == list(study.columns)
    assert sorted(set(table["seed"])) == [0, 1]
    printed = capsys.readouterr().out
    column = "pair_order" if name == "modalities" else "barrier"
    assert column in printed
    assert str(round(table[column].mean(), 3)) in printed


def test_figure2_with_networks(tmp_path: Path) -> None:
    """Every method of networks by default, through the same sweep, table and figure."""
    out = tmp_path / "networks.csv"
    command = ["figure2", "--policy", "mlp", "--sizes", "5", "--trials", "1", "--targets", "left"]
    assert main([*command, "--cap", "300", "--workers", "1", "--out", str(out)]) == 0
    table = pd.read_csv(out)
    assert table["method"].tolist() == [*METHODS, *NETWORK_METHODS]
    assert set(table["policy"]) == {"mlp"}
    assert json.loads(out.with_suffix(".json").read_text())["choices"]["policy"] == "mlp"
    assert out.with_suffix(".html").exists()


@pytest.mark.parametrize("policy", ["tabular", "mlp-independent"])
def test_learn_keeps_base_policies(policy: str, tmp_path: Path) -> None:
    out = tmp_path / "bases.npz"
    command = ["learn", "corners", "--size", "6", "--seed", "4", "--policy", policy]
    assert main([*command, "--out", str(out)]) == 0
    suite, tabular = load_suite("corners", 6), policy == "tabular"
    settings = NetworkSettings(features="one-hot", hidden=()) if tabular else NetworkSettings()
    networks = load_networks(out, suite, settings)
    x = features(suite.world, settings.features)
    for q, policy_ in zip(
        forward(networks, x), policy_class(policy).learn_bases(suite, 4).values(), strict=True
    ):
        np.testing.assert_allclose(q, policy_.q, atol=1e-9)


def test_learn_sees_before_its_work_where_it_will_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder" / "bases.npz"
    assert main(["learn", "corners", "--size", "5", "--out", str(out)]) == 0
    assert out.exists()

    def learn_bases(*_: object) -> dict:
        raise AssertionError("learned, and nowhere to put it")

    monkeypatch.setattr(type(policy_class("tabular")), "learn_bases", learn_bases)
    (tmp_path / "file").touch()
    lost = tmp_path / "file" / "bases.npz"
    assert main(["learn", "corners", "--size", "5", "--out", str(lost)]) == 2
    assert "file" in capsys.readouterr().err
