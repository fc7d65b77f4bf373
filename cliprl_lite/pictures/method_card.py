"""A card of methods: for each, what is compared, what was trained, how scores become weights, and
which policies it looks at. The same card stands wherever methods meet, with the rows that matter.

Every fact is read from `transfer.methods`; the small bars are what its weighting makes of four
scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cliprl_lite._rounding import rounded
from cliprl_lite.pictures.charts import DASHES
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.transfer.alignment import AlignmentSettings
from cliprl_lite.transfer.methods import Method, ScoreSource, find_method
from cliprl_lite.transfer.weightings import (
    COLD_TEMPERATURE,
    SOFTMAX_TEMPERATURE,
    WEIGHTINGS,
)

SCORES = (0.6, 0.5, 0.2, -0.1)
"""The four scores of which every row shows the weights."""

ROWS = (
    "alg1_closest", "alg1", "alg1_cold", "alg2_closest", "alg2_box", "alg2_text", "alg2_identity",
    "alg2", "ridge", "pairs", "uniform", "oracle", "scratch",
)  # fmt: skip
"""Names of the methods on the whole card."""

HEADS = ("method", "what is compared", "trained towards", "weights", "looks at policies")

_COMPARED: dict[ScoreSource, str] = {
    "nothing": "nothing",
    "cosine": "the new sentence with each old one",
    "alignment": "the projected new sentence with each projected old one",
    "ridge": "the policy predicted from the new sentence with each old one",
    "pairs": "each pair of sentences, by whether the one's policy helped with the other's task",
    "uniform": "nothing",
    "random": "nothing: scores are drawn by lot",
    "true policy": "how long each old policy walks to the new goal",
}
_TARGETS = {
    "identity": "each sentence its own policy",
    "soft": "each sentence its own policy, and to a degree those like it",
}
_SIMILARITY = {"cosine": "cosine", "dot": "dot product"}
_LOOKS: dict[ScoreSource, str] = {
    "alignment": "of the old tasks",
    "ridge": "of the old tasks",
    "pairs": "no; it tried each on the other old tasks",
    "true policy": "of the old tasks, and at the answer: the true way to the new goal",
}
_WEIGHTS = {
    "": "no teacher",
    "literal": "d / Σd, as printed",
    "clipped": "d / Σd, negative ones left out",
    "softmax": f"softmax at {SOFTMAX_TEMPERATURE:g}",
    "cold": f"softmax at {COLD_TEMPERATURE:g}",
    "closest": "all on the highest d",
}
_VOICE: dict[ScoreSource, str] = {
    "cosine": "words",
    "alignment": "map",
    "ridge": "map",
    "pairs": "map",
}


_STYLE = """
.cl-root table.cl-card {
  border: 0; border-collapse: collapse; width: 100%; margin: 0; font-size: 14px; line-height: 20px;
  color: var(--ink); table-layout: auto;
}
.cl-root table.cl-card tbody tr:nth-child(n), .cl-root table.cl-card thead {
  background: none; border: 0;
}
.cl-root table.cl-card :is(th, td) {
  border: 0; border-bottom: 1px solid var(--hair); padding: 6px 12px 6px 0; max-width: none;
  text-align: left; vertical-align: top; white-space: normal; font-weight: 400;
}
.cl-root table.cl-card tr > th:first-child { padding-left: 12px; }
.cl-root table.cl-card tr.cl-about > th { border-left: 4px solid var(--ink); padding-left: 10px; }
.cl-root table.cl-card thead th { font-size: 13px; font-weight: 600; }
.cl-root table.cl-card thead th:nth-child(4) { width: 150px; }
@media (max-width: 640px) {
  .cl-root table.cl-card thead { position: absolute; clip-path: inset(50%); }
  .cl-root table.cl-card :is(tbody, tr, th, td) { display: block; }
  .cl-root table.cl-card tbody :is(th, td) { border-bottom: 0; padding: 2px 0 2px 12px; }
  .cl-root table.cl-card tbody td:last-child { border-bottom: 1px solid var(--hair); }
  .cl-root table.cl-card tbody td::before { content: attr(data-label) ": "; color: var(--none); }
}
"""
"""It stands in the card, and not in the widgets' style sheet, which every widget's state repeats.
JupyterLab would stripe, shrink and right-align a table."""


@dataclass(frozen=True)
class MethodCard:
    """Methods, a row each, as a table in a cell's output; on a narrow page a block each.

    Attributes:
        names: of the methods, in their order.
        about: those of them that stand out.
    """

    names: tuple[str, ...]
    about: tuple[str, ...]

    @property
    def words(self) -> str:
        """The card as text, a line for each method.

        Example:
            >>> print(method_card(["alg1"]).words)
            Algorithm 1: compared: the new sentence with each old one; trained towards: nothing \
