"""nbgrader's settings for the labs. A class's folder, which `make labs` writes, builds on them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where the judge is

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)  # fmt: skip
from nbgrader_judge import ExecuteToTheEnd, FirstOfCopies, Judge

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it here)

c.CourseDirectory.course_id = "cliprl-lite"

# What the student finds in place of a solution. It really raises, so that an unanswered question
# says so.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your turn")'}
c.ClearSolutions.text_stub = "*Your answer stands here.*"

# The notebook is run for what it shows, and then judged apart from that.
c.Autograde.sanitize_preprocessors = [
    ClearOutput, FirstOfCopies, OverwriteKernelspec, OverwriteCells, CheckCellMetadata,
]  # fmt: skip
c.Autograde.autograde_preprocessors = [
    ExecuteToTheEnd, Judge, IgnorePattern, ClearMetadataPreprocessor, LimitOutput, SaveAutoGrades,
    AssignLatePenalties, CheckCellMetadata,
]  # fmt: skip

# A deleted cell with tests comes back.
c.OverwriteCells.add_missing_cells = True

# Seconds for one cell, when the notebook is run for what it shows.
c.ExecutePreprocessor.timeout = 120

# Widgets and figures as pictures, on the pages of formgrader and of the feedback too.
c.HTMLExporter.preprocessors = ["cliprl_lite.course.offline"]
