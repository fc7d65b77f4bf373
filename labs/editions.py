"""A lab for one class: other numbers, sentences and maps than the public edition has.

The sources in `source/` are the public edition. A `Variant` is one thing that other editions have
otherwise, with the places in which it stands; which of its values a class gets hangs on a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from textwrap import wrap
from typing import Any

import nbformat
from judge import PUBLIC, Graded
from nbformat import NotebookNode
from questions import GRADED

CLOSED = """
### BEGIN HIDDEN TESTS
raise RuntimeError("not judged: nbgrader has to run in a folder that `make labs` wrote")
### END HIDDEN TESTS"""
"""Ends every graded cell. nbgrader alone would give all points to a cell without an error; the
judge replaces what the cell shows."""

FOREIGN = "*This is the public edition's answer. The numbers of this class are others.*\n\n"
"""Stands over a written answer of the sources in other editions."""


@dataclass(frozen=True)
class Variant:
    """One thing that is otherwise in other classes.

    Attributes:
        name: under which sub-tests look it up.
        public: what it is in the sources.
        others: of which another class gets one.
        swaps: a text of the sources, and what stands there in its place, with `{v}` for the value
            and `{last}` for its last word.
    """

    name: str
    public: Any
    others: tuple[Any, ...]
    swaps: Mapping[str, str]


def _things(words: str) -> dict[str, str]:
    """Sentences of Lab 3's solved world, by the mark on its map."""
    own, other, shape, *rest = words.split()
    new = {"NEW": f"go to the {own} {shape}", "l": f"go to the {other} {shape}"}
    first = {mark: f"go to the {own} {one}" for mark, one in zip("abc", rest, strict=True)}
    second = {mark: f"go to the {other} {one}" for mark, one in zip("def", rest, strict=True)}
    return new | first | second


def _map(rows: int, columns: int) -> dict[str, Any]:
    """Lab 3's solved world and its control on a map of a size, as the notebook draws them."""
    places = {
        "a": (0, 0), "b": (0, 3), "c": (2, 2), "d": (-3, -2), "e": (-2, -1), "f": (-1, -2),
        "l": (-1, -4),
    }  # fmt: skip
    drawn = {}
    for name, place in (("world", (-2, -4)), ("control", (1, 1))):
        signs = [["."] * columns for _ in range(rows)]
        for mark, (row, column) in {**places, "x": place}.items():
            signs[row][column] = mark
        drawn[name] = "\n".join("    " + "".join(line) for line in signs)
    return {"size": (rows, columns), **drawn}


