"""Tasks and suites: which sentence means which goal, read from files that people can read.

A `Task` owns both its sentence and its goal. A `TaskSuite` is a map with the tasks an agent has
already learned (α in the paper) and those it meets next (β). Suites are TOML files, described in
`docs/suites.md`; the shipped ones lie in `data/suites/`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from cliprl_lite._paths import data_path, name_on_disk
from cliprl_lite.language.encoder import heard
from cliprl_lite.worlds.gridworld import GridWorld, as_cell, drawn_rows

_TASK_KEYS = {"name", "sentence", "goal", "group", "colour", "shape"}
_SUITE_KEYS = {"title", "map", "size", "tasks", "targets"}


class SuiteError(ValueError):
    """A suite file that cannot be used. The message names file and task, and says how to mend it.

    Example:
        >>> try:
        ...     load_suite("house_a", size=9)
        ... except SuiteError as error:
        ...     print(error)
        house_a.toml: draws its map, so it has a size already; give no other
    """


@dataclass(frozen=True)
class Task:
    """One thing an agent can be asked to do.

    Attributes:
        name: a short unique name, used in result tables; the sentence if none is given.
        sentence: the instruction, in English.
        goal: `(row, column)` of the goal; kept as a tuple of two plain whole numbers.
        group: tasks with the same group have truly similar policies (a room, a side).
        colour: colour of the object at the goal, or empty.
        shape: shape of the object at the goal, or empty.

    Raises:
        ValueError: if the goal is no pair of whole numbers.

    Example:
        >>> Task("cone", "go to the red cone", goal=(4, 1), colour="red", shape="cone").goal
        (4, 1)
    """

    name: str
    sentence: str
    goal: tuple[int, int]
    group: str = ""
    colour: str = ""
    shape: str = ""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "goal", as_cell(self.goal))
        except ValueError as error:
            raise ValueError(f"task {self.name!r}: the goal: {error}") from None


@dataclass(frozen=True)
class Transfer:
    """A new task, and the old tasks whose policies it may start from.

    Example:
        >>> question = load_suite("house_a").transfer("go to the red cone")
        >>> question.target.group, len(question.bases)
        ('red', 15)
    """

    target: Task
    bases: tuple[Task, ...]


@dataclass(frozen=True, eq=False)
class TaskSuite:
    """A map with its tasks.

    Attributes:
        name: the file's name without its ending, with the size added where the caller chose it.
        title: one line for people.
        world: the map.
        tasks: the tasks with a trained policy (α).
        targets: the new tasks (β). Empty means *leave one out*: each task in turn is the target,
            and all the others are its bases.

    Raises:
        ValueError: if a goal is no free cell of the map; the message names the task.

    Example:
        >>> suite = load_suite("corners", size=10)
        >>> suite.world, [task.sentence for task in suite.tasks][:2]
        (GridWorld(10×10, 100 states), ['top left first', 'top left second'])
        >>> [(t.target.name, t.target.goal) for t in suite.transfers()]
        [('left', (0, 2)), ('right', (0, 7)), ('mismatch', (0, 7))]
    """

    name: str
    title: str
    world: GridWorld
    tasks: tuple[Task, ...]
    targets: tuple[Task, ...] = ()

    def __post_init__(self) -> None:
        for task in (*self.tasks, *self.targets):
            try:
                self.world.state(task.goal)
            except ValueError as error:
                problem = f"task {task.name!r}: the goal: {error}; move it to a free cell"
                raise ValueError(problem) from None

    def transfers(self) -> list[Transfer]:
        """Every target with its base tasks, in the file's order."""
        if self.targets:
            return [Transfer(target, self.tasks) for target in self.targets]
        return [
            Transfer(task, tuple(other for other in self.tasks if other is not task))
            for task in self.tasks
        ]

    def transfer(self, target: str) -> Transfer:
        """The transfer whose target has this name.

        Raises:
            ValueError: if no target has it; the message lists those there are.
        """
        for transfer in self.transfers():
            if transfer.target.name == target:
                return transfer
        names = ", ".join(repr(t.target.name) for t in self.transfers())
        raise ValueError(f"suite {self.name!r} has no target {target!r}; it has {names}")

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with the map, the tasks or the targets."""
        content = f"{self.world}\n{self.tasks}\n{self.targets}"
        return sha256(content.encode(errors="backslashreplace")).hexdigest()[:12]

    @property
    def sentences(self) -> list[str]:
        """Every sentence of the suite once, base tasks first."""
        return list(dict.fromkeys(task.sentence for task in (*self.tasks, *self.targets)))


def suite_names() -> list[str]:
    """The names of the shipped suites, sorted.

    Example:
        >>> suite_names()[-3:]
        ['shapes_16', 'shapes_6', 'shapes_9']
    """
    return sorted(path.stem for path in data_path("suites").glob("*.toml"))


def load_suite(source: str | Path, size: int | None = None) -> TaskSuite:
    """Read a suite by its name, or a file of your own by its path.

    Args:
        source: the name of a shipped suite, spelled exactly, or the path of a `.toml` file.
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
        names = suite_names()
        # Spelled exactly, even where the system ignores case: random numbers follow the name.
        if str(source) not in names:
            raise SuiteError(
                f"there is no suite {str(source)!r}; take one of {', '.join(names)}, "
                "or give the path of a .toml file"
            )
        path = data_path("suites") / f"{source}.toml"
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


