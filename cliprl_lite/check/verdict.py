"""What a check says of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """A judgement in words, shown as the last line of an exercise's cell.

    Attributes:
        mark: `"right"`, `"wrong"`, or `"not yet"` for an exercise that nobody has begun.
        words: what is right, or what is wrong and why that mistake is common. Never the answer.

    Example:
        >>> wrong("the goal's row has to stay 0: nothing is earned after the end")
        ✗ Not quite: the goal's row has to stay 0: nothing is earned after the end
    """

    mark: Literal["right", "wrong", "not yet"]
    words: str

    def __post_init__(self) -> None:
        """Replace half characters, which a reader's words may hold: they cannot be shown."""
        object.__setattr__(self, "words", self.words.encode("utf-8", "replace").decode())

    @property
    def passed(self) -> bool:
        """The answer is right."""
        return self.mark == "right"

    def __repr__(self) -> str:
        return f"{_SIGNS[self.mark]}: {self.words}"

    def _repr_html_(self) -> str:
        sign = _SIGNS[self.mark]
        return (
            '<p style="border-left:4px solid currentColor;padding:4px 12px;margin:4px 0">'
            f"<b>{sign}</b>: {escape(self.words)}</p>"
        )


_SIGNS = {"right": "✓ Right", "wrong": "✗ Not quite", "not yet": "… Not yet"}


def right(words: str) -> Verdict:
    """The answer is right, and this is what it shows."""
    return Verdict("right", words)


def wrong(words: str) -> Verdict:
    """The answer is wrong, and this is what is wrong with it."""
    return Verdict("wrong", words)


def not_yet(words: str = "fill in the dots, and run the cell again") -> Verdict:
    """Nobody has begun."""
    return Verdict("not yet", words)