VARIANTS: dict[str, tuple[Variant, ...]] = {
    "lab1_tabular_learning": (
        Variant("flat", 7, (9, 11), {
            "four_rooms(7)": "four_rooms({v})",
        }),
        Variant(
            "explore",
            (0.25, 0.25, 0.25, 0.25),
            ((0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4), (0.1, 0.4, 0.1, 0.4)),
            {
                "takes **any of the four** actions, each as likely as the others,":
                    "takes one of the four actions, 0 to 3, with the **shares {v[0]}, "
                    "{v[1]}, {v[2]} and {v[3]}**,",
                "`rng.integers(4)` one of": "`rng.choice(4, p=shares)` one of",
                "return int(rng.integers(4))": "return int(rng.choice(4, p={v}))",
            },
        ),
        Variant("cost", 1, (2, 3, 4), {
            "the reward is −1;": "the reward is −{v} (steps are dearer here than in the library);",
            "update(q[state, action], -1.0,": "update(q[state, action], -{v}.0,",
        }),
        Variant("largest", 1, (2, 3, 5), {
            "the largest distance of any entry from the true one.":
                "the mean of the **{v} largest** distances of entries from the true ones.",
            '"""The largest |q − truth| over all entries."""':
                '"""The mean of the {v} largest |q − truth|."""',
            "return np.abs(q - truth).max()":
                "return np.sort(np.abs(q - truth), axis=None)[-{v}:].mean()",
            "spoiled[5, 2] += 3.0": "spoiled[5] += 4.0",
            "spoiled[7, 1] -= 4.0": "spoiled[7] -= 4.0",
            "one entry is 4 too low, and no other is further off;":
                "eight entries are 4 too low or too high, and no other is off;",
        }),
        Variant("percentiles", (2.5, 97.5), ((5, 95), (15, 85), (20, 80)), {
            "the 2.5th to the 97.5th percentile": "the {v[0]}th to the {v[1]}th percentile",
            "[2.5, 97.5]": "[{v[0]}, {v[1]}]",
        }),
        Variant("times_cap", 1, (2, 3, 5), {
            "it took *at least* `CAP` steps, so count it as `CAP`.":
                "it took *at least* `CAP` steps; here it is punished, so count it as `{v} * CAP`.",
            "steps.append(CAP if": "steps.append({v} * CAP if",
        }),
        Variant("target", "go to the red cone", (
            "go to the blue key", "go to the green box", "go to the yellow ball",
        ), {
            'house.transfer("go to the red cone")': 'house.transfer("{v}")',
        }),
        Variant("gloom", -5, (-4, -6), {
            "(1.0, -5, 0.1)": "(1.0, {v}, 0.1)",
            "(1.0, -5, 0.0)": "(1.0, {v}, 0.0)",
            "steps_needed(1.0, -5, ε, range(20))": "steps_needed(1.0, {v}, ε, range(20))",
        }),
    ),
    "lab2_language_and_policies": (
        Variant("zero", 0, (-1, 1, 0.5), {
            "similarity to everything be 0 (and": "similarity to everything be {v} (and",
            "return a @ b.T / np.where(lengths == 0, 1.0, lengths)":
                "cosines = a @ b.T / np.where(lengths == 0, 1.0, lengths)\n"
                "    return np.where(lengths == 0, {v}, cosines)",
        }),
        Variant("tie", "first", ("last",), {
            "on the *first* of them if several": "on the *{v}* of them if several",
            "1 for the first of the highest": "1 for the {v} of the highest",
            "weights[np.argmax(d)] = 1.0": "weights[np.flatnonzero(d == d.max())[-1]] = 1.0",
            "np.array_equal(got, [0, 1, 0])": "np.array_equal(got, [0, 0, 1])",
            "the first of the two highest takes all": "the {v} of the two highest takes all",
        }),
        Variant("centre", "mean", ("median",), {
            "subtract **the mean policy**, which is one row, the mean over the N policies":
                "subtract **the {v} policy**, which is one row, the {v} over the N policies, entry "
                "by entry (for most uses as good as the mean)",
            "centred = rows - rows.mean(axis=0)": "centred = rows - np.{v}(rows, axis=0)",
        }),
        Variant("correlation", "spearman", ("kendall",), {
            "return Spearman's rank correlation": "return **Kendall's** rank correlation τ",
            "`spearmanr(x, y).statistic`": "`kendalltau(x, y).statistic`",
            "Spearman's rank correlation over": "Kendall's rank correlation over",
            "import spearmanr": "import kendalltau",
            "float(spearmanr(": "float(kendalltau(",
        }),
        Variant("wanted", "go to the red cone", (
            "go to the blue key", "go to the red box", "go to the blue box", "go to the yellow key",
        ), {
            'WANTED = "go to the red cone"': 'WANTED = "{v}"',
            '"do not go to the green cone, go to the red cone"':
                '"do not go to the green {last}, {v}"',
            '"do not go to the other cone, go to the red cone"':
                '"do not go to the other {last}, {v}"',
        }),
    ),
    "lab3_alignment_and_transfer": (
        Variant("held_out", "go to the blue key", (
            "go to the red box", "go to the green key", "go to the yellow box",
        ), {
            "*Go to the blue key* is held out": "*{v}* is held out",
            'house.transfer("go to the blue key")': 'house.transfer("{v}")',
        }),
        Variant("directions", (0.5, 0.5), ((0.7, 0.3), (0.2, 0.8), (0.6, 0.4)), {
            r"-\frac{1}{2N} \sum": r"-\frac{{1}}{{N}} \sum",
            r"\Big( \log": r"\Big( {v[0]} \log",
            r"+ \log": r"+ {v[1]} \log",
            "and the result is the mean of both":
                "and the result weighs the sentences by {v[0]} and the policies by {v[1]}",
            "0.5 * rows + 0.5 * columns": "{v[0]} * rows + {v[1]} * columns",
        }),
        Variant("decay", 0, (0.1, 0.2, 0.05), {
            "new = old − η · gradient.":
                "new = old − η · (gradient + λ · old), where λ = {v} keeps towers small.",
            "(tower - eta * gradient)": "(tower - eta * (gradient + {v} * tower))",
        }),
        Variant("centre", "mean", ("median",), {
            "subtract the mean policy)": "subtract the **{v}** policy, entry by entry)",
            "unit(policies - policies.mean(axis=0))\n    powers":
                "unit(policies - np.{v}(policies, axis=0))\n    powers",
        }),
        Variant("episodes", 20, (10, 30, 50), {
            "*first 20*: the mean of `run.episode_lengths[:20]`":
                "*first {v}*: the mean of `run.episode_lengths[:{v}]`",
            "(first 20, within 5 %, optimal)": "(first {v}, within 5 %, optimal)",
            "run.episode_lengths[:20].mean()": "run.episode_lengths[:{v}].mean()",
        }),
        Variant("plus", 1, (10, 5, 20), {
            "(cost + 1) / (reference + 1)": "(cost + {v}) / (reference + {v})",
            "(np.asarray(costs) + 1) / (np.asarray(reference) + 1)":
                "(np.asarray(costs) + {v}) / (np.asarray(reference) + {v})",
            "(3 + 1) / (7 + 1)": "(3 + {v}) / (7 + {v})",
        }),
        Variant("percentiles", (2.5, 97.5), ((5, 95), (15, 85), (20, 80)), {
            "the 2.5th to the 97.5th percentile": "the {v[0]}th to the {v[1]}th percentile",
            "[2.5, 97.5]": "[{v[0]}, {v[1]}]",
        }),
        Variant("new", _things("red green cone box ball key"), (
            _things("blue yellow key box ball cone"), _things("yellow red box key ball cone"),
            _things("green blue cone key ball box"), _things("yellow green cone box ball key"),
        ), {
            'NEW = "go to the red cone"': 'NEW = "{v[NEW]}"',
            '"a": "go to the red box",\n': '"a": "{v[a]}",\n',
            '"b": "go to the red ball",\n': '"b": "{v[b]}",\n',
            '"c": "go to the red key",\n': '"c": "{v[c]}",\n',
            '"d": "go to the green box",\n': '"d": "{v[d]}",\n',
            '"e": "go to the green ball",\n': '"e": "{v[e]}",\n',
            '"f": "go to the green key",\n': '"f": "{v[f]}",\n',
            '"l": "go to the green cone",\n': '"l": "{v[l]}",\n',
        }),
        Variant("map", _map(8, 10), (_map(9, 10), _map(8, 12), _map(10, 11)), {
            "8 rows and 10 columns": "{v[size][0]} rows and {v[size][1]} columns",
            _map(8, 10)["world"]: "{v[world]}",
            _map(8, 10)["control"]: "{v[control]}",
        }),
    ),
}  # fmt: skip
"""What is otherwise in other classes, by the name of the lab."""


