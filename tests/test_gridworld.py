"""Maps held against drawings made by hand, and against SciPy's shortest paths."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from cliprl_lite.worlds.finite_world import discounted_return
from cliprl_lite.worlds.gridworld import ACTIONS, MOVES, GridWorld

DRAWING = """\
....#.
.##...
.#..#.
...#.."""

STEP = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def free_cells(drawing: str) -> list[tuple[int, int]]:
    return [
        (row, column)
        for row, line in enumerate(drawing.splitlines())
        for column, mark in enumerate(line)
        if mark != "#"
    ]


def walk(drawing: str, cell: tuple[int, int], action: str) -> tuple[int, int]:
    row, column = cell[0] + STEP[action][0], cell[1] + STEP[action][1]
    return (row, column) if (row, column) in free_cells(drawing) else cell


def scipy_distances(drawing: str) -> np.ndarray:
    """All shortest distances, shape `[S, S]`, by Dijkstra's algorithm in SciPy."""
    cells = free_cells(drawing)
    edges = {
        (cells.index(cell), cells.index(walk(drawing, cell, action)))
        for cell in cells
        for action in STEP
    }
    rows, columns = np.array(sorted(edges)).T
    graph = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cells), len(cells)))
    return shortest_path(graph, method="D")


def random_drawing(seed: int) -> str:
    """A random map with walls, not square; what is cut off is walled in."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(2, 8))
    free = rng.random((rows, rows + 2)) < 0.7
    parts, _ = ndimage.label(free)
    keep = parts == np.bincount(parts[free]).argmax()
    return "\n".join("".join(".#"[not cell] for cell in row) for row in keep)


DRAWINGS = [DRAWING, "..", *(random_drawing(seed) for seed in range(8))]
every_drawing = pytest.mark.parametrize("drawing", DRAWINGS, ids=range(len(DRAWINGS)))


# Numbers, actions, moves
def test_actions_stand_in_the_order_up_down_left_right() -> None:
    assert ACTIONS == ("up", "down", "left", "right")
    assert [tuple(move) for move in MOVES.tolist()] == [STEP[action] for action in ACTIONS]


def test_free_moves_lead_to_the_neighbour_of_that_name() -> None:
    world = GridWorld.open_map(3)
    reached = [world.cell(state) for state in world.next_state[world.state((1, 1))]]
    assert reached == [(0, 1), (2, 1), (1, 0), (1, 2)]


@every_drawing
def test_states_are_free_cells_numbered_row_by_row(drawing: str) -> None:
    world, cells = GridWorld.from_text(drawing), free_cells(drawing)
    assert world.n_states == len(cells)
    assert [tuple(cell) for cell in world.cells.tolist()] == cells
    assert [world.cell(number) for number in range(len(cells))] == cells
    assert [world.state(cell) for cell in cells] == list(range(len(cells)))


@every_drawing
def test_every_move_of_every_state(drawing: str) -> None:
    """Walls and edges leave the agent where it is."""
    world, cells = GridWorld.from_text(drawing), free_cells(drawing)
    expected = [[cells.index(walk(drawing, cell, action)) for action in ACTIONS] for cell in cells]
    assert world.next_state.tolist() == expected


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ((-1, 0), "outside"),
        ((0, -1), "outside"),
        ((4, 0), "outside"),
        ((0, 6), "outside"),
        ((0, 4), "wall"),
        ((1, 1), "wall"),
    ],
)
def test_no_state_stands_outside_or_in_a_wall(cell: tuple[int, int], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        GridWorld.from_text(DRAWING).state(cell)


@pytest.mark.parametrize(
    "cell",
    [(2.0, 0), (0, 0.5), (True, 0), (0, np.True_), ("0", 1), "01", (0,), (0, 1, 2), 3, None, {},
     np.array([0.0, 1.0]), (None, 0), np.zeros((2, 2), int)],
    ids=str,
)  # fmt: skip
def test_a_cell_is_a_pair_of_whole_numbers(cell: object) -> None:
    world = GridWorld.from_text(DRAWING)
    for ask in (world.state, world.distances, world.optimal_q, world.optimal_actions):
        with pytest.raises(ValueError, match=r"a cell is \(row, column\), two whole numbers; got"):
            ask(cell)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [(1, 0), [1, 0], np.array([1, 0]), (np.int64(1), np.uint8(0))])
def test_whole_numbers_of_any_make(cell: object) -> None:
    assert GridWorld.from_text(DRAWING).state(cell) == 5  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (-1, "numbered 0 to 17; got -1"),
        (18, "got 18"),
        *((wrong, "a whole number") for wrong in (2.0, True, "3", None)),
    ],
)
def test_a_state_is_one_of_the_map(state: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        GridWorld.from_text(DRAWING).cell(state)  # type: ignore[arg-type]


# Maps
def test_a_drawing_survives_the_round_trip() -> None:
    world = GridWorld.from_text(DRAWING)
    assert str(world) == DRAWING
    assert world.shape == (4, 6)
    assert repr(world) == "GridWorld(4×6, 18 states)"


@pytest.mark.parametrize(
    "drawing",
    [
        "a.#\n.B7",
        "a.#\r\n.B7\r\n",
        "\n\na.#\n.B7\n\n",
        "\n   a.#\n   .B7\n   ",
        "\n   a.#\n   .B7",  # the closing quotes follow the last cell …
        "\n      a.#\n      .B7\n   ",  # … or stand further left …
        "\n   a.#\n   .B7\n",
        "   a.#\n   .B7\n   ",  # … as in TOML, which drops the first line end
        "\n\ta.#\n\t.B7\n\t",
    ],
)
def test_any_mark_but_a_wall_is_free_and_indentation_means_nothing(drawing: str) -> None:
    assert str(GridWorld.from_text(drawing)) == "..#\n..."


@pytest.mark.parametrize(
    ("drawing", "row", "problem"),
    [
        (" ..\n ..", 0, "may be cells or indentation"),  # every goal would be one off
        (" ..\n ..\n", 0, "may be cells or indentation"),
        (" ..\n.. ", 0, "may be cells or indentation"),
        (".. \n.. ", 0, "' ' in column 2"),
        ("...\n.. ", 1, "' ' in column 2"),
        (". .\n...", 0, "' ' in column 1"),
        ("...\n.\t.", 1, r"'\\t' in column 1"),
        ("...\n.\u200b.", 1, r"'\\u200b' in column 1"),
        ("...\n ..", 1, "begins with 1 blanks and row 0 with 0"),
        ("\n    ...\n   ...\n", 1, "begins with 3 blanks and row 0 with 4"),
        ("\n   ...\n    ..\n   ", 1, "begins with 4 blanks and row 0 with 3"),
        ("\n   ...\n\t...\n", 1, "begins with 1 blanks and row 0 with 3"),
        ("   \n.#.", 0, "is blank"),
        (".#.\n   ", 1, "is blank"),
        ("\n  .#.\n     \n", 1, "is blank"),
        ("  ", 0, "is blank"),
    ],
)
def test_a_blank_that_may_be_a_cell_is_refused(drawing: str, row: int, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^row {row} of the map .*{problem}.*draw (a )?free cell"):
        GridWorld.from_text(drawing)


def test_open_map_has_no_walls() -> None:
    assert str(GridWorld.open_map(3)) == "...\n...\n..."


@pytest.mark.parametrize(
    ("size", "drawing"),
    [
        (5, "..#..|.....|#.#.#|.....|..#.."),
        (7, "...#...|.......|...#...|#.###.#|...#...|.......|...#..."),
        (
            13,
            "......#......|......#......|......#......|.............|......#......|......#......|"
            "###.#####.###|"
            "......#......|......#......|.............|......#......|......#......|......#......",
        ),
    ],
)
def test_four_rooms_are_equal_and_joined_by_doors(size: int, drawing: str) -> None:
    assert str(GridWorld.four_rooms(size)) == drawing.replace("|", "\n")


@pytest.mark.parametrize("size", [1, 0, -3, 8.0, "8", None, True])
def test_open_map_wants_a_whole_number_of_two_or_more(size: object) -> None:
    with pytest.raises(ValueError, match="whole number of cells, at least 2"):
        GridWorld.open_map(size)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "problem"), [(3, "at least 5"), (6, "odd size"), (12, "odd")])
def test_four_rooms_want_an_odd_size_of_five_or_more(size: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        GridWorld.four_rooms(size)


@pytest.mark.parametrize(
    ("drawing", "problem"),
    [
        ("...\n..\n...", "row 1 of the map has 2 cells and row 0 has 3"),
        ("..\n\n..", "row 1 of the map has 0 cells"),
        ("", "needs rows and columns"),
        ("##\n##", "at least two free cells"),
        ("#.\n##", "at least two free cells"),
        (".#.\n.#.", r"cell \(0, 2\) cannot be reached from cell \(0, 0\); open a door"),
        ("..#\n.#.\n#..", r"cell \(1, 2\) cannot be reached"),
    ],
)
def test_a_map_that_cannot_be_says_why(drawing: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        GridWorld.from_text(drawing)


@pytest.mark.parametrize("shape", [(4,), (0, 3), (2, 2, 2)])
def test_walls_have_rows_and_columns(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="needs rows and columns"):
        GridWorld(np.zeros(shape, dtype=bool))


def test_a_map_never_changes() -> None:
    walls = np.zeros((2, 3), dtype=bool)
    world = GridWorld(walls)
    walls[0, 1] = True
    assert str(world) == "...\n..."
    with pytest.raises(ValueError, match="read-only"):
        world.walls[0, 0] = True
    with pytest.raises(dataclasses.FrozenInstanceError):
        world.walls = walls  # type: ignore[misc]


@pytest.mark.parametrize("array", ["cells", "next_state"])
def test_what_a_map_hands_out_cannot_be_changed(array: str) -> None:
    """It is kept and shared: one changed entry would move a wall for everybody."""
    with pytest.raises(ValueError, match="read-only"):
        getattr(GridWorld.open_map(3), array)[0, 0] = 1


# Exact answers
@every_drawing
def test_distances_are_the_shortest_paths_of_scipy(drawing: str) -> None:
    world, expected = GridWorld.from_text(drawing), scipy_distances(drawing)
    for goal in range(world.n_states):
        assert world.distances(world.cell(goal)).tolist() == expected[:, goal].tolist()


def test_distances_are_one_s_own() -> None:
    world = GridWorld.open_map(3)
    first = world.distances((0, 0))
    first[:] = 7
    assert world.distances((0, 0)).tolist() == [0, 1, 2, 1, 2, 3, 2, 3, 4]


@pytest.mark.parametrize("discount", [1.0, 0.99, 0.5])
@every_drawing
def test_optimal_q_is_the_closed_form(drawing: str, discount: float) -> None:
    """V* = −(1 + γ + … + γ^(d−1)), and Q*(s, a) = −1 + γ V*(s')."""
    world, distances = GridWorld.from_text(drawing), scipy_distances(drawing)
    cells = free_cells(drawing)
    for goal in range(0, world.n_states, 3):
        d = distances[:, goal]
        value = -d if discount == 1 else -(1 - discount**d) / (1 - discount)
        expected = np.array(
            [
                [-1 + discount * value[cells.index(walk(drawing, cell, a))] for a in ACTIONS]
                for cell in cells
            ]
        )
        expected[goal] = 0
        np.testing.assert_allclose(world.optimal_q(cells[goal], discount), expected, rtol=1e-12)


@pytest.mark.parametrize("discount", [0, -0.5, 1.01, float("nan")])
def test_optimal_q_wants_a_discount_above_0_and_up_to_1(discount: float) -> None:
    with pytest.raises(ValueError, match="discount"):
        GridWorld.open_map(3).optimal_q((0, 0), discount)


def test_the_discount_is_the_one_of_the_project() -> None:
    """Two steps from the goal: −1 − 0.99."""
    assert GridWorld.open_map(2).optimal_q((0, 0))[3].max() == pytest.approx(-1.99)


@pytest.mark.parametrize("discount", [0.5, 0.99, 1.0])
def test_a_return_is_the_value_of_the_shortest_way(discount: float) -> None:
    world = GridWorld.from_text(DRAWING)
    values = world.optimal_q((0, 0), discount).max(axis=1)
    for state, steps in enumerate(world.distances((0, 0)).tolist()):
        closed = -steps if discount == 1 else -(1 - discount**steps) / (1 - discount)
        assert discounted_return(steps, discount) == pytest.approx(closed, rel=1e-12)
        assert discounted_return(steps, discount) == pytest.approx(values[state], rel=1e-12)


@pytest.mark.parametrize("exact", ["distances", "optimal_q", "optimal_actions"])
def test_a_goal_is_a_free_cell(exact: str) -> None:
    with pytest.raises(ValueError, match="wall"):
        getattr(GridWorld.from_text(DRAWING), exact)((0, 4))


def test_optimal_actions_by_hand() -> None:
    """A wall in the middle: two ways around it from the far side, one from its flanks."""
    optimal = GridWorld.from_text("...\n.#.\n...").optimal_actions((0, 1))
    names = [{ACTIONS[a] for a in np.flatnonzero(row)} for row in optimal]
    assert names == [
        {"right"},
        set(ACTIONS),
        {"left"},
        {"up"},
        {"up"},
        {"up"},
        {"left", "right"},
        {"up"},
    ]


@every_drawing
def test_optimal_actions_come_one_step_closer_ties_included(drawing: str) -> None:
    world, cells = GridWorld.from_text(drawing), free_cells(drawing)
    distances = scipy_distances(drawing)
    for goal, goal_cell in enumerate(cells):
        d = distances[:, goal]
        expected = [
            [
                cell == goal_cell or d[cells.index(walk(drawing, cell, action))] == d[state] - 1
                for action in ACTIONS
            ]
            for state, cell in enumerate(cells)
        ]
        assert world.optimal_actions(goal_cell).tolist() == expected


@pytest.mark.parametrize("discount", [1.0, 0.99])
def test_equally_good_actions_have_exactly_equal_values(discount: float) -> None:
    """Bit for bit, so that ties in the exact table are ties for whoever reads it."""
    world = GridWorld.from_text(random_drawing(5))
    for goal in world.cells:
        q = world.optimal_q(tuple(goal), discount)
        greedy = q == q.max(axis=1, keepdims=True)
        assert (greedy == world.optimal_actions(tuple(goal))).all()


@pytest.mark.parametrize("drawing", [["..", ".."], b"..", None, 5])
def test_a_drawing_is_one_text(drawing: object) -> None:
    with pytest.raises(ValueError, match="drawn as one text"):
        GridWorld.from_text(drawing)  # type: ignore[arg-type]
