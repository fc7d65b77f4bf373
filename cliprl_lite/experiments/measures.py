"""The measures of one learning run: what a row of a result table says of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.statistics import regret
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES, REGRET_EPISODES, first20
from cliprl_lite.learning.network_training import NetworkRun
from cliprl_lite.learning.runs import Run


def measure(run: Run | NetworkRun) -> dict[str, Any]:
    """The measures of one learning run, named as in `COLUMNS`.

    Example:
        >>> from cliprl_lite import GridWorld, learn
        >>> world = GridWorld.open_map(5)
        >>> perfect = measure(learn(world, (0, 0), world.optimal_q((0, 0))))
        >>> perfect["optimal"], perfect["zero_shot_success"], perfect["few_shot_return"]
        (0, 1.0, -4.1667)
    """
    before, after, last = run.checks[0], run.few_shot, run.checks[-1]
    lengths, shortest = run.episode_lengths, run.episode_shortest
    first = first20(lengths)
    until_regret = slice(0, REGRET_EPISODES)
    return {
        "zero_shot_success": round(before.success, 6),
        "zero_shot_path": round(before.mean_path, 4),
        # Cut off before 20 episodes were over: they would have taken all these steps and more.
        "first20": run.steps / FEW_SHOT_EPISODES if first is None else float(rounded(first)),
        "first20_censored": first is None,
        "few_shot_return": round(-after.mean_path, 4) if after else np.nan,
        "regret": regret(lengths[until_regret], shortest[until_regret])
        if len(lengths) >= REGRET_EPISODES
        else np.nan,
        "near_optimal": run.steps if run.steps_near_optimal is None else run.steps_near_optimal,
        "near_optimal_censored": run.steps_near_optimal is None,
        "optimal": run.steps if run.steps_optimal is None else run.steps_optimal,
        "optimal_censored": run.steps_optimal is None,
        "asymptote": round(last.mean_path / last.shortest, 6),
    }