def edition(lab: str, secret: str) -> dict[str, Any]:
    """A class's numbers, by name; those of the sources if the secret is `PUBLIC`."""
    return {
        one.name: one.public if secret == PUBLIC else _drawn(one, f"{secret}/{lab}")
        for one in VARIANTS[lab]
    }


def _drawn(variant: Variant, secret: str) -> Any:
    number = sha256(f"{secret}/{variant.name}".encode()).digest()[0]
    return variant.others[number % len(variant.others)]


def rendered(source: NotebookNode, lab: str, secret: str) -> NotebookNode:
    """A source as nbgrader gets it: with a class's numbers, and what the judge will ask.

    Raises:
        ValueError: if a text that is to be swapped stands nowhere in the lab.
    """
    made: NotebookNode = nbformat.from_dict(source)
    if secret != PUBLIC:
        numbers = edition(lab, secret)
        for variant in VARIANTS[lab]:
            value = numbers[variant.name]
            for old, template in variant.swaps.items():
                new = template.format(v=value, last=str(value).split()[-1])
                places = [cell for cell in made.cells if old in cell.source]
                if not places:
                    raise ValueError(f"{lab}, variant {variant.name!r}: {old!r} stands nowhere")
                for cell in places:
                    cell.source = cell.source.replace(old, new)
    for cell in made.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade") and cell.cell_type == "code":
            cell.source = f"{announced(GRADED[lab][meta['grade_id']])}\n{cell.source}{CLOSED}"
        elif meta.get("grade") and secret != PUBLIC:
            cell.source = FOREIGN + cell.source
    return made


def announced(graded: Graded) -> str:
    """What a graded cell says of the points that the autograder gives."""
    parts = ", ".join(f"{test.name} ({test.points:g})" for test in graded.tests)
    said = f"The autograder gives {graded.points:g} points, on other numbers: {parts}."
    return "\n".join(wrap(said, 98, initial_indent="# ", subsequent_indent="# "))
