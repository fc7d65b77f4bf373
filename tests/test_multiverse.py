"""The multiverse: what is combined, its trainings, its trials, and what the table says."""

from __future__ import annotations

from dataclasses import replace

import multiverse as bench
import numpy as np
import pytest
import torch
from multiverse import Part, Trial, by_adam, by_descent

from cliprl_lite.experiments.multiverse import combinations, plan, trainings
from cliprl_lite.experiments.results import to_table
from cliprl_lite.experiments.sweeps import run_sweep
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.transfer.alignment import PAPER_BOX, AlignmentSettings, cosine_similarity
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.worlds.suite_files import load_suite


@pytest.fixture(scope="module")
def pairs() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(5)
    said = rng.normal(1.0, 1.0, (1, 1, 24)) + rng.normal(0, 0.4, (3, 5, 24))
    return said, rng.normal(-20.0, 5.0, (3, 5, 60)), list(rng.normal(1.0, 1.0, (3, 2, 24)))


def test_every_value_of_every_choice_is_combined_with_every_other() -> None:
    every = combinations()
    assert len(set(every)) == len(every) == 2 * 4 * 2 * 3 * 2 * 2 * 3
    assert len({one.name for one in every}) == len(every)


def test_no_trial_of_the_multiverse_is_one_of_the_tables_that_were_looked_at() -> None:
    assert plan()["first_seed"] >= 1000


def rngs(number: int) -> list:
    return [lambda seed=seed: np.random.default_rng(seed) for seed in range(number)]


def test_trainings_by_adam_are_those_of_towers_trained_alone(pairs) -> None:
    """An answer of its own: one pair of towers, autograd, `torch.optim.Adam`, no batch."""
    said, learned, new = pairs
    own = replace(PAPER_BOX, learning_rate=0.01, steps=20, dimension=7)
    found = by_adam(said, learned, new, [own] * 3, [5, 20], rngs(3))
    for number in range(3):
        rng = np.random.default_rng(number)
        x, y = (
            torch.tensor(rows[number] / np.linalg.norm(rows[number], axis=1, keepdims=True))
            for rows in (said, learned)
        )
        w, v = (
            torch.tensor(rng.standard_normal((width, 7)) / width**0.5).requires_grad_()
            for width in (24, 60)
        )
        adam = torch.optim.Adam([w, v], lr=0.01)
        for step in range(1, 21):
            logits = (x @ w) @ (y @ v).T / 0.5
            truth = torch.arange(5)
            cross = torch.nn.functional.cross_entropy
            loss = (cross(logits, truth) + cross(logits.T, truth)) / 2
            adam.zero_grad()
            loss.backward()
            adam.step()
            if step in (5, 20):
                tower = w.detach().numpy()
                expected = cosine_similarity(new[number] @ tower, x.numpy() @ tower)
                place = (5, 20).index(step)
                np.testing.assert_allclose(found[number][place], expected, rtol=0, atol=1e-9)


def test_a_training_that_diverges_is_none_and_leaves_the_others_alone(pairs) -> None:
    said, learned, new = pairs
    calm = AlignmentSettings("dot", "identity", False, True, 0.5, 10, 0.1, 7)
    wild = replace(calm, unit_length=False, learning_rate=1e200)
    found = by_descent(said, learned, new, [calm, wild, calm], [0, 10], rngs(3))
    for number in (0, 2):
        alone = align(said[number], learned[number], calm, number)
        assert (found[number][1] == alone.similarity(new[number], said[number])).all()
    assert found[1][0] is not None  # before any step
    assert found[1][1] is None


def test_a_trial_gives_its_rivals_the_rows_of_an_ordinary_sweep() -> None:
    trial = Trial("corners", load_suite("corners", 5), 1000)
    table = to_table(bench.learned_rows(trial), bench.RUN_COLUMNS)
    ordinary = to_table(run_job(trial.job)).set_index(["target", "method"])
    for row in table[table["method"].isin(bench.RIVALS)].to_dict("records"):
        expected = ordinary.loc[(row["target"], row["method"])]
        for clock in ("first20", "near_optimal", "optimal"):
            assert row[clock] == expected[clock]


def test_a_combination_is_learned_as_a_method_of_its_settings_would_be(monkeypatch) -> None:
    """The short way round, equal starts once, gives what an ordinary trial gives."""
    from cliprl_lite.transfer.methods import METHODS, Method

    one = next(o for o in combinations() if o.name == "dot 0.5 descent flat raw unit literal")
    row = trainings().set_index(bench.TRAINING).loc[("dot", 0.5, "descent", False, True)]
    own = AlignmentSettings("dot", "identity", False, True, 0.5, int(row["flat"]),
                            float(row["learning_rate"]))  # fmt: skip
    monkeypatch.setitem(METHODS, "as_one", Method("as_one", "", "alignment", "literal", own))
    suite = load_suite("corners", 6)
    ordinary = to_table(run_job(Job(suite, 1000, (), ("as_one",), 10_000_000)))
    table = to_table(bench.learned_rows(Trial("corners", suite, 1000)), bench.RUN_COLUMNS)
    mine = table[table["method"] == one.name]
    for clock in ("first20", "near_optimal", "optimal"):
        assert mine[clock].tolist() == ordinary[clock].tolist()


def test_worlds_leave_out_three_tasks_a_trial_and_say_which_teacher_is_on_top() -> None:
    trial = Trial("worlds", load_suite("colours_6"), 1003)
    rows = bench.top_rows(trial)
    assert len({row["target"] for row in rows}) == 3
    assert len(rows) == 3 * (96 + len(bench.RIVALS) - 1) + 96  # by Adam only the first
    assert {row["top_right"] for row in rows} <= {0.0, 0.5, 1.0}


def test_a_part_goes_on_where_it_was_stopped(tmp_path) -> None:
    part = Part("worlds", 0.05, ("colours_6",))
    whole = run_sweep(part, tmp_path / "a.csv", workers=1, progress=False)
    more = run_sweep(replace(part, share=0.1), tmp_path / "a.csv", workers=1, progress=False)
    assert len(more) == 2 * len(whole)
    assert more.iloc[: len(whole)].to_dict() == whole.to_dict() or set(whole["seed"]) < set(
        more["seed"]
    )
