"""Suite files: tasks and their world as TOML that people can read, and what is wrong with a file.

The format is described in `docs/suites.md`; the shipped files lie in `data/suites/`.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import numpy as np

from cliprl_lite._paths import data_path, name_on_disk, write_text
from cliprl_lite.language.encoder import heard
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.gridworld import GridWorld, drawn_rows
from cliprl_lite.worlds.tasks import Task, TaskSuite

_TASK_KEYS = {"name", "sentence", "goal", "group", "colour", "shape"}
_TABLE_KEYS = {"starts", "labels"}
_SUITE_KEYS = {"title", "map", "size", "next_state", "tasks", "targets", *_TABLE_KEYS}


OWN_WORLDS = "my_worlds"
"""The folder of a reader's own worlds, beside the notebook: in its kernel's working folder."""

_OWN_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SuiteError(ValueError):
    """A suite file that cannot be used. The message names file and task, and how to mend it."""


def suite_names() -> list[str]:
    """The names of the shipped suites, sorted.

    Example:
        >>> suite_names()[:3]
        ['babyai_house_a', 'babyai_house_b', 'babyai_house_c']
    """
    return sorted(path.stem for path in data_path("suites").glob("*.toml"))


def own_worlds() -> list[str]:
    """The names of the reader's own worlds in the folder `my_worlds`, sorted.

    Example:
        >>> own_worlds()  # where nobody has saved one
        []
    """
    return sorted(path.stem for path in Path(OWN_WORLDS).glob("*.toml"))


def own_file(name: str) -> Path:
    """Where a world of the reader's own is kept.

    Raises:
        SuiteError: if it cannot be called so, or a shipped suite is.

    Example:
        >>> own_file("my_world").as_posix()
        'my_worlds/my_world.toml'
    """
    if not _OWN_NAME.fullmatch(name):
        raise SuiteError(
            f"a world cannot be called {name!r}; take small letters, digits and _, as in my_world"
        )
    if name in suite_names():
        raise SuiteError(f"the course has a world called {name!r}; take another name")
    return Path(OWN_WORLDS) / f"{name}.toml"


def load_suite(source: str | Path, size: int | None = None) -> TaskSuite:
    """Read a suite by its name, or a file of your own by its path.

    Args:
        source: the name of a shipped suite, spelled exactly; or that of a world in the folder
            `my_worlds` beside the notebook; or the path of a `.toml` file.
        size: rows and columns, for a suite whose file leaves them open (`corners`).

    Raises:
        SuiteError: if the file is missing or holds something impossible; the message names
            the file, the task, and how to mend it.

    Example:
        >>> load_suite("house_a").tasks[0].sentence
        'go to the red box'
    """
    path = Path(source)
    if path.suffix != ".toml":
        names, own = suite_names(), own_worlds()
        # Spelled exactly, even where the system ignores case: random numbers follow the name.
        if str(source) not in (*names, *own):
            mine = f"one of your own in {OWN_WORLDS} ({', '.join(own)}), " if own else ""
            raise SuiteError(
                f"there is no suite {str(source)!r}; take one of {', '.join(names)}, {mine}"
                "or give the path of a .toml file"
            )
        folder = data_path("suites") if str(source) in names else Path(OWN_WORLDS)
        path = folder / f"{source}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise SuiteError(f"{path.name}: is not UTF-8 text; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SuiteError(f"{path.name}: is not valid TOML: {error}; mend that line") from None
    name = name_on_disk(path)
    return _Reader(name).suite(Path(name).stem, content, size)


def save_suite(path: str | Path, suite: TaskSuite) -> None:
    """Write a suite as a file that `load_suite` reads: a map as a drawing, any other world as its
    table of next states.

    The name of the suite is that of the file.

    Raises:
        SuiteError: if the path does not end in `.toml`, or what is written could not be read.

    Example:
        >>> import tempfile
        >>> world = FiniteWorld([[1, 0], [2, 0], [0, 1]])
        >>> tasks = tuple(Task(f"to {n}", f"go to {n}", (n,)) for n in range(3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_suite(Path(folder) / "ring.toml", TaskSuite("ring", "A ring", world, tasks))
        ...     again = load_suite(Path(folder) / "ring.toml")
        >>> again.world, again.tasks == tasks
        (FiniteWorld(3 states, 2 actions), True)
    """
    path, world = Path(path), suite.world
    if path.suffix != ".toml":
        raise SuiteError(f"{path}: the name of a suite file ends in .toml; rename it")
    lines = [f"title = {_written(suite.title)}", *_written_world(world)]
    for key, tasks in (("tasks", suite.tasks), ("targets", suite.targets)):
        for task in tasks:
            entry = {"name": task.name, "sentence": task.sentence}
            entry |= {"group": task.group, "colour": task.colour, "shape": task.shape}
            lines += ["", f"[[{key}]]"]
            lines += [f"{name} = {_written(word)}" for name, word in entry.items() if word]
            drawn = isinstance(world, GridWorld)
            lines.append(f"goal = {list(task.cell) if drawn else world.goal_states(task.goal)}")
    text = "\n".join([*lines, ""])
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # None, or an infinity
        raise SuiteError(_NO_LABELS) from None
    _Reader(path.name).suite(path.stem, content, None)  # what could not be read is not written
    write_text(path, text)


_NO_LABELS = "a state's label cannot be written; label states by numbers, texts, or tuples of these"


def _written_world(world: FiniteWorld) -> list[str]:
    """The lines of a drawing, or of a table."""
    if isinstance(world, GridWorld):
        return ['map = """', *str(world).splitlines(), '"""']
    lines = []
    if len(world.starts) < world.n_states:
        lines.append(f"starts = {_written(world.starts.tolist())}")
    if world.labels != tuple(range(world.n_states)):
        lines += ["labels = [", *(f"  {_written(label)}," for label in world.labels), "]"]
    return [*lines, "next_state = [", *(f"  {row}," for row in world.next_state.tolist()), "]"]


def _written(value: Any) -> str:
    """A number, a text, or a list of such, as TOML has it: like JSON, but for one character."""
    try:
        plain = json.dumps(value, ensure_ascii=False, default=lambda number: number.item())
    except (TypeError, AttributeError):
        raise SuiteError(_NO_LABELS) from None
    return plain.replace("\x7f", "\\u007f")


class _Reader:
    """Reads one file's content, so that every error can name the file."""

    def __init__(self, file: str) -> None:
        self.file = file if file.isprintable() else repr(file)  # errors are one line
        self.marks: dict[str, list[tuple[int, int]]] = {}  # letter of the drawing → its cells
        self.world: FiniteWorld

    def error(self, problem: str) -> SuiteError:
        return SuiteError(f"{self.file}: {problem}")

    def suite(self, stem: str, content: dict[str, Any], size: int | None) -> TaskSuite:
        self.one_line("the file's name", stem, "|")
        self.known_keys("the file", content, _SUITE_KEYS)
        if size is not None and "size" in content:
            raise self.error(
                f"fixes its size at {content['size']}; load it without one (you gave {size})"
            )
        title = content.get("title", stem)
        if not isinstance(title, str):
            raise self.error(f"the title is {title!r}; write it in quotes")
        self.one_line("the title", title)
        self.world = self.map(content, size) if "map" in content else self.table(content, size)
        tasks, targets = self.tasks("tasks", content), self.tasks("targets", content)
        self.check_sets(tasks, targets)
        name = stem if size is None else f"{stem}_{size}"
        return TaskSuite(name, title, self.world, tasks, targets)

    def table(self, content: dict[str, Any], size: int | None) -> FiniteWorld:
        if "next_state" not in content:
            raise self.error(
                'has no map; add map = "open", map = "four_rooms", or draw one. A world that is no '
                "map has next_state = [[…], …], a row for each state"
            )
        if size is not None or "size" in content:
            raise self.error("has a table of states, so its size is fixed; give no size")
        rows, parts = content["next_state"], dict[str, Any]()
        if not isinstance(rows, list) or not rows:
            raise self.error("next_state is no table; write [[…], …], a row for each state")
        for state, row in enumerate(rows):
            if not isinstance(row, list) or not all(type(reached) is int for reached in row):
                raise self.error(
                    f"next_state: the row of state {state} is {row!r}; write the numbers of the "
                    "states that its actions lead to, as in [0, 4, 1]"
                )
            if len(row) != len(rows[0]):
                raise self.error(
                    f"next_state: the row of state {state} has {len(row)} actions and that of "
                    f"state 0 has {len(rows[0])}; make all rows equally long"
                )
        if "starts" in content:
            parts["starts"] = starts = content["starts"]
            if not isinstance(starts, list) or not all(type(state) is int for state in starts):
                raise self.error(f"starts is {starts!r}; write states' numbers, as in [0, 3]")
        if "labels" in content:
            labels = content["labels"]
            if not isinstance(labels, list):
                raise self.error(f"labels is {labels!r}; write a list with one for each state")
            parts["labels"] = tuple(tuple(one) if isinstance(one, list) else one for one in labels)
        try:
            return FiniteWorld(np.array(rows), **parts)
        except ValueError as error:
            raise self.error(f"next_state: {error}") from None

    def map(self, content: dict[str, Any], size: int | None) -> GridWorld:
        drawing, size = content["map"], content.get("size", size)
        if not isinstance(drawing, str) or not drawing.strip():
            raise self.error('has no map; add map = "open", map = "four_rooms", or draw one')
        for key in ("next_state", *sorted(_TABLE_KEYS)):
            if key in content:
                raise self.error(f"has a map and {key}, which belongs to a table; take one out")
        named = {"open": GridWorld.open_map, "four_rooms": GridWorld.four_rooms}
        try:
            if drawing in named:
                if size is None:
                    raise self.error(
                        f"leaves the size of its {drawing!r} map open; "
                        "load it with one, as in load_suite(…, size=10)"
                    )
                return named[drawing](size)
            if not any(mark in drawing for mark in ".#\n"):
                raise self.error(
                    f"there is no map {drawing!r}; take one of {', '.join(named)}, or draw one"
                )
            if size is not None:
                raise self.error("draws its map, so it has a size already; give no other")
            world, rows = GridWorld.from_text(drawing), drawn_rows(drawing)
        except SuiteError:
            raise
        except ValueError as error:
            raise self.error(f"map: {error}") from None
        for row, line in enumerate(rows):
            for column, mark in enumerate(line):
                if mark not in ".#":
                    self.marks.setdefault(mark, []).append((row, column))
        return world

    def tasks(self, key: str, content: dict[str, Any]) -> tuple[Task, ...]:
        entries = content.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self.error(f"{key} is not a list of tables; head each one with [[{key}]]")
        return tuple(
            self.task(f"{key[:-1]} {number}", entry)
            for number, entry in enumerate(entries, start=1)
        )

    def task(self, where: str, entry: dict[str, Any]) -> Task:
        sentence = entry.get("sentence")
        if not isinstance(sentence, str) or not heard(sentence):
            raise self.error(f'{where} has no sentence; add sentence = "…"')
        where = f"{where} ({sentence!r})"
        self.known_keys(where, entry, _TASK_KEYS)
        if "goal" not in entry:
            what = "[row, column]" if isinstance(self.world, GridWorld) else "[…], its states"
            raise self.error(f"{where} has no goal; add goal = {what}")
        goal = self.goal(where, entry["goal"])
        name = entry.get("name", sentence)
        if not isinstance(name, str) or not name.strip():
            raise self.error(f"{where}: the name is {name!r}; write one in quotes, or leave it out")
        words = {key: entry.get(key, "") for key in ("group", "colour", "shape")}
        for key, word in words.items():
            if not isinstance(word, str):
                raise self.error(f"{where}: {key} is {word!r}; write it in quotes")
        words = {"sentence": sentence.strip(), "name": name.strip(), **words}
        for key, word in words.items():
            self.one_line(f"{where}: the {key}", word)
        return Task(goal=goal, **words)

    def goal(self, where: str, goal: Any) -> Goal:
        if isinstance(self.world, GridWorld):
            return self.cell(where, goal, self.world)
        if not (isinstance(goal, list) and goal and all(type(state) is int for state in goal)):
            raise self.error(
                f"{where}: the goal is {goal!r}; write the numbers of its states, as in [3, 7]"
            )
        try:
            self.world.episodes(tuple(goal))
            return tuple(self.world.goal_states(tuple(goal)))
        except ValueError as error:
            raise self.error(f"{where}: the goal: {error}; change its states") from None

    def cell(self, where: str, goal: Any, world: GridWorld) -> tuple[int, int]:
        if isinstance(goal, str):
            found = self.marks.get(goal, [])
            if len(found) != 1:
                times = "nowhere" if not found else f"{len(found)} times"
                raise self.error(
                    f"{where}: the goal's mark {goal!r} stands {times} on the map; "
                    "draw it there exactly once"
                )
            return found[0]
        if not (isinstance(goal, list) and len(goal) == 2 and all(type(x) is int for x in goal)):
            raise self.error(
                f"{where}: the goal is {goal!r}; write [row, column], or a mark drawn on the map"
            )
        # A negative number counts from the far edge, so that one file serves every size.
        row, column = (x + n if x < 0 else x for x, n in zip(goal, world.shape, strict=True))
        try:
            world.state((row, column))
        except ValueError as error:
            raise self.error(f"{where}: the goal: {error}; move it to a free cell") from None
        return row, column

    def check_sets(self, tasks: tuple[Task, ...], targets: tuple[Task, ...]) -> None:
        needed = 2 if targets else 3  # two bases at the least, or there is nothing to choose
        if len(tasks) < needed:
            raise self.error(
                f"has {len(tasks)} tasks and needs at least {needed}: "
                "a target chooses among two base tasks or more; add a [[tasks]]"
            )
        sentences: dict[str, Task] = {}
        for task in tasks:
            known = sentences.setdefault(heard(task.sentence), task)
            if known is not task:
                raise self.error(
                    f"two tasks have {_in_common(known, task)}; "
                    "a sentence names one task, so change one of them"
                )
        goals: dict[Goal, Task] = {}
        for task in tasks:
            if task.goal in goals:
                raise self.error(
                    f"tasks {goals[task.goal].name!r} and {task.name!r} have the same goal "
                    f"{task.goal}; move one of them, or make the map larger"
                )
            goals[task.goal] = task
        names: set[str] = set()
        for task in (*tasks, *targets):
            if task.name in names:
                raise self.error(f"two tasks have the name {task.name!r}; rename one")
            names.add(task.name)
        for target in targets:
            known = sentences.get(heard(target.sentence), target)
            if known is not target:
                raise self.error(
                    f"target {target.name!r} and base task {known.name!r} have "
                    f"{_in_common(known, target)}, so there is nothing to transfer; "
                    "change one of them"
                )
            if target.goal in goals:
                raise self.error(
                    f"target {target.name!r} has the goal {target.goal} of the base task "
                    f"{goals[target.goal].name!r}, so there is nothing to learn; move one of "
                    "them, or make the map larger"
                )

    def one_line(self, where: str, text: str, forbidden: str = "") -> None:
        """Refuse characters that break a table or a journal: line ends, controls, `forbidden`."""
        for letter in text:
            if letter in forbidden or category(letter) in ("Cc", "Zl", "Zp", "Cs"):
                raise self.error(f"{where} holds {letter!r}, which breaks tables; take it out")

    def known_keys(self, where: str, entry: dict[str, Any], known: set[str]) -> None:
        for key in entry:
            if key not in known:
                raise self.error(
                    f"{where} has an entry {key!r} that means nothing here; "
                    f"the known ones are {', '.join(sorted(known))}"
                )


def _in_common(one: Task, other: Task) -> str:
    """The sentence that two tasks share, or the two ways in which they write it."""
    if one.sentence == other.sentence:
        return f"the sentence {one.sentence!r}"
    alike = normalize("NFC", one.sentence) == normalize("NFC", other.sentence)
    first, second = map(ascii if alike else repr, (one.sentence, other.sentence))
    return (
        f"sentences that the encoder cannot tell apart, {first} and {second} (it hears no "
        "capitals, accents, invisible characters or extra spaces, and all unknown characters are "
        "the same to it)"
    )
