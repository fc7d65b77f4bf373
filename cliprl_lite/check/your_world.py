"""Checks of notebook 12: a world in which words mislead, a twin with one change, a world in which
the paper's claim fails and why."""

from __future__ import annotations

from typing import Any

from cliprl_lite.check.answers import Stopped, kind
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.experiments.own_worlds import Chosen, chosen, costs, mean_rank, race
from cliprl_lite.language.sentences import novelty
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.worlds.drafts import Draft, differences
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

REASONS = ("exception", "no rule", "gloom")
"""Why the map's start may be worse than none: the new task breaks what holds for the old ones;
nothing holds for them; or the teacher is right, and what it believes too low is mended late."""

NEAR, RULE = 0.25, 0.3
"""A teacher is near if so few of the others are nearer. A rule holds among the old tasks if, each
held out in turn, the map's teachers have no larger mean rank."""


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@exercise(1, "Words that mislead")
def words_mislead(world: Any) -> Verdict:
    """A world, or its name, in which the words' teacher is far, the map's near, and the map's start
    cheaper in the first 20 episodes than a copy of the words' teacher.

    Example:
        >>> words_mislead("small_house")
        ✗ Not quite: the words choose “go to the green cone”, 3 steps away, and 1 of the other 7 \
is nearer: they are right here
    """
    suite = _world(world)
    found = _choice(suite)
    words = _standing(found, "words")
    if found.rank(found.words) <= 0.5:
        return wrong(f"{words}: they are right here")
    by_map = _standing(found, "map")
    if found.rank(found.by_map) > NEAR:
        return wrong(f"the words are misled, but so is the map: {by_map}")
    value, low, high = _cost(suite, "first20", "alg1_closest", "alg2")
    said = (
        f"in the first 20 episodes a copy of the words' teacher costs {value:.2f} times what the "
        f"map's start costs ({low:.2f} to {high:.2f})"
    )
    if low <= 1:
        return wrong(f"the teachers are as they should be, but {said}: not surely more")
    return right(f"{words}; {by_map}; and {said}")


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
@exercise(2, "One change")
def one_change(world: Any, twin: Any) -> Verdict:
    """A world in which the map wins over the words, and a twin that differs in one thing, in which
    the words win over the map; both in the first 20 episodes.

    Example:
        >>> one_change("small_house", "small_house")
        ✗ Not quite: the two are the same world: change one thing in the twin
    """
    before, after = _world(world), _world(twin)
    changes = differences(before, after)
    if not changes:
        return wrong("the two are the same world: change one thing in the twin")
    if len(changes) > 1:
        some = "; ".join(changes[:3]) + ("; …" if len(changes) > 3 else "")
        return wrong(f"{len(changes)} things differ, and a control changes one: {some}")
    value, low, high = _cost(before, "first20", "alg1_closest", "alg2")
    if low <= 1:
        return wrong(
            "begin with a world in which the map wins: in the first one a copy of the words' "
            f"teacher costs {value:.2f} times as much ({low:.2f} to {high:.2f}), not surely more"
        )
    value, low, high = _cost(after, "first20", "alg1_closest", "alg2")
    said = f"in the twin a copy of the words' teacher costs {value:.2f} times what the map's start"
    if high >= 1:
        return wrong(f"{said} costs ({low:.2f} to {high:.2f}): the words have not surely won")
    return right(f"{changes[0]}, and {said} costs ({low:.2f} to {high:.2f}). That was the cause")


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "Break it")
def claim_fails(world: Any, clock: Any, reason: Any) -> Verdict:
    """A world, a clock and a reason: by that clock the map's start costs more than none.

    Example:
        >>> claim_fails("small_house", "first20", "gloom")
        ✗ Not quite: by first20 the map's start costs 0.25 times what no teacher costs \
(0.24 to 0.26): the claim holds here
    """
    if clock is None or clock is ... or reason is None or reason is ...:
        return not_yet()
    suite = _world(world)
    if not isinstance(clock, str) or clock not in CLOCKS:
        return wrong(f"{str(clock)[:30]!r} is no clock; take one of {', '.join(CLOCKS)}")
    if reason not in REASONS:
        return wrong(f"{str(reason)[:30]!r} is no reason; take one of {', '.join(REASONS)}")
    found = _choice(suite)
    value, low, high = _cost(suite, clock, "alg2", "scratch")
    said = f"by {clock} the map's start costs {value:.2f} times what no teacher costs "
    said += f"({low:.2f} to {high:.2f})"
    if low <= 1:
        holds = "the claim holds here" if high < 1 else "that can be chance"
        return wrong(f"{said}: {holds}")
    rank, near = mean_rank(suite), found.rank(found.by_map) <= NEAR
    measured = "gloom" if near else "exception" if rank <= RULE else "no rule"
    why = (
        f"{_standing(found, 'map')}. Where each old task is held out in turn, the mean rank of the "
        f"map's teacher is {rank:.2f} (0 the nearest, 0.5 chance)"
    )
    if reason != measured:
        return wrong(f"the claim does fail: {said}. But “{reason}” is not why: {why}")
    return right(f"{said}, and the reason fits: {why}")


# ---------------------------------------------------------------------------------------------
# What all of them ask
# ---------------------------------------------------------------------------------------------
def _world(given: Any) -> TaskSuite:
    """A world of the reader's own, by name or itself, with one new task that resembles an old one.

    Raises:
        Stopped: if it is none.
    """
    if given is None or given is ...:
        raise Stopped(not_yet())
    try:
        suite = load_suite(given) if isinstance(given, str) else given
    except ValueError as error:
        raise Stopped(wrong(str(error))) from None
    if not isinstance(suite, TaskSuite):
        words = (
            f'wanted: the name of a world that you saved, as in "my_world"; this is {kind(given)}'
        )
        raise Stopped(wrong(words))
    try:
        Draft.of(suite)
    except ValueError as error:
        raise Stopped(wrong(str(error))) from None
    if len(suite.targets) != 1:
        raise Stopped(wrong("each task is the new one in turn: choose one in the editor"))
    if len(suite.tasks) < 3:
        raise Stopped(wrong("there is little to choose: draw three old tasks or more"))
    (new,) = suite.targets
    nearest = novelty(new.sentence, [task.sentence for task in suite.tasks])
    if nearest.novel:
        raise Stopped(
            wrong(
                f"“{new.sentence}” resembles nothing that the agents know (best cosine "
                f"{nearest.cosine:.2f}, and 0.5 is asked for), so no sentence chooses a teacher"
            )
        )
    return suite


def _choice(suite: TaskSuite) -> Chosen:
    (transfer,) = suite.transfers()
    return chosen(transfer, suite)


def _standing(found: Chosen, who: str) -> str:
    """Which teacher somebody chooses, how far it is, and how many are nearer."""
    teacher = found.words if who == "words" else found.by_map
    far = found.far[teacher]
    nearer = sum(steps < far for steps in found.far.values())
    verb = "the words choose" if who == "words" else "the map chooses"
    are = "is" if nearer <= 1 else "are"
    return (
        f"{verb} “{teacher.sentence}”, {far} steps away, and {nearer or 'none'} of the other "
        f"{len(found.far) - 1} {are} nearer"
    )


def _cost(suite: TaskSuite, clock: str, method: str, over: str) -> tuple[float, float, float]:
    """A ratio and its interval, as `costs` has it."""
    found = costs(race(suite), clock, over)
    value, low, high = found.to_numpy(float)[found.index.get_loc(method)].tolist()
    return value, low, high
