"""The house board: objects move, the policies' heatmap follows, the words' does not."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite import TabularPolicy, embed, load_suite, policy_vectors
from cliprl_lite.widgets import HouseBoard
from cliprl_lite.widgets.house_board import in_right_room, room_of

HOUSES = {"house_a": [0, 16], "house_b": [16, 16], "house_c": [0, 16]}


def slow_similarity(rows: np.ndarray) -> np.ndarray:
    """Cosines one by one, as an independent answer."""
    n = len(rows)
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            found[i, j] = rows[i] @ rows[j] / np.sqrt((rows[i] ** 2).sum() * (rows[j] ** 2).sum())
    return found


def slow_count(similarity: np.ndarray, goals: list[tuple[int, int]]) -> int:
    """Rows whose favourite other object is above or below, left or right of the walls as they."""
    right = 0
    for i, (row, column) in enumerate(goals):
        others = [j for j in range(len(goals)) if j != i]
        best = max(others, key=lambda j: similarity[i, j])
        right += (goals[best][0] > 6) == (row > 6) and (goals[best][1] > 6) == (column > 6)
    return right


@pytest.mark.parametrize("name", HOUSES)
def test_each_house_shows_its_own_policies_and_the_same_words(name: str) -> None:
    board, suite = HouseBoard(), load_suite(name)
    opened = board.words
    board.show(name)
    tables = [TabularPolicy(suite.world, suite.world.optimal_q(t.goal)) for t in suite.tasks]
    vectors = policy_vectors(tables)
    policies = slow_similarity(vectors - vectors.mean(axis=0))
    words = slow_similarity(embed(suite.sentences))
    assert np.allclose(board.policy_similarity, policies, atol=1e-6)
    assert np.allclose(board.word_similarity, words, atol=1e-6)
    assert board.words == opened
    assert board.goals == [task.goal for task in suite.tasks]
    assert board.counts == HOUSES[name]
    assert board.counts == [slow_count(words, board.goals), slow_count(policies, board.goals)]
    assert board.title == suite.title in board.svg()


def test_buttons_of_the_browser_do_what_show_does() -> None:
    board, other = HouseBoard(), HouseBoard()
    board.set_state({"house": "house_b"})
    other.show("house_b")
    assert (board.places, board.policies, board.counts) == (
        other.places, other.policies, other.counts,
    )  # fmt: skip
    assert board.status.startswith("Cells that changed: 0 of 256 in the words’ heatmap, 216 of 256")


def test_a_dropped_object_moves_and_only_policies_change() -> None:
    board = HouseBoard()
    words, policies = board.words, board.policies
    state = board.world.state((10, 10))
    board.set_state({"asked": [[1, [0, state]]]})  # as the browser does
    assert board.goals[0] == (10, 10)
    assert board.house == "own"
    assert board.words == words
    assert board.policies != policies
    assert board.names[state] == "row 10, column 10, red box"
    assert board.status.startswith("The red box moved. Cells that changed: 0 of 256")
    assert board.counts == [
        slow_count(board.word_similarity, board.goals),
        slow_count(board.policy_similarity, board.goals),
    ]
    board.show("house_a")  # and the button brings it back
    assert (board.house, board.policies, board.names[state]) == (
        "house_a", policies, "row 10, column 10",
    )  # fmt: skip


def test_two_drops_in_one_message_are_two_moves() -> None:
    board = HouseBoard()
    squares = [(10, 10), (11, 11)]
    drops = [[k + 1, [k, board.world.state(cell)]] for k, cell in enumerate(squares)]
    board.set_state({"asked": drops})  # hands can be faster than the kernel
    assert board.goals[:2] == squares


def test_on_a_taken_square_two_objects_change_places() -> None:
    board = HouseBoard()
    first, last = board.goals[0], board.goals[15]
    board.move(0, last)
    assert (board.goals[0], board.goals[15]) == (last, first)
    assert len(set(board.goals)) == 16
    assert board.status.startswith("The red box and the yellow key changed places.")


def test_swapping_b_into_a_step_by_step_makes_the_words_right() -> None:
    board = HouseBoard()
    for number, task in enumerate(load_suite("house_b").tasks):
        board.move(number, task.goal)
    assert board.goals == [task.goal for task in load_suite("house_b").tasks]
    assert board.counts == [16, 16]


def test_what_cannot_be_is_refused_and_nothing_is_lost() -> None:
    board = HouseBoard()
    scene, goals = board.scene, board.goals
    for task, cell, why in (
        (0, (6, 0), "is a wall"),
        (0, (3, 6), "between the rooms"),
        (0, (40, 0), "outside"),
        (16, (0, 0), "objects are 0 to 15"),
    ):
        with pytest.raises(ValueError, match=why):
            board.move(task, cell)
    with pytest.raises(ValueError, match="no house"):
        board.show("house_z")
    doorway = board.world.state((3, 6))
    drops: list[object] = [[0, doorway], [0, 10_000], [99, 0], [-1, 0], [0], [0.5, 1], "ab", None]
    for count, drop in enumerate([*drops, [0, 10**30], [10**30, 0]], start=1):
        board.error = ""
        board.set_state({"asked": [[count, drop]]})
        assert board.error.startswith("The object stays where it was")
    board.set_state({"house": "<b>" + "x" * 1_000_000})
    assert len(board.error) < 200
    assert "<b>" not in board.error
    assert (board.scene, board.goals) == (scene, goals)
    board.show("house_c")
    assert board.error == ""


def test_a_move_to_its_own_square_changes_nothing() -> None:
    board = HouseBoard()
    board.move(3, board.goals[3])
    assert board.house == "house_a"


def test_rooms_and_counts_by_hand() -> None:
    world = load_suite("house_a").world
    assert [room_of(cell, world) for cell in ((5, 5), (5, 7), (7, 5), (7, 7))] == [0, 1, 2, 3]
    for doorway in ((3, 6), (6, 3)):
        with pytest.raises(ValueError, match="in none"):
            room_of(doorway, world)
    similarity = [[9, 1, 3], [1, 9, 2], [3, 2, 9]]  # favourites 2, 2, 0
    assert in_right_room(similarity, [0, 1, 0]) == 2
    assert in_right_room(similarity, [0, 1, 1]) == 1
    assert in_right_room(similarity, [0, 1, 2]) == 0


def test_a_change_that_nobody_can_see_is_not_counted() -> None:
    """Heatmaps tell two decimals apart, and so does the count."""
    board = HouseBoard()
    seen = board.policy_similarity.round(2)
    board.policy_similarity = seen + 0.0004
    board.show("house_a")
    assert board.status.endswith("0 of 256 in the policies’.")
    board.policy_similarity = seen + np.eye(16)
    board.show("house_a")
    assert board.status.endswith("16 of 256 in the policies’.")


def test_it_is_quick() -> None:
    board = HouseBoard()
    start = time.perf_counter()
    for cell in ((0, 0), (5, 5), (12, 12), (8, 1)):
        board.move(5, cell)
    assert (time.perf_counter() - start) / 4 < 0.15


def test_the_static_picture_tells_what_is_seen() -> None:
    board = HouseBoard()
    board.show("house_b")
    root = ElementTree.fromstring(board.svg())
    assert root[0].text == "House B: a shape per room"
    assert root[1].text == board.summary()
    texts = [found.text for found in root.iter() if found.tag.endswith("text")]
    assert texts.count("favourite in the right room: 16 of 16") == 2
    assert {"what the words say", "what the policies say"} <= set(texts)
    described = " ".join(found.text or "" for found in root.iter() if found.tag.endswith("desc"))
    assert "top left room: red box, blue box, green box, yellow box" in described
    bundle, _ = board._repr_mimebundle_()
    assert bundle["image/svg+xml"] == board.svg()
    assert bundle["text/plain"].startswith("HouseBoard: House B")
