"""Sliding from one network to another: what is shown is what the network between them does."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.learning.matching import permute
from cliprl_lite.learning.networks import initialise, pick
from cliprl_lite.learning.policies import MLPPolicy, TabularPolicy
from cliprl_lite.pictures.drawing import LONGEST
from cliprl_lite.widgets import AverageSlider
from cliprl_lite.worlds.greedy import greedy_actions
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.tasks import Task

WORLD = GridWorld.from_text("....\n.##.\n....")
BOX = Task("box", "go to the red box", (0, 0), colour="red", shape="box")
CONE = Task("cone", "go to the red cone", (2, 3), colour="red", shape="cone")
HOSTILE = [
    "<script>alert(1)</script>&amp;",
    "$x^2$ and $\\alpha$",
    "🏠" * 40,
    "שלום \u202e olleh",
    "x" * 1_000_000,
    "\x00\n\t",
    "",
]


def network(seed: int) -> MLPPolicy:
    """Two hidden layers, random biases: never trained, since no network has to be good here."""
    rng = np.random.default_rng(seed)
    layers = pick(initialise((16, 8, 8, 4), [seed]), 0)
    return MLPPolicy(WORLD, [(w, rng.normal(size=b.shape)) for w, b in layers])


def shuffled(policy: MLPPolicy, seed: int = 0) -> MLPPolicy:
    rng = np.random.default_rng(seed)
    return MLPPolicy(WORLD, permute(policy.parameters, [rng.permutation(8) for _ in range(2)]))


def table(task: Task) -> TabularPolicy:
    return TabularPolicy(WORLD, WORLD.optimal_q(task.goal))


def all_pairs() -> AverageSlider:
    a = network(0)
    return AverageSlider(
        {
            "twin": (a, shuffled(a), [BOX]),
            "two": (a, network(1), [BOX, CONE]),
            "tables": (table(BOX), table(CONE), [BOX, CONE]),
        }
    )


def read(seen: AverageSlider) -> dict[str, str]:
    return dict(seen.numbers)


def test_a_twin_is_mended_by_matching() -> None:
    seen = all_pairs()
    ends = [seen._lines[0][0].q[k] for k in (0, -1)]
    assert np.allclose(*ends)
    seen.slide(0.5)
    before, apart = seen.scene, float(read(seen)["barrier"].split()[0])
    assert not np.allclose(seen.line.q[10], ends[0])
    seen.match_neurons()
    assert np.allclose(seen.line.q[10], ends[0])
    assert float(read(seen)["barrier"].split()[0]) < apart
    assert seen.scene != before
    assert "neurons matched, λ = 0.50" in seen.summary()
    seen.match_neurons(False)
    assert seen.scene == before


def test_methods_and_traits_do_the_same() -> None:
    one, other = all_pairs(), all_pairs()
    one.pick("two"), one.slide(0.3), one.match_neurons()
    other.set_state({"pair": 1, "place": 6, "matched": True})  # as the browser does
    for trait in ("scene", "shares", "losses", "numbers", "status"):
        assert getattr(one, trait) == getattr(other, trait)
    assert one.summary() == other.summary()
    assert one.place == 6
    one.pick(0)
    assert one.pair == 0
    assert one.summary().startswith("twin, neurons matched")


def test_tables_have_no_barrier_and_nothing_to_match() -> None:
    seen = all_pairs()
    seen.pick("tables")
    seen.slide(0.5)
    middle = (table(BOX).q + table(CONE).q) / 2
    assert np.allclose(seen.line.q[10], middle)
    assert read(seen)["barrier"] == "0.0 reward²"
    before = seen.numbers
    seen.match_neurons()
    assert seen.numbers == before


def test_the_map_shows_the_arrows_at_the_slider() -> None:
    seen = all_pairs()
    for place in (0, 7, 20):
        seen.set_state({"place": place})
        greedy = greedy_actions(seen.line.q[place])
        wrong = [
            state
            for state in range(WORLD.n_states)
            if state != WORLD.state(BOX.goal)
            and (greedy[state] & ~WORLD.optimal_actions(BOX.goal)[state]).any()
        ]
        assert f"{len(wrong)} of 9 squares have a wrong arrow" in seen.status
        made = ElementTree.fromstring(seen.scene)
        hatched = next(part.get("d") for part in made if part.tag.endswith("path"))
        assert hatched.count("z") == len(wrong) > 0
        arrows = [part for part in made.iter() if part.get("data-arrows") is not None]
        assert len(arrows) == WORLD.n_states - 1  # none at the goal
    seen.pick("two")
    made = ElementTree.fromstring(seen.scene)
    arrows = [part for part in made.iter() if part.get("data-arrows") is not None]
    assert len(arrows) == WORLD.n_states - 2  # none at either goal


def test_the_ends_have_names() -> None:
    seen = all_pairs()
    assert seen.status.startswith("This is network a: ")
    seen.slide(1)
    assert seen.status.startswith("This is network b: ")
    seen.slide(0.26)
    assert seen.status.startswith("75 % of a and 25 % of b: ")
    assert not seen.status.endswith("two goals.")
    seen.pick("two")
    assert seen.status.endswith("of the starts arrive at one of the two goals.")


def test_the_cursor_moves_along_both_charts() -> None:
    seen = all_pairs()
    before = seen.shares, seen.losses
    seen.slide(1)
    assert all(a != b for a, b in zip(before, (seen.shares, seen.losses), strict=True))


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ({}, "at least one pair"),
        ({"x": (network(0), table(BOX), [BOX])}, "read the same inputs"),
        ({"x": (network(0), network(1), [])}, "one task for both networks, or two"),
        (
            {"x": (table(BOX), TabularPolicy(GridWorld.open_map(2), np.zeros((4, 4))), [BOX])},
            "for one map",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(pairs, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AverageSlider(pairs)


def test_networks_of_two_shapes_are_refused() -> None:
    small = MLPPolicy(WORLD, pick(initialise((16, 4, 8, 4), [0]), 0))
    with pytest.raises(ValueError, match="one shape"):
        AverageSlider({"x": (network(0), small, [BOX])})


def test_wrong_moves_are_refused_in_words() -> None:
    seen = all_pairs()
    with pytest.raises(ValueError, match="there is no pair 'nobody'; take one of twin"):
        seen.pick("nobody")
    with pytest.raises(ValueError, match="numbered 0 to 2"):
        seen.pick(3)
    with pytest.raises(ValueError, match="between 0"):
        seen.slide(1.5)
    assert seen.summary().startswith("twin, λ = 0.00")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_any_name_is_only_text(name: str) -> None:
    seen = AverageSlider({name: (table(BOX), table(BOX), [Task(name, name, (0, 0), name, name)])})
    assert 0 < len(seen.names[0]) <= LONGEST
    for svg in (seen.svg(), seen.scene):
        ElementTree.fromstring(svg)
        assert "<script>" not in svg
        assert "$" not in svg
        assert len(svg) < 60_000


def test_without_a_kernel_there_is_a_picture() -> None:
    seen = all_pairs()
    seen.slide(0.5)
    bundle, _ = seen._repr_mimebundle_()
    assert bundle["text/plain"] == f"AverageSlider: {seen.summary()}"
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert made[0].text == "From one network to another"
    assert made[1].text.startswith(seen.summary())
    assert len([part for part in made if part.tag.endswith("svg")]) == 3
    assert len(bundle["image/svg+xml"]) < 80_000


def test_true_is_no_place_of_its_own() -> None:
    seen = all_pairs()
    seen.set_state({"place": True})
    assert (type(seen.place), seen.error) == (int, "")
    ElementTree.fromstring(seen.svg())
    seen.set_state({"place": 21})
    assert seen.place == 1
    assert seen.error
    seen.set_state({"pair": 99})
    assert "pairs are numbered 0 to" in seen.error
