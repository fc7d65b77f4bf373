"""The exercises of notebook 05: a loss, a gradient step, soft targets, a sentence that fools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import Function, as_array, as_number, as_sentence
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.exercises import keep as keep
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.language.sentences import embed, novelty
from cliprl_lite.transfer import first_steps
from cliprl_lite.transfer.alignment import unit_rows
from cliprl_lite.transfer.contrastive_loss import contrastive_gradient, contrastive_loss
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.transfer.weightings import softmax
from cliprl_lite.worlds.instruction_parser import read
from cliprl_lite.worlds.suite_files import load_suite

# ---------------------------------------------------------------------------------------------
# Exercise 1: the loss for any target
# ---------------------------------------------------------------------------------------------


def _log_softmax(logits: FloatArray, axis: int) -> FloatArray:
    logits = logits - logits.max(axis=axis, keepdims=True)
    shifted: FloatArray = logits - np.log(np.exp(logits).sum(axis=axis, keepdims=True))
    return shifted


def _loss(similarity: FloatArray, delta: float, target: FloatArray) -> float:
    rows = (target * _log_softmax(similarity / delta, 1)).sum(axis=1)
    columns = (target.T * _log_softmax(similarity / delta, 0)).sum(axis=0)
    return -float((rows + columns).mean()) / 2


def _half(similarity: FloatArray, delta: float, target: FloatArray, axis: int) -> float:
    """Only one of the two directions: axis 1 for sentences, 0 for policies."""
    target = target if axis else target.T
    return -float((target * _log_softmax(similarity / delta, axis)).sum(axis=axis).mean())


def _not_turned(similarity: FloatArray, delta: float, target: FloatArray) -> float:
    rows, columns = (_log_softmax(similarity / delta, axis) for axis in (1, 0))
    return -float((target * (rows + columns)).sum()) / (2 * len(target))


_OTHER_LOSSES: Mapping[str, Callable[[FloatArray, float, FloatArray], float]] = {
    "the sign is turned round: a loss is a *minus* logarithm, so that a good match costs little": (
        lambda s, d, t: -_loss(s, d, t)
    ),
    "the temperature does nothing yet: similarities are divided by δ before the softmax": (
        lambda s, d, t: _loss(s, 1.0, t)
    ),
    "you multiply by δ; similarities are divided by it, so that a low one sharpens": (
        lambda s, d, t: _loss(s, 1 / d, t)
    ),
    "only the sentences choose; each policy has to choose its sentence too": (
        lambda s, d, t: _half(s, d, t, 1)
    ),
    "only the policies choose; each sentence has to choose its policy too": (
        lambda s, d, t: _half(s, d, t, 0)
    ),
    "when policy j chooses, its targets are row j of T, not column j: transpose something": (
        _not_turned
    ),
    "you add the two directions and do not halve": lambda s, d, t: 2 * _loss(s, d, t),
    "you add up over the pairs; the loss is a mean over them, or it grows with their number": (
        lambda s, d, t: _loss(s, d, t) * len(t)
    ),
    "you add up both directions over all pairs: take the mean over pairs, and halve": (
        lambda s, d, t: 2 * _loss(s, d, t) * len(t)
    ),
    "you take the mean over all cells of the matrix: add up over the choices, and take the mean "
    "over those who choose": lambda s, d, t: _loss(s, d, t) / len(t),
    "your logarithm has base 2; the loss is in nats": lambda s, d, t: _loss(s, d, t) / np.log(2),
    "that is the loss for identity targets; use T": (
        lambda s, d, t: _loss(s, d, np.eye(len(t)))
    ),
}  # fmt: skip


def _loss_cases() -> list[tuple[FloatArray, float, FloatArray]]:
    """S that is not symmetric, several δ; identity targets and ones that are not symmetric."""
    rng = np.random.default_rng(5)
    cases = []
    for n, delta in ((3, 0.5), (4, 0.2), (6, 2.0)):
        similarity = rng.uniform(-1, 1, (n, n))
        cases.append((similarity, delta, np.eye(n)))
        cases.append((similarity, delta, rng.dirichlet(np.ones(n), n)))
    return cases


@exercise(1, "Any target", ours=("loss", contrastive_loss))
def loss_for_any_target(answer: Any) -> Verdict:
    """Judge `loss(similarity, delta, target)`, a number in nats.

    Example:
        >>> loss_for_any_target(lambda similarity, delta, target: 1.0)
        ✗ Not quite: the answer is the same whatever the similarities are
    """
    cases = _loss_cases()
    found: list[float] = []
    asked = Function(answer)
    for case in cases:
        found.append(
            as_number(asked(*case), "the loss, a number", "take the mean over those who choose")
        )
    values = np.array(found)
    if not np.isfinite(values).all():
        return wrong("the loss is not a finite number for similarities between −1 and 1")
    expected = np.array([_loss(*case) for case in cases])
    if not np.allclose(values, expected, rtol=1e-4):
        return _told_apart(values, cases, _OTHER_LOSSES)
    return right(
        "both directions, any target. With the identity it is the paper's loss; with anything "
        "else it says what belongs together, and how much"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 2: one step
# ---------------------------------------------------------------------------------------------
_Step = Callable[[FloatArray, FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]
_StepCase = tuple[FloatArray, FloatArray, FloatArray, float]


def _stepping(
    along: bool = True, length: bool = True, unit: bool = True, turned: bool = True
) -> _Step:
    """The step, or what it is without one of its parts."""

    def one(rows: FloatArray, g: FloatArray, eta: float) -> FloatArray:
        hat = unit_rows(rows)
        g = g - hat * (g * hat).sum(axis=1, keepdims=True) if along else g
        return -eta * (g / np.linalg.norm(rows, axis=1, keepdims=True) if length else g)

    def both(a: FloatArray, b: FloatArray, g: FloatArray, eta: float) -> Any:
        u, v = (unit_rows(a), unit_rows(b)) if unit else (a, b)
        return one(a, g @ v, eta), one(b, (g.T if turned else g) @ u, eta)

    return both


_step = _stepping()

_OTHER_STEPS: Mapping[str, _Step] = {
    "you go up the slope: what lowers the loss is *minus* η times the gradient": (
        lambda a, b, g, eta: _step(a, b, g, -eta)
    ),
    "η does nothing yet: it is the factor of the whole step": (
        lambda a, b, g, eta: _step(a, b, g, 1.0)
    ),
    "η does nothing yet, and you go up the slope": lambda a, b, g, eta: _step(a, b, g, -1.0),
    "the part along the row is still in it: a cosine does not see how long a row is, so what "
    "would only make it longer or shorter has to be taken out": _stepping(along=False),
    "the row's length is missing: a long row needs more to turn by the same angle, so the "
    "slope is divided by the length": _stepping(length=False),
    "you stop at ∂L/∂â, the slope for rows of length one; the mixtures move the rows as they are: "
    "take out the part along the row, and divide by its length": (
        _stepping(along=False, length=False)
    ),
    "for the policies G has to be transposed: row j of ∂L/∂b̂ adds up over the sentences": (
        _stepping(turned=False)
    ),
    "G meets the other side's rows at length one, since S is made of those": _stepping(unit=False),
    "the two are in the wrong order: the sentences' comes first": (
        lambda a, b, g, eta: _step(a, b, g, eta)[::-1]
    ),
    "that is where the rows go; give back only what is *added*": (
        lambda a, b, g, eta: (a + _step(a, b, g, eta)[0], b + _step(a, b, g, eta)[1])
    ),
    "both are zero: nothing moves": lambda a, b, g, eta: (0 * a, 0 * b),
}  # fmt: skip


def _cosine_loss(a: FloatArray, b: FloatArray, delta: float, target: FloatArray) -> float:
    return _loss(unit_rows(a) @ unit_rows(b).T, delta, target)


def _slopes(
    a: FloatArray, b: FloatArray, delta: float, target: FloatArray, h: float = 1e-5
) -> tuple[FloatArray, FloatArray]:
    """∂L/∂a and ∂L/∂b by finite differences: one entry is moved a little, and the loss looked at.

    Nothing of the formula that the reader writes is in here.
    """
    found = (np.empty_like(a), np.empty_like(b))
    for side, slopes in enumerate(found):
        for place in np.ndindex(slopes.shape):
            losses = []
            for sign in (1, -1):
                moved = [a.copy(), b.copy()]
                moved[side][place] += sign * h
                losses.append(_cosine_loss(moved[0], moved[1], delta, target))
            slopes[place] = (losses[0] - losses[1]) / (2 * h)
    return found


@cache
def _step_cases() -> tuple[list[_StepCase], list[FloatArray]]:
    """a, b, G, η, and what is added: rows of many lengths, targets that are not symmetric."""
    rng = np.random.default_rng(7)
    cases, added = list[_StepCase](), list[FloatArray]()
    for n, d, delta, eta in ((3, 4, 0.5, 1.0), (5, 3, 0.3, 0.1), (4, 4, 1.0, 3.0)):
        a, b = (rng.normal(size=(n, d)) * rng.uniform(0.3, 3, (n, 1)) for _ in "ab")
        target = rng.dirichlet(np.ones(n), n)
        slope = contrastive_gradient(unit_rows(a) @ unit_rows(b).T, delta, target)
        cases.append((a, b, slope, eta))
        added.append(-eta * np.stack(_slopes(a, b, delta, target)))
    return cases, added


@exercise(2, "One step", ours=("step", first_steps.gradient_step))
def gradient_step(answer: Any) -> Verdict:
    """Judge `step(a, b, G, eta)`: what is added to both mixtures, two arrays of shape `[N, d]`.

    It is held against finite differences of the loss, which know nothing of a gradient's formula.

    Example:
        >>> gradient_step(lambda a, b, G, eta: (0 * a, 0 * b))
        ✗ Not quite: both are zero: nothing moves
    """
    cases, expected = _step_cases()
    asked, values = Function(answer), list[FloatArray]()
    for case in cases:
        found = asked(*case)
        wanted = f"two arrays of shape {case[0].shape}, for the sentences and for the policies"
        value = as_array(found, wanted)
        if value.shape == case[0].shape:
            return wrong("one array came back; both towers move, so give back two: return …, …")
        if value.shape != (2, *case[0].shape):
            return wrong(f"wanted: {wanted}; these have shape {value.shape}")
        values.append(value)
    flat, true = (np.concatenate([one.reshape(-1) for one in many]) for many in (values, expected))
    if not np.isfinite(flat).all():
        return wrong("the step holds entries that are not finite numbers")
    if np.allclose(flat, true, rtol=1e-4, atol=1e-6):
        return right(
            "moved entry by entry, the loss falls as your step says (finite differences agree). "
            "You have written what trains a tower: this notebook goes on with it"
        )
    for words, mistake in _OTHER_STEPS.items():
        made = np.concatenate([np.reshape(mistake(*case), -1) for case in cases])
        if np.allclose(flat, made, rtol=1e-4, atol=1e-6):
            return wrong(words)
    off = ((one, other, ~np.isclose(one, other, rtol=1e-4, atol=1e-6))
           for one, other in zip(values, expected, strict=True))  # fmt: skip
    yours, asked_for, places = next(found for found in off if found[2].any())
    side, row, column = np.argwhere(places)[0].tolist()
    return wrong(
        f"the loss does not fall that way: moved by a little, entry [{row}, {column}] of "
        f"{'ab'[side]} asks for a step of {asked_for[side, row, column]:z.3f}, and yours is "
        f"{yours[side, row, column]:z.3f}; print the shapes at each of the four lines"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 3: soft targets
# ---------------------------------------------------------------------------------------------


def _softmax_rows(logits: FloatArray, axis: int = 1) -> FloatArray:
    return np.exp(_log_softmax(logits, axis))


def _similar(policies: FloatArray) -> FloatArray:
    unit = unit_rows(policies - policies.mean(axis=0))
    alike: FloatArray = unit @ unit.T
    return alike


def _raw(policies: FloatArray) -> FloatArray:
    alike: FloatArray = unit_rows(policies) @ unit_rows(policies).T
    return alike


def _products(policies: FloatArray) -> FloatArray:
    centred = policies - policies.mean(axis=0)
    alike: FloatArray = centred @ centred.T
    return alike


_OTHER_TARGETS: Mapping[str, Callable[[FloatArray, float], FloatArray]] = {
    "the policies are not centred: uncentred, all of them look alike (notebook 02)": (
        lambda p, d: _softmax_rows(_raw(p) / d)
    ),
    "the rows are centred, and not yet of length one: take cosines": (
        lambda p, d: _softmax_rows(_products(p) / d)
    ),
    "that is the similarity itself: make each row a probability by a softmax": (
        lambda p, d: _similar(p)
    ),
    "that is the similarity divided by δ: make each row a probability by a softmax": (
        lambda p, d: _similar(p) / d
    ),
    "the temperature does nothing yet: divide by δ before the softmax": (
        lambda p, d: _softmax_rows(_similar(p))
    ),
    "you multiply by δ; similarities are divided by it, so that a low one sharpens": (
        lambda p, d: _softmax_rows(_similar(p) * d)
    ),
    "your columns add up to one; row i holds what sentence i should choose, so rows have to": (
        lambda p, d: _softmax_rows(_similar(p) / d, axis=0)
    ),
    "you divide by the sum of the whole matrix; each row adds up to one by itself": (
        lambda p, d: _softmax_rows((_similar(p) / d).reshape(1, -1)).reshape(len(p), -1)
    ),
    "those are identity targets: each policy resembles only itself": lambda p, d: np.eye(len(p)),
    "you divide the similarities by their sum; they can be negative, so take a softmax": (
        lambda p, d: _similar(p) / _similar(p).sum(axis=1, keepdims=True)
    ),
}  # fmt: skip


def _soft(policies: FloatArray, delta: float) -> FloatArray:
    return _softmax_rows(_similar(policies) / delta)


@exercise(3, "Soft targets", ours=("targets", _soft))
def soft_target(answer: Any) -> Verdict:
    """Judge `soft_target(policies, delta)`: T, shape `[N, N]`, from policy vectors `[N, P]`.

    Example:
        >>> soft_target(lambda policies, delta: np.eye(len(policies)))
        ✗ Not quite: those are identity targets: each policy resembles only itself
    """
    rng = np.random.default_rng(6)
    cases = [
        (rng.normal(-3.0, 1.0, (n, 7)) * rng.uniform(0.5, 2, (n, 1)), delta)
        for n, delta in ((3, 0.5), (5, 0.2), (4, 2.0))
    ]
    values: list[FloatArray] = []
    asked = Function(answer)
    for policies, delta in cases:
        found = as_array(asked(policies, delta), "T, an array of numbers")
        if found.shape != (len(policies),) * 2:
            return wrong(
                f"{len(policies)} policies have targets of shape {(len(policies),) * 2}: a row for "
                f"each sentence, a column for each policy; got {found.shape}"
            )
        values.append(found)
    flat = np.concatenate([value.reshape(-1) for value in values])
    expected = np.concatenate([_softmax_rows(_similar(p) / d).reshape(-1) for p, d in cases])
    if not np.isfinite(flat).all():
        return wrong("T holds entries that are not finite numbers")
    if np.allclose(flat, expected, atol=1e-5):
        return right(
            "each sentence now belongs to its own policy most, and to those that act alike almost "
            "as much: there is no prize any more for telling two of one room apart"
        )
    return _told_apart(flat, cases, _OTHER_TARGETS)


# ---------------------------------------------------------------------------------------------
# Exercise 4: break it
# ---------------------------------------------------------------------------------------------
ENOUGH = 0.9
"""Weight on the forbidden room from which on the alignment counts as fooled."""

_ROOMS = ("red", "blue", "green", "yellow")


@exercise(4, "Break it")
def fooled(sentence: Any) -> Verdict:
    """Judge a sentence that forbids a colour, and sends the alignment of house A to its room.

    Example:
        >>> fooled("go to the red cone").words[:31]
        'nobody is fooled: as far as thi'
    """
    sentence = as_sentence(sentence)
    house = load_suite("house_a")
    known = [task.sentence for task in house.tasks]
    seen = novelty(sentence, known)
    if seen.novel:
        return wrong(
            f"its best raw cosine is {seen.cosine:.2f}, so that the novelty warning catches it; "
            "stay close to the sentences of the house"
        )
    reading = read(sentence)
    wanted, forbidden, doubtful = (
        {colour for colour, _ in things if colour in _ROOMS}
        for things in (reading.wanted, reading.forbidden, reading.doubtful)
    )
    if not wanted | forbidden | doubtful:
        return wrong("it names no colour, so there is no room that it could forbid")
    if not forbidden and not doubtful:
        return wrong(
            "nobody is fooled: as far as this check can read, that sentence *asks* for a colour, "
            "and the alignment goes there; forbid one, and see whether it hears you"
        )
    if not forbidden - wanted - doubtful:
        return wrong(
            f"as far as this check can read, it is not plain that the {min(forbidden | doubtful)} "
            "room is forbidden: a negation may belong to something else in the sentence, or two of "
            "them cancel. Say it more plainly"
        )
    vectors = embed([sentence, *known])
    weights = softmax(align_suite(house).similarity(vectors[0], vectors[1:]))
    shares = {
        colour: float(rounded(weights[[task.colour == colour for task in house.tasks]].sum()))
        for colour in sorted(forbidden - wanted - doubtful)
    }
    colour, share = max(shares.items(), key=lambda item: item[1])
    if share < ENOUGH:
        return wrong(
            f"it puts {share:.3f} of the weight on the {colour} room that you forbade; "
            f"find a sentence that gets {ENOUGH:.2f} or more"
        )
    return right(
        f"{share:.2f} of the weight on the {colour} room, which your sentence forbids; and with a "
        f"raw cosine of {seen.cosine:.2f} no warning is given. It has learned which words go with "
        "which room, and not what a sentence asks for"
    )


# ---------------------------------------------------------------------------------------------
# What the checks share
# ---------------------------------------------------------------------------------------------
def _told_apart(
    values: FloatArray, cases: Any, others: Mapping[str, Callable[..., Any]]
) -> Verdict:
    """Which of the known mistakes gives these values?"""
    with np.errstate(all="ignore"):
        for words, mistake in others.items():
            made = np.concatenate([np.reshape(mistake(*case), -1) for case in cases])
            if np.allclose(values, made, rtol=1e-4, atol=1e-7):
                return wrong(words)
    if len(values) == len(cases) and np.ptp(values) == 0:
        return wrong("the answer is the same whatever the similarities are")
    return wrong(
        "the numbers differ from the definition, in a way that is not one of the usual ones; try "
        "it on a matrix of two rows that you can follow by hand"
    )
