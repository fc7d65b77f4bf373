"""The page that holds the whole paper says what the library says."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite import Learner, TabularPolicy, algorithm_1, algorithm_2, embed, load_suite, minimal
from cliprl_lite import align as align_in_mixtures

HOUSE = load_suite("house_a")
OLD = [task for task in HOUSE.tasks if task.sentence != "go to the red cone"]
NEW = HOUSE.transfer("go to the red cone").target


@pytest.fixture(scope="module")
def policies() -> np.ndarray:
    """Exact values of the fifteen known tasks, `[15, S, 4]`."""
    return np.stack([HOUSE.world.optimal_q(task.goal) for task in OLD])


def test_the_house_is_that_of_the_course() -> None:
    follows, goals = minimal.world()
    assert follows.tolist() == HOUSE.world.next_state.tolist()
    assert [task.sentence for task in HOUSE.tasks] == minimal.SENTENCES
    assert goals == [HOUSE.world.state(task.goal) for task in HOUSE.tasks]
    assert minimal.embed(minimal.SENTENCES).tolist() == embed(minimal.SENTENCES).tolist()


@pytest.mark.parametrize("optimism", [0.0, -3.0])
def test_q_learning_is_that_of_the_library_to_the_bit(optimism: float) -> None:
    follows, goals = minimal.world()
    start = HOUSE.world.optimal_q(OLD[3].goal) + optimism
    learner = Learner(HOUSE.world, NEW.goal, start, seed=5)
    learner.run(10**6, last_episode=30)
    start[goals[minimal.NEW]] = 0
    lengths = minimal.q_learning(follows, goals[minimal.NEW], start, 30, np.random.default_rng(5))
    assert lengths == learner.episode_lengths.tolist()
    assert start.tobytes() == learner.q.tobytes()


def test_descent_on_the_whole_towers_is_that_on_mixtures(policies: np.ndarray) -> None:
    said, tables = embed([task.sentence for task in OLD]), policies.reshape(15, -1)
    x, y = (minimal.unit(rows - rows.mean(axis=0)) for rows in (said, tables))
    mine = minimal.align(x, y, np.random.default_rng(7))
    its = align_in_mixtures(said, tables, seed=7).sentence_tower.matrix
    assert np.abs(mine - its).max() < 1e-10


def test_both_algorithms_weigh_as_the_library_does(policies: np.ndarray) -> None:
    old = [TabularPolicy(HOUSE.world, table) for table in policies]
    known = [task.sentence for task in OLD]
    mine = minimal.weigh(policies)
    its = {
        "Algorithm 1": algorithm_1(NEW.sentence, known, old),
        "Algorithm 2, repaired": algorithm_2(NEW.sentence, known, old, seed=0),
    }
    for name, start in its.items():
        assert np.abs(mine[name] - start.weights).max() < 1e-5
    assert not mine["from scratch"].any()


def test_it_prints_a_faster_learner(capsys: pytest.CaptureFixture[str]) -> None:
    minimal.main()
    lines = capsys.readouterr().out.splitlines()
    scratch, words, repaired = (int(line.split(" steps")[0].split()[-1]) for line in lines)
    assert repaired < words / 2 < scratch
    assert "green cone" in lines[1]
    assert "go to the red" in lines[2]
