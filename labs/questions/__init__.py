"""What the autograder asks in each lab, and what it is worth."""

from judge import Graded

from questions import lab1, lab2, lab3

GRADED: dict[str, dict[str, Graded]] = {
    "lab1_tabular_learning": lab1.GRADED,
    "lab2_language_and_policies": lab2.GRADED,
    "lab3_alignment_and_transfer": lab3.GRADED,
}
"""Graded cells by the name of the lab and the cell's `grade_id`."""
