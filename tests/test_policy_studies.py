"""Structure and averages of base policies, against answers by hand and another library."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.metrics import roc_auc_score

from cliprl_lite.experiments.policy_classes import POLICY_CLASSES, Networks, policy_class
from cliprl_lite.experiments.policy_studies import (
    AVERAGE_COLUMNS,
    MODALITY_COLUMNS,
    TWIN_SEED,
    Study,
    StudyJob,
    average_rows,
    modality_rows,
    structure,
)
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.sweeps import run_sweep
from cliprl_lite.learning.matching import match
from cliprl_lite.learning.networks import features, forward
from cliprl_lite.learning.policies import MODALITIES
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task

SUITE = load_suite("corners", 6)
TASKS = SUITE.tasks


def test_structure_by_hand() -> None:
    """Groups a, a, b, b. The first task's nearest is wrong, the fourth's is a tie of wrong and
    right; of the eight comparisons of a pair within with a pair across, three are lost."""
    tasks = tuple(Task(n, n, (0, 0), group=n[0]) for n in ("a1", "a2", "b1", "b2"))
    similarity = np.array(
        [
            [9.0, 0.5, 0.7, 0.2],
            [0.5, 9.0, 0.1, 0.3],
            [0.7, 0.1, 9.0, 0.3],
            [0.2, 0.3, 0.3, 9.0],
        ]
    )
    nearness = np.array([[0, 5, 6, 2], [5, 0, 1, 4], [6, 1, 0, 3], [2, 4, 3, 0]])
    found = structure(similarity, tasks, nearness)
    assert found["nearest_right"] == (0 + 1 + 0 + 0.5) / 4
    same = [a.group == b.group for a, b in combinations(tasks, 2)]
    values = [similarity[i, j] for i, j in combinations(range(4), 2)]
    assert found["pair_order"] == pytest.approx(roc_auc_score(same, values))
    # Ranks of 0.5, 0.7, 0.2, 0.1, 0.3, 0.3 against those of 5, 6, 2, 1, 4, 3.
    ranks = np.array([[5, 6, 2, 1, 3.5, 3.5], [5, 6, 2, 1, 4, 3]])
    assert found["map_order"] == pytest.approx(np.corrcoef(ranks)[0, 1], abs=1e-6)


def test_modalities_of_tables() -> None:
    """Of a table, weights and Q-values are one thing; corners know their sides."""
    weights, q_values, *rest = modality_rows(StudyJob(SUITE, "tabular", 1))
    assert [row["modality"] for row in (weights, q_values, *rest)] == list(MODALITIES)
    assert {**weights, "modality": ""} == {**q_values, "modality": ""}
    assert set(weights) == set(MODALITY_COLUMNS)
    policies = policy_class("tabular").learn_bases(SUITE, 1)
    tables = np.stack([policies[task.name].q.ravel() for task in TASKS])
    nearness = -np.arange(16).reshape(4, 4)
    expected = structure(np.corrcoef((tables - tables.mean(axis=0)).T.T), TASKS, nearness)
    # Correlation centres each row as well, which changes little here: the order is the same.
    assert weights["nearest_right"] == expected["nearest_right"]


def test_matching_changes_what_the_weights_tell_and_nothing_else() -> None:
    independent, matched = (
        {row["modality"]: row for row in modality_rows(StudyJob(SUITE, name, 0))}
        for name in ("mlp-independent", "mlp-matched")
    )
    for modality in ("q-values", "actions"):
        for column in ("nearest_right", "pair_order", "map_order"):
            assert independent[modality][column] == matched[modality][column]
    assert independent["weights"]["map_order"] != matched["weights"]["map_order"]


@pytest.mark.parametrize("policy", ["mlp", "mlp-independent", "mlp-matched"])
def test_what_lies_between_networks_by_hand(policy: str) -> None:
    rows = {row["relation"]: row for row in average_rows(StudyJob(SUITE, policy, 0))}
    learners = POLICY_CLASSES[policy]
    assert isinstance(learners, Networks)
    learned = learners.learn_bases(SUITE, 0)
    x, world = features(SUITE.world, "fourier"), SUITE.world
    numbers = {"same group": 2, "other group": 4}
    if policy != "mlp":
        numbers["same task"] = 4
        twins = Networks("independent").learn_bases(SUITE, TWIN_SEED)
        arrived = []
        for task in TASKS:
            a, b = learned[task.name].parameters, twins[task.name].parameters
            b = match(a, b) if policy == "mlp-matched" else b
            half = [((w + v) / 2, (c + d) / 2) for (w, c), (v, d) in zip(a, b, strict=True)]
            arrived.append(evaluate_greedy(forward(half, x), world, task.goal).success)
        assert rows["same task"]["success"] == pytest.approx(np.mean(arrived), abs=1e-6)
    assert {relation: row["pairs"] for relation, row in rows.items()} == numbers
    agreement, barrier = [], []
    for first, second in combinations(TASKS, 2):
        if first.group != second.group:
            continue
        a, b = learned[first.name], learned[second.name]
        goals = [world.state(task.goal) for task in (first, second)]
        middle = a.with_vector((a.vector + b.vector) / 2).q
        good = [
            (a.q[s] + b.q[s])[middle[s].argmax()] / 2 >= (a.q[s] + b.q[s]).max() / 2 - 0.1
            for s in range(world.n_states)
            if s not in goals
        ]
        agreement.append(np.mean(good))
        exact = [world.optimal_q(task.goal) for task in (first, second)]

        def error(share: float, a=a, b=b, exact=exact, goals=goals) -> float:
            q = a.with_vector((1 - share) * a.vector + share * b.vector).q
            off = q - (1 - share) * exact[0] - share * exact[1]
            return float(np.square(np.delete(off, goals, axis=0)).mean())

        line = [error(s) - (1 - s) * error(0.0) - s * error(1.0) for s in np.linspace(0, 1, 25)]
        barrier.append(max(0.0, *line))
    assert rows["same group"]["agreement"] == pytest.approx(np.mean(agreement), abs=1e-6)
    assert rows["same group"]["barrier"] == pytest.approx(np.median(barrier), abs=1e-5)
    assert set(rows["same group"]) == set(AVERAGE_COLUMNS)


def test_a_table_learned_twice_has_a_good_middle() -> None:
    (twins, *_) = average_rows(StudyJob(SUITE, "tabular", 0))
    assert (twins["relation"], twins["pairs"], twins["barrier"]) == ("same task", 4, 0.0)
    assert twins["success"] == 1.0


@pytest.mark.parametrize("name", ["modalities", "averages"])
@pytest.mark.parametrize("policy", ["tabular", "mlp"])
def test_a_study_is_kept_and_goes_on(name: str, policy: str, tmp_path: Path) -> None:
    out = tmp_path / "study.csv"
    study = Study(name, (("corners", 6),), 1, (policy,))
    first = run_sweep(study, out, workers=1, progress=False)
    ran = []

    def note(job: StudyJob) -> list:
        ran.append(job.key)
        return [{**row, "seed": job.seed} for row in first.to_dict("records")]

    more = replace(study, trials=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Study, "work", property(lambda _: note))
        table = run_sweep(more, out, workers=1, progress=False)
    assert ran == [f"corners_6|{policy}|1"]
    assert len(table) == 2 * len(first)
    again = read_table(out, study.columns)
    assert_frame_equal(again[again["seed"] == 0].reset_index(drop=True), first, check_dtype=False)
    with pytest.raises(ValueError, match="other policies"):
        run_sweep(replace(study, policies=("mlp-matched",)), out, workers=1, progress=False)


@pytest.mark.parametrize(
    ("name", "policy", "column", "expected"),
    [
        ("modalities", "tabular", "modality", ["weights", "q-values", "actions", "visits"]),
        ("averages", "tabular", "relation", ["same task", "same group", "other group"]),
        ("averages", "mlp", "relation", ["same group", "other group"]),
    ],
)
def test_the_rows_of_a_job_are_known_before_it_is_run(
    name: str, policy: str, column: str, expected: list[str]
) -> None:
    study = Study(name, (("corners", 6),), 1, (policy,))
    (job,) = study.jobs()
    key = {"suite": "corners_6", "size": 6, "policy": policy, "seed": 0}
    by_hand = [key | {column: value} for value in expected]
    assert study.rows_of(job) == by_hand
    assert [{cell: row[cell] for cell in by_hand[0]} for row in study.work(job)] == by_hand


def test_a_study_that_lost_a_row_gets_it_back(tmp_path: Path) -> None:
    out = tmp_path / "study.csv"
    study = Study("averages", (("corners", 6),), 1, ("tabular",))
    first = run_sweep(study, out, workers=1, progress=False)
    whole = out.read_bytes()
    out.write_bytes(b"".join(line for line in whole.splitlines(True) if b"same group" not in line))
    assert_frame_equal(run_sweep(study, out, workers=1, progress=False), first)
    assert out.read_bytes() == whole


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ({"name": "colours"}, "no study 'colours'; take one of modalities, averages"),
        ({"trials": 0}, "at least one trial"),
        ({"suites": ()}, "each once"),
        ({"suites": (("house_a", None), ("house_a", None))}, "each once"),
        ({"policies": ("mlp", "mlp")}, "each once"),
        ({"policies": ("cnn",)}, "no class of policies 'cnn'"),
    ],
)
def test_a_study_that_cannot_be(choices: dict, complaint: str) -> None:
    good = Study("averages", (("house_a", None),), policies=("tabular",))
    with pytest.raises(ValueError, match=complaint):
        replace(good, **choices)


def test_a_suite_without_groups_has_no_structure(tmp_path: Path) -> None:
    file = tmp_path / "plain.toml"
    file.write_text(
        'title = "plain"\nmap = """\na.b\n..c\n"""\n'
        + "".join(f'[[tasks]]\nsentence = "go to {g}"\ngoal = "{g}"\n' for g in "abc"),
        "utf-8",
    )
    with pytest.raises(ValueError, match="'plain' has no groups of tasks"):
        Study("modalities", ((str(file), None),))
