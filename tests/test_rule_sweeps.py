"""Rules against teachers as a sweep: who meets whom, and that a row is a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_sweep import assert_same

from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.rule_sweeps import (
    RULE_COLUMNS,
    RULE_SETTINGS,
    TEACHERS,
    RuleJob,
    RuleSweep,
    rules_sweep,
    run_rules,
)
from cliprl_lite.experiments.sweeps import run_sweep
from cliprl_lite.experiments.trials import Job, align_bases, choose_starts
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.transfer.weightings import ZeroSumError
from cliprl_lite.worlds.greedy import expected_path
from cliprl_lite.worlds.suite_files import load_suite

SMALL = RuleSweep((("corners", 5),), trials=2, rules=("scratch", "warm", "map_hope"))


def run(sweep: RuleSweep, out: Path | None = None, workers: int = 1):
    return run_sweep(sweep, out, workers=workers, progress=False)


def test_every_rule_meets_every_target_with_every_teacher_once() -> None:
    rows = [tuple(row.values()) for job in SMALL.jobs() for row in job.rows]
    assert len(rows) == len(set(rows)) == 2 * 3 * (1 + 2 * len(TEACHERS))
    alone = {row["teacher"] for row in SMALL.jobs()[0].rows if row["rule"] == "scratch"}
    assert alone == {"nobody"}


def test_a_row_is_the_run_of_its_rule_from_its_teachers_table() -> None:
    """Learned here by hand; those of the plain warm start are the rows of the other experiments."""
    suite = load_suite("corners", 6)
    job = RuleJob(suite, 3, ("right",), ("warm", "memory", "scratch"), ("alg2", "oracle"))
    policies = policy_class("tabular").learn_bases(suite, 3)
    met = Job(suite, 3, ("right",), ("alg2", "oracle"), 10_000)
    starts = choose_starts(met, policies, align_bases(met, policies))
    tables = {meeting.method.name: start.policy.q for meeting, start in starts.items()}
    goal = suite.transfer("right").target.goal
    for row in run_rules(job):
        rng = rng_for(3, "corners_6", "right")
        table = tables.get(row["teacher"])
        learner = {} if row["rule"] != "memory" else {"learner": RULES["memory"].learner}
        done = learn(suite.world, goal, table, rng, **learner)
        assert {clock: row[clock] for clock in CLOCKS} == pytest.approx(done.clocks)
        assert not any(row[f"{clock}_censored"] for clock in CLOCKS)


def test_the_worst_teacher_is_the_contrary_of_the_oracle() -> None:
    suite = load_suite("house_b")
    tables = RuleJob(suite, 0, (), ("warm",), ("oracle", "worst")).teacher_tables()
    policies = policy_class("tabular").learn_bases(suite, 0)
    for transfer in suite.transfers():
        target, goal = transfer.target.name, transfer.target.goal
        paths = [expected_path(policies[base.name].q, suite.world, goal) for base in transfer.bases]
        for name, best in (("oracle", min(paths)), ("worst", max(paths))):
            found = expected_path(tables[target, name], suite.world, goal)
            assert found == pytest.approx(best)


def test_a_teacher_that_does_not_exist_fails_by_every_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Scores that cancel have no literal weights."""

    def cancel(scores: np.ndarray) -> np.ndarray:
        raise ZeroSumError

    monkeypatch.setitem(choose_starts.__globals__["WEIGHTINGS"], "literal", cancel)
    job = RuleJob(load_suite("corners", 5), 0, ("left",), ("warm",), ("alg1", "worst"), cap=400)
    failed, sound = run_rules(job)
    assert (failed["first20"], failed["near_optimal"], failed["optimal"]) == (20, 400, 400)
    assert all(failed[f"{clock}_censored"] for clock in CLOCKS)
    assert not sound["first20_censored"]


def test_workers_and_pieces_do_not_change_the_table(tmp_path: Path) -> None:
    whole = run(SMALL)
    assert list(whole.columns) == list(RULE_COLUMNS)
    assert_same(run(SMALL, workers=2), whole)
    run(replace(SMALL, trials=1), tmp_path / "rules.csv")
    assert_same(run(SMALL, tmp_path / "rules.csv"), whole)
    assert_same(read_table(tmp_path / "rules.csv", RULE_COLUMNS), whole)


def test_a_table_of_other_constants_is_not_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(replace(SMALL, trials=1), tmp_path / "rules.csv")
    monkeypatch.setitem(RULE_SETTINGS, "map_hope", {"share": 0.7})
    with pytest.raises(ValueError, match="other rules"):
        run(SMALL, tmp_path / "rules.csv")


def test_the_constants_that_are_told_are_those_that_are_used() -> None:
    """Those of `begin` by name, in what the rule remembers or in what it makes of them."""
    teacher, map_of = np.full((25, 4), -2.0), load_suite("corners", 5).world.next_state
    for name, settings in RULE_SETTINGS.items():
        rule = RULES[name]
        told = {key: value for key, value in settings.items() if key != "tolerance"}
        handed = (teacher, map_of) if rule.knows_map else (teacher,)
        for mine, other in zip(rule.begin(*handed), rule.begin(*handed, **told), strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"trials": 0}, "whole numbers from 1"),
        ({"cap": 0}, "whole numbers from 1"),
        ({"rules": ()}, "each once"),
        ({"rules": ("warm", "warm")}, "each once"),
        ({"rules": ("hope",)}, "no rule 'hope'"),
        ({"teachers": ("alg3",)}, "no teacher 'alg3'"),
        ({"targets": ("middle",)}, "no target 'middle'"),
    ],
)
def test_what_cannot_be_run_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RuleSweep((("corners", 5),), **wrong)


def test_the_battery_has_suites_that_no_rule_was_made_on() -> None:
    names = {job.suite.name for job in rules_sweep(trials=1).jobs()}
    assert {"garden", "library", "workshop", "house_a", "corners_25", "shapes_16"} <= names
    assert not any(name.startswith("dev_") for name in names)
