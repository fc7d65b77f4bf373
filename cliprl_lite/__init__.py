"""cliprl_lite: which old agent should teach the new one?

A small library behind an interactive course on *CLIP-RL: Aligning Language and Policy
Representations for Task Transfer in Reinforcement Learning*. The names below are the front door;
each is loaded when it is first used, so that importing the package costs next to nothing.

Example:
    >>> import cliprl_lite as clip
    >>> suite = clip.load_suite("house_a")
    >>> suite.transfer("go to the red cone").target.goal
    (4, 1)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "_rounding": ["favourites", "rounded"],
    "worlds.gridworld": ["ACTIONS", "DISCOUNT", "GridWorld"],
    "worlds.tasks": ["SuiteError", "Task", "TaskSuite", "Transfer", "load_suite", "suite_names"],
    "language.sentences": ["embed", "novelty"],
    "transfer.alignment": [
        "IDENTITY",
        "PAPER_BOX",
        "PAPER_TEXT",
        "Alignment",
        "AlignmentSettings",
        "contrastive_gradient",
        "contrastive_loss",
        "cosine_similarity",
        "soft_targets",
    ],
    "transfer.alignment_training": ["DivergedError", "align", "align_batch", "align_paths"],
    "transfer.sensitivity": ["sensitivity"],
    "transfer.alignment_record": ["align_suite", "record_alignment"],
    "worlds.greedy": ["GreedyEvaluation", "evaluate_greedy", "greedy_actions"],
    "learning.clocks": ["CLOCKS"],
    "learning.qlearning": ["Learner", "Run", "learn"],
    "learning.networks": [
        "NetworkFileError",
        "NetworkSettings",
        "features",
        "forward",
        "initialise",
        "load_networks",
        "save_networks",
    ],
    "learning.network_training": ["NetworkRun", "deep_q_learning", "distil", "fitted_q_iteration"],
    "learning.interpolation": ["interpolate", "loss_barrier"],
    "learning.matching": ["match", "matching_permutations", "permute"],
    "learning.policies": [
        "MODALITIES",
        "MLPPolicy",
        "TabularPolicy",
        "average",
        "average_q",
        "learn_policy",
        "policy_vectors",
    ],
    "transfer.methods": ["METHODS", "NETWORK_METHODS", "ridge_scores"],
    "experiments.policy_classes": ["POLICY_CLASSES", "rng_for"],
    "transfer.weightings": ["WEIGHTINGS", "clipped", "closest", "literal", "softmax"],
    "transfer.algorithms": ["WarmStart", "algorithm_1", "algorithm_2", "warm_start"],
    "experiments.statistics": [
        "Interval",
        "fit_growth",
        "median_interval",
        "paired_log_ratio",
        "regret",
    ],
    "experiments.sweeps": ["Sweep", "figure2_sweep", "run_sweep", "worlds_sweep"],
    "experiments.results": ["COLUMNS", "ratios", "read_table", "summarise", "to_table", "verdicts"],
    "experiments.trials": ["Job", "measure", "run_job"],
    "_paths": ["data_path"],
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'cliprl_lite' has no attribute {name!r}")
    value = getattr(import_module(f"cliprl_lite.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
