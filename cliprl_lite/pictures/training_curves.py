"""Curves of a training against its steps, as a picture that stands in a cell's output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._rounding import rounded
from cliprl_lite.pictures.charts import Axis, curves_svg
from cliprl_lite.pictures.drawing import colour, tag, text

WIDTH, HEIGHT = 520, 216
"""As wide as a cell of JupyterLab leaves room for, beside its list of files, on 1,000 pixels."""


@dataclass(frozen=True)
class Steps(Axis):
    """An axis of training steps: logarithmic, and yet with a place for 0.

    Example:
        >>> axis = Steps("steps", 0, 3000, (0, 10))
        >>> axis.share(0), axis.share(3000), round(axis.share(10), 2)
        (0.0, 1.0, 0.3)
    """

    def share(self, value: float) -> float:
        return float(np.log1p(value) / np.log1p(self.high))


@dataclass(frozen=True)
class Drawn:
    """A picture in a cell's output, in the colours of the page.

    Attributes:
        svg: the picture, with a ground of its own.
        words: what is seen, for pages and readers without pictures.
    """

    svg: str
    words: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        whole = self.svg.replace("<svg ", '<svg style="max-width:none" ', 1)
        frame = 'class="cl-root" style="overflow-x:auto" tabindex="0" role="region"'
        return {
            "text/html": f'<div {frame} aria-label="{text(self.words, 60)}">{whole}</div>',
            "image/svg+xml": self.svg,
            "text/plain": self.words,
        }


def training_curves(
    curves: Mapping[str, tuple[str, Mapping[int, float]]],
    label: str,
    ticks: Sequence[float],
    *,
    title: str,
) -> Drawn:
    """Up to three curves, each a number after several steps of a training.

    Args:
        curves: name → (voice, number of steps → value); voices as for `charts.bars_svg`.
        label: what the values are.
        ticks: where the axis of values is marked; it ends at the first and at the last of them.
        title: of the picture.

    Example:
        >>> path = {0: 0.2, 10: 1.0}
        >>> training_curves({"soft": ("map", path)}, "weight", (0, 1), title="w").words
        'w. soft: 0.20 at step 0, 1.00 at step 10.'
    """
    # Drawn as they are told: after thousands of steps further decimals hang on the processor.
    values = {name: rounded(list(path.values()), 2) for name, (_, path) in curves.items()}
    marks: dict[str, ArrayLike] = {name: list(path) for name, (_, path) in curves.items()}
    last = max(max(path) for _, path in curves.values())
    told = "; ".join(
        f"{name}: " + ", ".join(
            f"{value:z.2f} at step {step:,}"
            for step, value in zip(path, values[name].tolist(), strict=True)
        )
        for name, (_, path) in curves.items()
    ).replace("-", "−")  # fmt: skip
    words = f"{title}. {told}."
    drawn = curves_svg(
        {name: (voice, marks[name], values[name]) for name, (voice, _) in curves.items()},
        Steps("training steps", 0, last, [n for n in (0, 1, 3, 10, 100, 1000, 3000) if n <= last]),
        Axis(label, ticks[0], ticks[-1], ticks),
        title=title,
        description=words,
        width=WIDTH,
        height=HEIGHT,
    )
    ground = tag("rect", width=WIDTH, height=HEIGHT, fill=colour("page"))
    return Drawn(drawn.replace("</desc>", f"</desc>{ground}", 1), words)
