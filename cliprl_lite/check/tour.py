"""Checks of the tour's exercises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cliprl_lite.check.answers import as_sentence
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.language.sentences import embed, novelty
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.transfer.algorithms import closest_teachers
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.transfer.weightings import softmax
from cliprl_lite.worlds.instruction_parser import asked_for, words_of
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite, Transfer

LUCK = 20
CONFIDENT = 0.7


def first_episode(transfer: Transfer, policy: TabularPolicy) -> float:
    """Median steps of the first episode of agents that copy a policy.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> house = load_suite("house_a")
        >>> transfer = house.transfer("go to the red box")
        >>> perfect = TabularPolicy(house.world, house.world.optimal_q(transfer.target.goal))
        >>> first_episode(transfer, perfect) < 30
        True
    """
    lengths = []
    for seed in range(LUCK):
        learner = Learner(policy.world, transfer.target.goal, policy.q, seed)
        learner.run(1_000_000, last_episode=1)
        lengths.append(learner.steps)
    return float(np.median(lengths))


@exercise(1, "The worst teacher")
def worst_teacher(answer: Any, transfer: Transfer, agents: Mapping[str, TabularPolicy]) -> Verdict:
    """Which old agent makes the longest first episode?

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> worst_teacher(..., load_suite("house_a").transfer("go to the red box"), {}).passed
        False
    """
    said = as_sentence(answer)
    teacher = asked_for(said, (*transfer.bases, transfer.target)).task
    if teacher is transfer.target:
        return wrong("that is the new task itself, which nobody has learned yet")
    if teacher is None:
        return wrong(f"no old agent has learned {said[:60]!r}; take a sentence of old_sentences")
    lengths = {task: first_episode(transfer, agents[task.sentence]) for task in transfer.bases}
    steps = lengths[teacher]
    if teacher.group == transfer.target.group:
        return wrong(
            f"that teacher starts in the right room ({steps:,.0f} steps); what costs most is "
            "a goal that has to be unlearned where the new one is not"
        )
    if steps < max(lengths.values()):
        return wrong(
            f"its pupils take {steps:,.0f} steps (median of {LUCK}); those of another teacher take "
            "longer"
        )
    return right(
        f"{steps:,.0f} steps (median of {LUCK}), the longest of all: a teacher is not just "
        "useful or useless, it can be in the way"
    )


@exercise(2, "Of one mind")
def same_choice(answer: Any, transfer: Transfer, agents: Mapping[str, TabularPolicy]) -> Verdict:
    """A sentence of one's own for which words and map choose the same teacher.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> same_choice(7, load_suite("house_a").transfer("go to the red box"), {})
        ✗ Not quite: the sentence is text between quotation marks; this is an int
    """
    said = as_sentence(answer)
    known = [task.sentence for task in transfer.bases]
    request = asked_for(said, (*transfer.bases, transfer.target))
    if request.task and words_of(said) == words_of(request.task.sentence):
        return wrong("that is one of the sixteen sentences; say it in words of your own")
    old = [agents[sentence] for sentence in known]
    trained = align_suite(_house(), transfer.target.name)
    words, the_map = (known[who] for who in closest_teachers(said, known, old, trained))
    if novelty(said, known).novel:
        return wrong("it resembles no task at all, so what words and map choose is chance")
    if words != the_map:
        return wrong(
            f"the words choose “{words}”, the map “{the_map}”: the words care most for the thing, "
            "the map for what decides the room; make both point to one task"
        )
    if words in [task.sentence for task in request.negated]:
        return right(
            f"both choose “{words}”, which your sentence may forbid: the encoder does not hear "
            "“not”, only what is named"
        )
    if request.task and words == request.task.sentence:
        return right(
            f"both choose “{words}”, and somebody has learned exactly this: where words name the "
            "task itself, the two ways agree"
        )
    return right(f"both choose “{words}”: here words and map point to one teacher")


@exercise(3, "Break it")
def misplaced_trust(answer: Any, transfer: Transfer) -> Verdict:
    """A sentence that has nothing to do with the house, and that the map's way is sure of.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> misplaced_trust("", load_suite("house_a").transfer("go to the red box"))
        … Not yet: the sentence is empty: write one, and run the cell again
    """
    said = as_sentence(answer)
    known = [task.sentence for task in transfer.bases]
    nearest = novelty(said, known)
    if not nearest.novel:
        return wrong(
            f"it resembles “{nearest.nearest}” (cosine {nearest.cosine:.2f}), so some trust is "
            "due; take one from another world altogether"
        )
    trained = align_suite(_house(), transfer.target.name)
    weights = softmax(trained.similarity(embed([said])[0], embed(known)))
    groups = np.array([task.group for task in transfer.bases])
    share = max(float(weights[groups == group].sum()) for group in set(groups))
    if share < CONFIDENT:
        return wrong(
            f"the map's way puts {share:.2f} on one room: not sure enough to be caught at it"
        )
    return right(
        f"{share:.2f} of the weight on one room, for a sentence whose best cosine with any task "
        f"is {nearest.cosine:.2f}: being sure is not being right, so look at the cosine first"
    )


def _house() -> TaskSuite:
    return load_suite("house_a")
