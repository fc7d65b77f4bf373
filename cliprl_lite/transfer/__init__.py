"""From old policies to a start: alignment, weightings, both algorithms, their controls."""
