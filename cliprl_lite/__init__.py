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
    "_paths": "data_path",
    "_rounding": "favourites rounded",
    "language.sentences": "embed novelty",
    "worlds.finite_world": "DISCOUNT FiniteWorld",
    "worlds.gridworld": "ACTIONS GridWorld",
    "worlds.tasks": "Task TaskSuite",
    "worlds.suite_files": "load_suite save_suite",
    "worlds.greedy": "evaluate_greedy greedy_actions",
    "learning.clocks": "CLOCKS",
    "learning.qlearning": "Learner",
    "learning.runs": "learn",
    "learning.networks": "NetworkSettings features forward initialise load_networks save_networks",
    "learning.network_training": "distil fitted_q_iteration",
    "learning.between_networks": "interpolate",
    "learning.matching": "match permute",
    "learning.policies": "MLPPolicy TabularPolicy learn_policy policy_vectors",
    "learning.averaging": "average average_q",
    "transfer.contrastive_loss": "contrastive_gradient contrastive_loss",
    "transfer.alignment": "IDENTITY PAPER_BOX PAPER_TEXT AlignmentSettings cosine_similarity",
    "transfer.alignment_training": "align align_paths",
    "transfer.sensitivity": "sensitivity",
    "transfer.held_out_alignment": "align_suite record_alignment",
    "transfer.first_steps": "gradient_step suite_first_steps",
    "transfer.methods": "find_method ridge_scores",
    "transfer.weightings": "WEIGHTINGS clipped closest literal softmax",
    "transfer.algorithms": "algorithm_1 algorithm_2 warm_start",
    "experiments.statistics": "fit_growth paired_log_ratio",
    "experiments.results": "COLUMNS ratios read_table summarise to_table verdicts",
    "experiments.trials": "Job run_job",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'cliprl_lite' has no attribute {name!r}")
    value = getattr(import_module(f"cliprl_lite.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
