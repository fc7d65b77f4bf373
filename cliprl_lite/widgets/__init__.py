"""The course's widgets: thin shells over the library, one Python file and one ES module each."""

from cliprl_lite.widgets.grid_map import GridMap
from cliprl_lite.widgets.prediction import Prediction

__all__ = ["GridMap", "Prediction"]
