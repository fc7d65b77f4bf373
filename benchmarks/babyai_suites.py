"""Write the suites that come from BabyAI: levels of its own, and three houses built in its engine.

    pip install minigrid
    python benchmarks/babyai_suites.py

(M. Chevalier-Boisvert et al.: *BabyAI: a platform to study the sample efficiency of grounded
language learning*, ICLR 2019.) What a suite holds is BabyAI's: every next state comes from its
`step`, every goal from its verifier, every sentence is one of its missions. A state is where the
agent stands and where it looks; the actions are its left, right and forward.

- `babyai_local_…`: `GoToLocal`, one room in which objects are strewn.
- `babyai_open_…`: `GoToOpen`, nine rooms with open doors in which objects are strewn.
- `babyai_house_a`, `b`, `c`: six rooms with open doors, furnished by us with six colours of ball,
  box and key. In A a room has one colour, in B one kind, in C neither.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import gymnasium
import minigrid  # noqa: F401  (its levels get their names)
from minigrid.envs.babyai.core.roomgrid_level import RoomGridLevel
from minigrid.envs.babyai.core.verifier import GoToInstr, Instr, ObjDesc

from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.suite_files import save_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
KINDS = ("ball", "box", "key")
SEEDS = (0, 1, 2)
"""Of BabyAI's own levels."""


class House(RoomGridLevel):
    """Two by three rooms with open doors, and an object of each colour and kind.

    Args:
        rooms: colour and kind → the number of the object's room.
    """

    def __init__(self, rooms: dict[tuple[str, str], int]) -> None:
        self.rooms = rooms
        super().__init__(num_rows=2, num_cols=3, room_size=7)

    def gen_mission(self) -> None:
        self.place_agent(1, 0)
        self.connect_all()
        for (colour, kind), room in self.rooms.items():
            self.add_object(room % 3, room // 3, kind, colour)
        self.check_objs_reachable()
        self.open_all_doors()
        self.instrs = GoToInstr(ObjDesc("ball", "red"))


class Nothing(Instr):
    """A mission that is never over, so that the whole level can be walked."""

    def surface(self, env: Any) -> str:
        return ""

    def reset_verifier(self, env: Any) -> None: ...

    def verify(self, action: Any) -> str:
        return "continue"


class Walked(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A level in which the agent turns left, turns right, or goes forward, and never arrives."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.action_space = gymnasium.spaces.Discrete(3)

    def reset(self, **choices: Any) -> Any:
        with redirect_stdout(StringIO()):  # it tells how often it drew a level that will not do
            found = super().reset(**choices)
        self.unwrapped.instrs = Nothing()
        self.unwrapped.max_steps = 10**9
        return found


def pose(level: Any) -> tuple[int, int, int]:
    """Where the agent stands, row and column, and where it looks: 0 right, 1 down, 2 left, 3 up."""
    column, row = level.agent_pos
    return int(row), int(column), int(level.agent_dir)


def suite_of(name: str, title: str, level: Any, seed: int) -> TaskSuite:
    """A level as a suite: a task for every colour and kind of object that is there."""
    env = Walked(level)
    world = FiniteWorld.from_gymnasium(env, seeds=[seed], key=pose)
    env.reset(seed=seed)
    tasks = []
    for colour, kind in objects(level):
        instruction = GoToInstr(ObjDesc(kind, colour))
        instruction.reset_verifier(level)
        sentence = instruction.surface(level)
        goal = world.where(lambda label, asked=instruction: arrives(level, asked, label))
        group = room_of(level, instruction.desc.obj_poss)
        tasks.append(Task(sentence, sentence, goal, group, colour, kind))
    return TaskSuite(name, title, world, tuple(tasks))


def room_of(level: Any, places: list[tuple[int, int]]) -> str:
    """The room of an object; empty if several look alike, or the level is one room."""
    rooms = [room for row in level.room_grid for room in row]
    if len(places) > 1 or len(rooms) == 1:
        return ""
    return f"room {1 + rooms.index(level.room_from_pos(*places[0]))}"


def objects(level: Any) -> list[tuple[str, str]]:
    """Colours and kinds of the objects that lie there, each pair once."""
    found = {(thing.color, thing.type) for thing in level.grid.grid if thing is not None}
    return [pair for pair in product(COLOURS, KINDS) if pair in found]


def arrives(level: Any, instruction: Any, label: tuple[int, int, int]) -> bool:
    """Whether the verifier calls the mission fulfilled with the agent in this state."""
    row, column, level.agent_dir = label
    level.agent_pos = (column, row)
    return instruction.verify_action(level.actions.left) == "success"


HOUSES = {
    "a": ("a colour a room", lambda colour, kind: colour),
    "b": ("a kind a room", lambda colour, kind: kind + 3 * (colour % 2)),
    "c": ("neither", lambda colour, kind: (colour + 2 * kind) % 6),
}
"""Letter → what a room has, and the room of an object by the numbers of its colour and kind."""


def suites() -> Iterator[TaskSuite]:
    """Every suite that is shipped."""
    for letter, (words, room) in HOUSES.items():
        rooms = {
            (colour, kind): room(a, b)
            for (a, colour), (b, kind) in product(enumerate(COLOURS), enumerate(KINDS))
        }
        title = f"House {letter.upper()} in BabyAI: {words}"
        yield suite_of(f"babyai_house_{letter}", title, House(rooms), 0)
    for seed in SEEDS:
        for name in ("Local", "Open"):
            level = gymnasium.make(f"BabyAI-GoTo{name}-v0").unwrapped
            title = f"BabyAI GoTo{name}, seed {seed}"
            yield suite_of(f"babyai_{name.lower()}_{seed}", title, level, seed)


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=data_path("suites"))
    out = parser.parse_args().out
    for suite in suites():
        save_suite(out / f"{suite.name}.toml", suite)
        size = (out / f"{suite.name}.toml").stat().st_size
        print(f"{suite.name}: {suite.world}, {len(suite.tasks)} tasks, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