class _Reader:
    """Reads one file's content, so that every error can name the file."""

    def __init__(self, file: str) -> None:
        self.file = file if file.isprintable() else repr(file)  # errors are one line

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
        drawing = content.get("map")
        if not isinstance(drawing, str) or not drawing.strip():
            raise self.error('has no map; add map = "open", map = "four_rooms", or draw one')
        world, marks = self.world(drawing, content.get("size", size))
        tasks = self.tasks("tasks", content, world, marks)
        targets = self.tasks("targets", content, world, marks) if "targets" in content else ()
        self.check_sets(tasks, targets)
        return TaskSuite(
            name=stem if size is None else f"{stem}_{size}",
            title=title,
            world=world,
            tasks=tasks,
            targets=targets,
        )

    def world(
        self, drawing: str, size: int | None
    ) -> tuple[GridWorld, dict[str, list[tuple[int, int]]]]:
        named = {"open": GridWorld.open_map, "four_rooms": GridWorld.four_rooms}
        try:
            if drawing in named:
                if size is None:
                    raise self.error(
                        f"leaves the size of its {drawing!r} map open; "
                        "load it with one, as in load_suite(…, size=10)"
                    )
                return named[drawing](size), {}
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
        marks: dict[str, list[tuple[int, int]]] = {}
        for row, line in enumerate(rows):
            for column, mark in enumerate(line):
                if mark not in ".#":
                    marks.setdefault(mark, []).append((row, column))
        return world, marks

    def tasks(
        self,
        key: str,
        content: dict[str, Any],
        world: GridWorld,
        marks: dict[str, list[tuple[int, int]]],
    ) -> tuple[Task, ...]:
        entries = content.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self.error(f"{key} is not a list of tables; head each one with [[{key}]]")
        return tuple(
            self.task(f"{key[:-1]} {number}", entry, world, marks)
            for number, entry in enumerate(entries, start=1)
        )

    def task(
        self,
        where: str,
        entry: dict[str, Any],
        world: GridWorld,
        marks: dict[str, list[tuple[int, int]]],
    ) -> Task:
        sentence = entry.get("sentence")
        if not isinstance(sentence, str) or not heard(sentence):
            raise self.error(f'{where} has no sentence; add sentence = "…"')
        where = f"{where} ({sentence!r})"
        self.known_keys(where, entry, _TASK_KEYS)
        if "goal" not in entry:
            raise self.error(f"{where} has no goal; add goal = [row, column]")
        cell = self.goal(where, entry["goal"], world, marks)
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
        return Task(goal=cell, **words)

    def goal(
        self, where: str, goal: Any, world: GridWorld, marks: dict[str, list[tuple[int, int]]]
    ) -> tuple[int, int]:
        if isinstance(goal, str):
            found = marks.get(goal, [])
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
        cell = tuple(x + n if x < 0 else x for x, n in zip(goal, world.shape, strict=True))
        try:
            world.state((cell[0], cell[1]))
        except ValueError as error:
            raise self.error(f"{where}: the goal: {error}; move it to a free cell") from None
        return cell[0], cell[1]

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
        goals: dict[tuple[int, int], Task] = {}
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
                raise self.error(f"{where} holds {letter!r}, which tears tables; take it out")

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
        f"one sentence to the encoder, {first} and {second} (it hears no capitals, accents, "
        "invisible characters or extra spaces, and takes all unknown characters for one)"
    )
