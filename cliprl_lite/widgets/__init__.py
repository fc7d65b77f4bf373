"""The course's widgets: thin shells over the library, one Python file and one ES module each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "AlignmentScrubber": "alignment_scrubber",
    "AverageSlider": "average_slider",
    "BackupBoard": "backup_board",
    "Drive": "drive",
    "GridMap": "grid_map",
    "Heatmaps": "heatmaps",
    "HopeBoard": "hope_board",
    "HouseBoard": "house_board",
    "LearnerLab": "learner_lab",
    "MissionBoard": "mission_board",
    "MultiverseBoard": "multiverse_board",
    "Prediction": "prediction",
    "Progress": "progress",
    "Race": "race",
    "SentenceRuler": "sentence_ruler",
    "StepBoard": "step_board",
    "Tour": "tour",
    "VerdictCards": "verdict_cards",
    "WeightMixer": "weight_mixer",
    "WorldEditor": "world_editor",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'cliprl_lite.widgets' has no attribute {name!r}")
    value = getattr(import_module(f"cliprl_lite.widgets.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