is trained; weights: d / Σd, as printed; looks at policies: no
        """
        lines = []
        for name in self.names:
            label, *cells = facts(find_method(name))
            told = zip(HEADS[1:], cells, strict=True)
            lines.append(f"{label}: " + "; ".join(f"{head}: {cell}" for head, cell in told))
        return "\n".join(lines).replace("what is compared", "compared")

    @property
    def html(self) -> str:
        """The card as a table."""
        head = "".join(tag("th", head, scope="col") for head in HEADS)
        scores = ", ".join(f"{score:.1f}" for score in SCORES).replace("-", "−")
        note = f"The bars are the weights of four teachers whose scores d are {scores}."
        return tag(
            "div",
            tag("style", _STYLE),
            tag(
                "table",
                tag("thead", tag("tr", head)),
                tag("tbody", *(self._row(find_method(name)) for name in self.names)),
                class_="cl-card",
            ),
            tag("p", note, class_="cl-caption"),
            class_="cl-root",
        )

    def _row(self, method: Method) -> str:
        label, *cells = (text(cell) for cell in facts(method))
        stands_out = method.name in self.about
        named = tag("b", label) if stands_out else label
        first = tag("th", _sample(_VOICE.get(method.source, "none")), named, scope="row")
        rest = [
            tag("td", *((_bars(method),) if head == "weights" else ()), cell, data_label=head)
            for head, cell in zip(HEADS[1:], cells, strict=True)
        ]
        return tag("tr", first, *rest, class_="cl-about" if stands_out else None)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.words}


def method_card(names: Sequence[str] = ROWS, about: Sequence[str] = ()) -> MethodCard:
    """The card of these methods.

    Args:
        names: names in `ALL_METHODS`, a row each.
        about: those of them that the reader has before them; they stand out.

    Raises:
        ValueError: if there is no such method, or one stands out that has no row.

    Example:
        >>> card = method_card(["alg1_closest", "alg2"], about=["alg2"])
        >>> card.html.count("<tr"), card.html.count('class="cl-about"')
        (3, 1)
    """
    for name in names:
        find_method(name)
    if missing := [name for name in about if name not in names]:
        raise ValueError(f"what stands out has a row on the card; {', '.join(missing)} has none")
    return MethodCard(tuple(names), tuple(about))


def facts(method: Method) -> tuple[str, str, str, str, str]:
    """What the card says of a method: its label, and a cell for each of the other `HEADS`.

    Example:
        >>> facts(find_method("ridge"))[2]
        'each sentence its own policy, by least squares'
    """
    trained = "nothing is trained"
    if method.alignment is not None:
        trained = _trained(method.alignment)
    elif method.source == "ridge":
        trained = f"{_TARGETS['identity']}, by least squares"
    elif method.source == "pairs":
        trained = "whether the one helps with the other, by logistic regression"
    weights = "equal" if method.source == "uniform" else _WEIGHTS[method.weighting]
    looks = _LOOKS.get(method.source, "no")
    return method.label, _COMPARED[method.source], trained, weights, looks


def _trained(settings: AlignmentSettings) -> str:
    inputs = "centred" if settings.centre else "not centred"
    return f"{_TARGETS[settings.targets]}; {_SIMILARITY[settings.similarity]}, {inputs}"


def _sample(voice: str) -> str:
    """A piece of the line with which curves of this voice are drawn."""
    line = tag("path", d="M2 6h24", stroke=colour(voice), stroke_width=3, fill="none",
               stroke_dasharray=DASHES[voice])  # fmt: skip
    return tag("svg", line, width=28, height=12, viewBox="0 0 28 12", aria_hidden="true")


def _bars(method: Method) -> str:
    """The weights of `SCORES` as four bars on a line at zero; nothing if there is no teacher."""
    if not method.weighting or method.source == "random":
        return ""
    scores = np.ones(len(SCORES)) if method.source == "uniform" else np.array(SCORES)
    weights = rounded(WEIGHTINGS[method.weighting](scores), 2).tolist()
    told = ", ".join(f"{weight:z.2f}" for weight in weights).replace("-", "−")
    marks = [
        tag("rect", x=2.0 + 14 * k, y=24 - 22 * max(weight, 0.0), width=10.0,
            height=22 * abs(weight), fill=colour("minus" if weight < 0 else "plus"))
        for k, weight in enumerate(weights)
    ]  # fmt: skip
    zero = tag("path", d="M0 24h56", stroke=colour("none"), stroke_width=1)
    return picture(56, 30, f"weights {told}", "", *marks, zero)
