"""Claims and choices: verdicts against the library's tables, intervals against slow references."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    METHOD,
    OPEN,
    PRINTED,
    START,
    WORLDS,
    complete,
)
from cliprl_lite.experiments.judge import Judge
from cliprl_lite.experiments.multiverse import Combination, read_cells

TABLE, RUNS = (
    clip.read_table(clip.data_path("results", f"{name}.csv")) for name in ("figure2", "worlds")
)
CELLS = read_cells()


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(TABLE, RUNS, CELLS)


@pytest.mark.parametrize(
    ("name", "method", "reference", "factor", "choices"),
    [
        ("halved", "alg2", "alg1", 0.5, {}),
        ("halved", "alg2_identity", "alg1_closest", 0.5,
         {"algorithm_2": "identity", "algorithm_1": "closest"}),
        ("beats scratch", "alg2_identity", "scratch", 1.0, {"algorithm_2": "identity"}),
        ("cosine beats scratch", "alg1_cold", "scratch", 1.0, {"algorithm_1": "sharpened"}),
        ("not just sharper", "alg2", "alg1_cold", 1.0, {}),
    ],
)  # fmt: skip
def test_verdicts_are_the_librarys(
    judge: Judge, name: str, method: str, reference: str, factor: float, choices: dict[str, str]
) -> None:
    expected = clip.verdicts(TABLE, method, reference, factor)
    for clock, target in itertools.product(CHOICES["clock"], CHOICES["target"]):
        found = judge.finding(name, choices | {"clock": clock, "target": target})
        assert found.verdict.replace("×", "x") == re.sub(
            r"(\d+)", r"\1x\1", expected.loc[clock, target]
        )


def test_ratios_are_the_librarys(judge: Judge) -> None:
    part = TABLE.query("target == 'right' and method in ['alg1', 'alg2']")
    expected = clip.ratios(part, "near_optimal", "alg1", by=("target",)).sort_values("size")
    rows = judge.finding("halved", {"clock": "near_optimal", "target": "right"}).rows
    for row, (_, known) in zip(rows, expected.iterrows(), strict=True):
        assert row.label == f"{known['size']}×{known['size']}"
        assert (row.found.value, row.found.low, row.found.high) == pytest.approx(
            (known["value"], known["low"], known["high"])
        )


def test_growth_is_the_librarys_fit(judge: Judge) -> None:
    part = TABLE[TABLE["target"] == "left"].pivot_table(
        index=["size", "seed"], columns="method", values="optimal"
    )
    logs = np.log2((part["alg2"] + 1) / (part["alg1"] + 1)).to_numpy().reshape(4, 100)
    fit = clip.fit_growth([8, 10, 15, 25], logs, "exponential")
    finding = judge.finding("grows")
    assert (finding.slope.value, finding.slope.low, finding.slope.high) == (
        fit.slope,
        fit.low,
        fit.high,
    )
    assert finding.verdict == "confirmed"
    line = np.log2([row.fitted for row in finding.rows])  # a straight line through the medians
    np.testing.assert_allclose(np.diff(line) / [2, 5, 10], fit.slope)
    middle = np.median(logs, axis=1).mean()
    np.testing.assert_allclose(line.mean(), middle, atol=1e-4)  # ratios have 6 decimals


def test_averages_are_another_statistic(judge: Judge) -> None:
    choices = {"statistic": "averages", "clock": "first20"}
    means = TABLE[TABLE["target"] == "left"].groupby(["method", "size"])["first20"].mean()
    rows = judge.finding("halved", choices).rows
    np.testing.assert_allclose(
        [row.found.value for row in rows], (means["alg2"] / means["alg1"]).to_numpy(), atol=1e-6
    )
    assert judge.finding("grows", choices).slope != judge.finding("grows", START).slope


def test_right_picks_world_by_world(judge: Judge) -> None:
    shares = RUNS.groupby(["suite", "method"])["top_right"].mean()
    for way in set(CHOICES["algorithm_2"]) - set(PRINTED):
        finding = judge.finding("right favourite", {"algorithm_2": way})
        for suite, row in zip(WORLDS, finding.rows, strict=True):
            assert row.found.value == pytest.approx(shares[suite, METHOD[way]])
            assert row.found.low <= row.found.value <= row.found.high
            assert row.holds == (row.found.low > 0.5)
            assert row.other == 0  # words mislead in every one of these worlds


def test_the_printed_ways_are_judged_by_the_cells_of_their_choices(judge: Judge) -> None:
    some = {"algorithm_2": "box", "temperature": "0.07", "length": "short", "optimiser": "adam",
            "algorithm_1": "closest", "clock": "near_optimal", "target": "right"}  # fmt: skip
    name = Combination("dot", 0.07, "adam", "short", False, True, "literal").name
    cells = CELLS.query("method == @name and clock == 'near_optimal' and target == 'right'")
    cells = cells[cells["rival"] == "alg1_closest"].set_index("place")
    for statistic, start in (("median", "value"), ("average", "average")):
        choices = some | {"statistic": "averages" if statistic == "average" else statistic}
        rows = judge.finding("halved", choices).rows
        for row in rows:
            cell = cells.loc[f"corners_{row.label.split('×')[0]}"]
            assert row.found.value == cell[start]
            assert row.holds == (row.found.high < 0.5)
    growth = judge.finding("grows", some)
    assert growth.slope.value == cells.loc["growth", "value"]
    assert growth.verdict == ("confirmed" if growth.slope.high < 0 else "not confirmed")
    shares = judge.finding("right favourite", some)
    top = CELLS[CELLS["clock"] == "top"].set_index(["method", "place"])["value"]
    assert [row.found.value for row in shares.rows] == [
        top[name.removesuffix(" literal"), suite] for suite in WORLDS
    ]


def test_a_share_holds_only_if_its_whole_interval_does() -> None:
    worlds = RUNS.copy()
    here = (worlds["suite"] == "house_a") & (worlds["method"] == "alg2")
    worlds.loc[here, "top_right"] = (worlds.loc[here, "seed"] < 11).astype(float)  # of 20
    finding = Judge(TABLE, worlds, CELLS).finding("right favourite")
    house = finding.rows[-1]
    assert house.found.value == pytest.approx(0.55)
    assert house.found.low < 0.5
    assert house.holds is False
    assert (finding.verdict, finding.mark) == ("only in 6 of 7 worlds", "half")


def test_a_claim_asks_only_for_what_it_names(judge: Judge) -> None:
    """Any change of a choice that a card says does not touch it leaves its finding the same."""
    for name, claim in CLAIMS.items():
        for way in ("repaired", "text"):
            made = START | {"algorithm_2": way}
            for choice in set(CHOICES) - set(claim.asks(made)):
                found = [judge.finding(name, made | {choice: value}) for value in CHOICES[choice]]
                assert all(one is found[0] for one in found)
    assert CLAIMS["right favourite"].asks(START) == ["algorithm_2"]
    assert CLAIMS["right favourite"].asks(START | {"algorithm_2": "box"}) == ["algorithm_2", *OPEN]
    assert "algorithm_2" not in CLAIMS["cosine beats scratch"].asks(START)


def test_tables_that_lack_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="method 'alg2_identity'"):
        Judge(TABLE[TABLE["method"] != "alg2_identity"], RUNS, CELLS)
    with pytest.raises(ValueError, match="target 'mismatch'"):
        Judge(TABLE[TABLE["target"] != "mismatch"], RUNS, CELLS)
    with pytest.raises(ValueError, match="suite 'house_a'"):
        Judge(TABLE, RUNS[RUNS["suite"] != "house_a"], CELLS)
    lacks = TABLE[(TABLE["seed"] == 3) & (TABLE["method"] == "alg2")]
    with pytest.raises(ValueError, match="not complete"):
        Judge(TABLE.drop(lacks.index), RUNS, CELLS)


def test_a_finding_is_made_once(judge: Judge) -> None:
    """By the choices that matter to its claim; those that do not are not looked at."""
    assert judge.finding("beats scratch") is judge.finding("beats scratch", START)
    assert judge.verdicts({"clock": "first20"}) == {
        name: judge.finding(name, START | {"clock": "first20"}).verdict for name in CLAIMS
    }


@pytest.mark.parametrize(
    ("choices", "compared"),
    [
        ({}, [("alg2", "alg1")] * 2 + [("alg2", "scratch"), ("alg1", "scratch"),
                                       ("alg2", "alg1_cold")]),
        ({"algorithm_2": "identity", "algorithm_1": "closest"},
         [("alg2_identity", "alg1_closest")] * 2 + [("alg2_identity", "scratch"),
                                                    ("alg1_closest", "scratch"),
                                                    ("alg2_identity", "alg1_cold")]),
    ],
)  # fmt: skip
def test_a_claim_names_the_methods_that_are_run(
    choices: dict[str, str], compared: list[tuple[str, str]]
) -> None:
    asked = [claim for claim in CLAIMS.values() if claim.kind != "share"]
    assert [claim.compared(complete(choices)) for claim in asked] == compared


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"colour": "red"}, "there is no choice 'colour'; take some of clock, target"),
        ({"clock": "slow"}, "clock cannot be 'slow'; take one of first20"),
        ({"statistic": 5}, "statistic cannot be '5'; take one of median"),
        ({"clock": "x" * 1_000_000}, "clock cannot be 'x{40}'; take one of first20"),
        ({"\u202e\x00": "up"}, r"there is no choice '\\u202e\\x00'; take some of"),
    ],
)
def test_unknown_choices_are_refused(choices: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        complete(choices)
