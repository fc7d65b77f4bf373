"""How the widgets write numbers and squares."""

from __future__ import annotations


def square(cell: tuple[int, int], *more: str) -> str:
    """Where a square is, and what is there: what a screen reader says of it.

    Example:
        >>> square((3, 4)), square((3, 4), "red box", "goal")
        ('row 3, column 4', 'row 3, column 4, red box, goal')
    """
    row, column = cell
    return ", ".join((f"row {row}, column {column}", *more))


def decimals(value: float, digits: int = 2) -> str:
    """A number with decimals and a true minus, and none before a zero.

    Example:
        >>> decimals(-0.5), decimals(-0.001), decimals(0.9994, 3)
        ('−0.50', '0.00', '0.999')
    """
    return f"{round(value, digits):z.{digits}f}".replace("-", "−")


def number(value: float) -> str:
    """A reward, a return or a value, with two decimals if it is not whole, and a true minus.

    Example:
        >>> number(-2.9701), number(-4.9), number(-3.0), number(0.0)
        ('−2.97', '−4.90', '−3', '0')
    """
    return decimals(value, 0 if abs(value - round(value)) < 5e-3 else 2)


def count(many: int, what: str) -> str:
    """So many of something.

    Example:
        >>> count(1, "step"), count(2, "step"), count(2, "press")
        ('1 step', '2 steps', '2 presses')
    """
    ending = "" if many == 1 else "es" if what.endswith("s") else "s"
    return f"{many:,} {what}{ending}"
