"""Result tables on disk, and what is summed up from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite._paths import data_path
from cliprl_lite.experiments.results import (
    COLUMNS,
    ratios,
    read_table,
    summarise,
    to_table,
    verdict,
    verdicts,
    write_table,
)
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.transfer.methods import METHODS, TABLE_METHODS
from cliprl_lite.worlds.suite_files import load_suite


def test_a_table_is_sorted_and_has_the_columns_of_its_description(small: pd.DataFrame) -> None:
    assert list(small.columns) == list(COLUMNS)
    assert len(small) == 3 * 3 * 4
    order = [*METHODS, *TABLE_METHODS]
    keys = [
        (row.suite, row.size_, row.target, order.index(row.method), row.seed)
        for row in small.rename(columns={"size": "size_"}).itertuples()
    ]
    assert keys == sorted(keys)
    shuffled = small.sample(frac=1, random_state=1).to_dict("records")
    assert_same(to_table(shuffled), small)


def test_a_table_survives_the_disk_with_every_bit_and_type(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    found = run_quietly(SMALL, tmp_path / "table.csv")
    assert_same(found, small)
    assert_same(read_table(tmp_path / "table.csv"), small)
    kinds = {column: read_table(tmp_path / "table.csv")[column].dtype.kind for column in COLUMNS}
    assert all(kinds[f"{clock}_censored"] == "b" for clock in CLOCKS)
    assert (kinds["seed"], kinds["optimal"], kinds["first20"]) == ("i", "i", "f")


def test_numbers_with_many_digits_survive_the_disk(small: pd.DataFrame, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = small.assign(first20=rng.random(len(small)) * 10.0 ** rng.integers(-3, 6, len(small)))
    write_table(tmp_path / "table.csv", table)
    assert_same(read_table(tmp_path / "table.csv"), table)


def test_a_table_from_scratch_alone_can_be_read(tmp_path: Path) -> None:
    """Its column of weightings is empty from top to bottom."""
    sweep = replace(SMALL, trials=1, methods=("scratch",))
    table = run_quietly(sweep, tmp_path / "table.csv")
    assert_same(read_table(tmp_path / "table.csv"), table)


@pytest.mark.parametrize("column", ["suite", "first20_censored", "asymptote"])
def test_another_file_is_no_result_table(column: str, small: pd.DataFrame, tmp_path: Path) -> None:
    small.drop(columns=column).to_csv(tmp_path / "other.csv")
    with pytest.raises(ValueError, match=rf"other\.csv is no result table: .* '{column}'"):
        read_table(tmp_path / "other.csv")


@pytest.fixture
def written(small: pd.DataFrame, tmp_path: Path) -> Path:
    write_table(tmp_path / "table.csv", small)
    return tmp_path / "table.csv"


def spoil(file: Path, line: int, column: str, cell: str) -> None:
    """Put another cell into a line of a file, counted from 1 as editors do."""
    lines = file.read_text("utf-8").split("\n")
    cells = lines[line - 1].split(",")
    cells[list(COLUMNS).index(column)] = cell
    lines[line - 1] = ",".join(cells)
    file.write_text("\n".join(lines), "utf-8")


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("suite", "", "suite is '', which is no name"),
        ("method", "", "method is '', which is no name"),
        ("seed", "", "seed is '', which is no whole number from 0"),
        ("seed", "-1", "seed is -1, which is no whole number from 0"),
        ("size", "5.0", "size is '5.0', which is no whole number"),
        ("optimal", "9e2", "optimal is '9e2', which is no whole number"),
        ("near_optimal", "9\0\0", "near_optimal is '9\\\\x00"),
        ("first20", "", "first20 is '', which is no finite number from 0"),
        ("first20", "nan", "first20 is nan, which is no finite number from 0"),
        ("first20", "-3", "first20 is -3.0, which is no finite number from 0"),
        ("regret", "many", "regret is 'many', which is no finite number"),
        ("asymptote", "inf", "asymptote is inf, which is no finite number"),
        ("optimal_censored", "Fals", "optimal_censored is 'Fals', which is no True or False"),
        ("optimal_censored", "", "optimal_censored is '', which is no True or False"),
        ("asymptote", "1.0,1", "has 23 cells in place of 22"),
    ],
)
def test_a_value_that_cannot_be_is_named_by_file_and_line(
    column: str, cell: str, words: str, written: Path
) -> None:
    spoil(written, 12, column, cell)
    with pytest.raises(ValueError, match=rf"^line 12 of table\.csv:? {words}.*; delete that line"):
        read_table(written)


def test_numbers_that_do_not_exist_are_no_damage(written: Path) -> None:
    spoil(written, 12, "regret", "")
    assert np.isnan(read_table(written)["regret"][10])


def test_a_run_that_stands_twice_is_named(written: Path) -> None:
    lines = written.read_text("utf-8").splitlines(keepends=True)
    written.write_text("".join([*lines, lines[4]]), "utf-8")
    with pytest.raises(ValueError, match=r"line 38 of table\.csv is of the same run as line 5;"):
        read_table(written)


@pytest.mark.parametrize("left", [-1, -2, -40])
def test_a_table_that_breaks_off_is_named(left: int, written: Path) -> None:
    """Even where what is left of the last cell would be a number."""
    written.write_text(written.read_text("utf-8")[:left], "utf-8")
    with pytest.raises(ValueError, match=r"^table\.csv breaks off in line 37; delete that line"):
        read_table(written)


def test_a_file_that_is_no_text_is_named(written: Path) -> None:
    written.write_bytes(written.read_bytes() + b"\xff\n")
    with pytest.raises(ValueError, match=r"table\.csv is no table: byte \d+ is not UTF-8"):
        read_table(written)
    written.write_bytes(b"")
    with pytest.raises(ValueError, match=r"table\.csv is no result table: .* 'suite'"):
        read_table(written)


@pytest.mark.parametrize("end", [b"\r\n", b"\r\r\n", b"\n\n"])
def test_a_table_with_other_ends_of_lines_is_the_same(
    end: bytes, small: pd.DataFrame, written: Path
) -> None:
    """As some editors and older versions leave it; and with a mark of UTF-8 in front."""
    written.write_bytes(b"\xef\xbb\xbf" + written.read_bytes().replace(b"\n", end))
    assert_same(read_table(written), small)


def test_names_may_hold_what_csv_itself_is_made_of(small: pd.DataFrame, tmp_path: Path) -> None:
    strange = small.replace({"left": 'a "left", or\nnone', "right": "null", "mismatch": "1"})
    table = to_table(strange.to_dict("records"))
    write_table(tmp_path / "table.csv", table)
    assert_same(read_table(tmp_path / "table.csv"), table)


def hand_table(costs: dict[tuple[str, str], list[float]], censored: tuple = ()) -> pd.DataFrame:
    """Rows from costs by (target, method), one per seed, the same on every clock."""
    rows = [
        dict.fromkeys(COLUMNS, 0.0)
        | {"suite": "w", "size": 5, "target": target, "method": method, "seed": seed}
        | dict.fromkeys(CLOCKS, float(cost))
        | {f"{clock}_censored": (target, method, seed) in censored for clock in CLOCKS}
        for (target, method), values in costs.items()
        for seed, cost in enumerate(values)
    ]
    return to_table(rows)


HAND = hand_table(
    {
        ("a", "alg1"): [1, 3, 7],
        ("b", "alg1"): [7, 15, 31],
        ("a", "alg2"): [0, 0, 0],
        ("b", "alg2"): [15, 31, 255],
    },
    censored=(("b", "alg2", 1), ("b", "alg2", 2), ("a", "alg1", 0)),
)


def test_a_summary_by_hand() -> None:
    found = summarise(HAND).set_index(["target", "method", "clock"])
    assert len(found) == 4 * len(CLOCKS)
    value, n, n_censored, censored = ["value", "n", "n_censored", "censored"]
    for target, method, middle, cut in (
        ("a", "alg1", 3, 1),
        ("b", "alg1", 15, 0),
        ("a", "alg2", 0, 0),
        ("b", "alg2", 31, 2),
    ):
        row = found.loc[(target, method, "optimal")]
        assert row[value] == pytest.approx(middle)
        assert (row[n], row[n_censored], row[censored]) == (3, cut, cut == 2)
        assert row["low"] <= row[value] <= row["high"]


def test_a_summary_over_targets_takes_their_geometric_mean_in_each_trial() -> None:
    """alg1: √(2 · 8) − 1, √(4 · 16) − 1, √(8 · 32) − 1; half the targets cut off cut a trial."""
    found = summarise(HAND, by=("suite",)).set_index(["method", "clock"])
    alg1, alg2 = found.loc[("alg1", "first20")], found.loc[("alg2", "first20")]
    assert alg1["value"] == pytest.approx(7)
    assert alg2["value"] == pytest.approx(32**0.5 - 1)
    assert (alg1["n"], alg1["n_censored"]) == (3, 1)
    assert (alg2["n_censored"], bool(alg2["censored"])) == (2, True)


def test_ratios_by_hand() -> None:
    """alg2 over alg1, plus one each, in the same trial: a 1/2, 1/4, 1/8; b 2, 2, 8."""
    found = ratios(HAND, "optimal").set_index("target")
    assert found["method"].tolist() == ["alg2", "alg2"]
    assert found["value"].to_dict() == {"a": pytest.approx(1 / 4), "b": pytest.approx(2)}
    assert found["n_censored"].to_dict() == {"a": 1, "b": 2}
    assert (found["low"]["a"], found["high"]["a"]) == (pytest.approx(1 / 8), pytest.approx(1 / 2))
    turned = ratios(HAND, "optimal", reference="alg2").set_index("target")
    assert turned["value"].to_dict() == {"a": pytest.approx(4), "b": pytest.approx(1 / 2)}


def test_ratios_over_targets_are_geometric_means_in_each_trial() -> None:
    """√(1/2 · 2), √(1/4 · 2), √(1/8 · 8)."""
    (row,) = ratios(HAND, "optimal", by=("suite",)).to_dict("records")
    assert row["value"] == pytest.approx(1)
    assert row["low"] == pytest.approx(2**-0.5)
    assert (row["n"], row["n_censored"]) == (3, 3)


@pytest.mark.parametrize(
    ("holds_at", "words"),
    [
        ({8: True, 10: True, 15: True}, "confirmed"),
        ({8: False, 10: False, 15: False}, "not confirmed"),
        ({15: True, 8: False, 10: True}, "confirmed from 10 on"),
        ({8: False, 10: False, 15: True}, "only at 15"),
        ({8: True, 10: False, 15: True}, "only at 8, 15"),
        ({8: True, 10: False, 15: False}, "only at 8"),
        ({8: False, 10: True, 15: False}, "only at 10"),
    ],
)
def test_a_verdict_in_words(holds_at: dict[int, bool], words: str) -> None:
    assert verdict(holds_at) == words


def test_verdicts_need_the_whole_interval_on_their_side() -> None:
    """At size 5 alg2 takes half the steps in every trial; at size 9 a quarter, but in one trial
    of three it takes four times as many."""
    small_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [3, 7, 15]})
    large_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [1, 3, 127]})
    table = pd.concat([small_map, large_map.assign(size=9)])
    cheaper = verdicts(table, "alg2", "alg1")
    assert list(cheaper.index) == list(CLOCKS)
    assert cheaper["a"].tolist() == ["only at 5"] * 3
    assert verdicts(table, "alg2", "alg1", factor=0.6)["a"].tolist() == ["only at 5"] * 3
    # One is added to step counts, so half of them is not less than half; not to the first clock.
    half = verdicts(table, "alg2", "alg1", factor=0.5)["a"].tolist()
    assert half == ["only at 5", "not confirmed", "not confirmed"]
    assert verdicts(table, "alg2", "alg1", factor=5)["a"].tolist() == ["confirmed"] * 3


def test_verdicts_keep_the_order_of_targets_on_every_processor() -> None:
    """Of more than 16 rows, NumPy orders ties by what its processor can do: none are sorted."""
    targets = [f"{number:02}" for number in range(40)]
    table = pd.DataFrame(
        {
            "suite": "a",
            "size": size,
            "target": target,
            "method": method,
            "seed": 0,
            **dict.fromkeys(CLOCKS, 1),
            **{f"{clock}_censored": False for clock in CLOCKS},
        }
        for size in (25, 8, 15)
        for target in targets
        for method in ("alg1", "scratch")
    )
    assert list(verdicts(table, "alg1", "scratch").columns) == targets


def test_a_part_of_the_committed_worlds_is_remade() -> None:
    """Any trial can be run again, and every number comes out the same on every machine, but for
    the rows that are marked: those of trainings that amplify the last bit."""
    committed = read_table(data_path("results", "worlds.csv"))
    part = committed.query("suite == 'colours_6' and seed == 7").reset_index(drop=True)
    job = Job(load_suite("colours_6"), 7, (), (*METHODS, *TABLE_METHODS), cap=10_000_000)
    promised = part["sensitive"] != 1
    assert set(part["method"][~promised]) <= {"alg2_text"}
    again, part = (
        table[promised].drop(columns="sensitive") for table in (to_table(run_job(job)), part)
    )
    assert_frame_equal(again, part, check_dtype=False, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("alg3", "alg1"), "no runs of 'alg3'"), (("alg1", "alg3"), "no runs of 'alg3'")],
)
def test_verdicts_on_methods_that_are_not_there(arguments: tuple[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        verdicts(HAND, *arguments)
