"""A map to draw on: walls, objects, a sentence for each, and which task is the new one."""

from __future__ import annotations

from itertools import product
from typing import Any

import traitlets

from cliprl_lite.pictures.drawing import OBJECT_COLOURS, colour, glyph, picture, tag, text
from cliprl_lite.widgets.base import Asked, in_words, module, style
from cliprl_lite.widgets.words import count, square
from cliprl_lite.worlds.drafts import LETTERS, LONGEST, SHORTEST, Cell, Draft
from cliprl_lite.worlds.suite_files import load_suite, own_file, own_worlds, save_suite
from cliprl_lite.worlds.tasks import TaskSuite

SHAPES = ("box", "ball", "cone", "key")
"""Shapes that objects have."""

GIVEN = "small_house"
"""The suite with which a reader begins."""

SIDE, EDGE = 340.0, 20.0
"""The longer side of the map, and the room for the numbers of rows and columns, in pixels."""

MANY = 200
"""Changes that can be undone."""

_unsaved: dict[tuple[str, str], Draft] = {}
"""What was drawn in this kernel, by the editor's name and what it began with: a cell that is run
again goes on from there."""


class WorldEditor(Asked):
    """A world that a reader draws: a map, objects with a sentence each, and one task that is new.

    It opens on the reader's own world of this name if there is one in the folder `my_worlds` beside
    the notebook, else on a given one. Saved there, a world is loaded by its name in every notebook
    of that folder.

    Args:
        suite: what to begin with, a suite or its name; a small house if None.
        name: what the world is called.

    Attributes:
        draft: what is drawn now.
        things: the objects for the page: each with its glyph, look, square and sentence.
        squares: what a screen reader says of each square, row by row.
        faults: what is wrong with it still, and how to mend it.
        file: whether it is saved, and where.
        taken: the name of a file that would be written over; empty as long as there is none.

    Raises:
        SuiteError: if there is no such suite, the name will not do, or its file is damaged.
        ValueError: if the suite is no map that can be drawn.

    Example:
        >>> editor = WorldEditor(name="mine")
        >>> editor.move((6, 3), (6, 7))
        >>> print(editor.status)
        The red cone moved to row 6, column 7. Nothing to mend: 8 old tasks and a new one.
        >>> editor.wall((4, 1))
        >>> editor.wall((4, 7))
        >>> editor.faults[0][:55]
        'Nobody can reach the blue cone, the green cone and the '
    """

    _esm, _css = module("world_editor"), style("world_editor")
    scene = traitlets.Unicode().tag(sync=True)
    size: traitlets.List[int] = traitlets.List().tag(sync=True)
    things: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    squares: traitlets.List[str] = traitlets.List().tag(sync=True)
    new = traitlets.Int(-1).tag(sync=True)
    faults: traitlets.List[str] = traitlets.List().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)
    taken = traitlets.Unicode().tag(sync=True)
    undoable = traitlets.Bool().tag(sync=True)
    glyphs: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)
    limits: traitlets.List[int] = traitlets.List([SHORTEST, LONGEST, LETTERS]).tag(sync=True)

    def __init__(self, suite: TaskSuite | str | None = None, name: str = "my_world") -> None:
        own_file(name)
        given = suite if isinstance(suite, TaskSuite) else load_suite(suite or GIVEN)
        self._given = Draft.of(given)
        self._key = (name, given.fingerprint)
        self._before: list[Draft] = []
        self._stroke: tuple[str, int] | None = None
        self._builds = True
        self._on_disk: dict[str, str] = {}  # name → the text of the file that this editor knows
        saved = Draft.of(load_suite(name)) if name in own_worlds() else None
        if saved is not None:
            self._on_disk[name] = own_file(name).read_text("utf-8")
        self._saved = saved  # the draft that the file holds
        self.draft = _unsaved.get(self._key) or saved or self._given
        super().__init__(name=name, glyphs=_palette())
        self._show("")

    # What a reader does --------------------------------------------------------------------------
    def wall(self, cell: Cell, stroke: int = 0) -> None:
        """Build a wall on a square, or take it away. The squares of one stroke become alike."""
        if not self._goes_on("wall", stroke):
            self._builds = cell not in self.draft.walls
        built = self.draft.wall(cell, self._builds)
        did = "Wall on" if self._builds else "No wall on"
        self._change(built, f"{did} {square(cell)}.", ("wall", stroke))

    def erase(self, cell: Cell, stroke: int = 0) -> None:
        """Make a square free: take away a wall, or an object and its sentence."""
        number = self.draft.thing_at(cell)
        if number >= 0:
            self.remove(number)
        else:
            freed = self.draft.wall(cell, False)
            self._change(freed, f"{square(cell).capitalize()} is free.", ("erase", stroke))

    def put(self, cell: Cell, paint: str, shape: str) -> None:
        """Put an object on a square, with a sentence to begin with.

        Raises:
            ValueError: if there is no such object, or it cannot stand there.
        """
        if paint not in OBJECT_COLOURS or shape not in SHAPES:
            raise ValueError("there is no such object: take one of the colours and shapes above")
        draft = self.draft.put(cell, paint, shape)
        self._change(draft, f"A {paint} {shape} on {square(cell)}.")

    def move(self, start: Cell, end: Cell) -> None:
        """Move an object; where another one stands, they change places.

        Raises:
            ValueError: if there is no object, or the square is a wall.
        """
        number = self.draft.thing_at(start)
        if number < 0:
            raise ValueError(f"there is no object on {square(start)}")
        draft, look = self.draft.move(number, end), self.draft.things[number].look
        self._change(draft, f"The {look} moved to {square(end)}.")

    def remove(self, number: int) -> None:
        """Take away an object and its sentence."""
        draft, look = self.draft.remove(number), self.draft.things[number].look
        was = " No task is the new one now: each is, in turn." if number == self.draft.new else ""
        self._change(draft, f"The {look} is gone.{was}")

    def say(self, number: int, sentence: str, stroke: int = 0) -> None:
        """Write the sentence of an object."""
        draft = self.draft.say(number, sentence)
        self._change(draft, "", ("say", stroke))

    def choose_new(self, number: int) -> None:
        """Make an object's task the new one; −1 for each in turn."""
        draft = self.draft.choose_new(number)
        did = f"The new task is the {draft.things[number].look}." if number >= 0 else (
            "Each task is the new one in turn."
        )  # fmt: skip
        self._change(draft, did)

    def resize(self, rows: int, columns: int) -> None:
        """Change the numbers of rows and columns."""
        self._change(self.draft.resize(rows, columns), f"{rows} rows, {columns} columns.")

    def undo(self) -> None:
        """Take back the last change."""
        self.error = ""
        if self._before:
            self.draft = self._before.pop()
            self._show("The last change is taken back.")

    def start_over(self) -> None:
        """Go back to what the editor was given; this too can be undone."""
        self._change(self._given, "As it was given.")

    def save(self, name: str | None = None, replace: bool = False) -> None:
        """Write the world into the folder `my_worlds`, from where every notebook loads it by name.

        A file that was not written or opened here is only replaced by `replace=True`.

        Raises:
            ValueError: if something is wrong with the world still, or with the name, or a file of
                this name is there already, or cannot be written.
        """
        self.taken = ""
        name = self.name if name is None else name.strip()
        file, suite = own_file(name), self.draft.suite(name)
        try:
            there = file.read_text("utf-8") if file.exists() else None
            if there not in (None, self._on_disk.get(name)) and not replace:
                self.taken = name
                raise ValueError(
                    f"{file.as_posix()} is there already, and was not written here: replace it, "
                    "or take another name"
                )
            file.parent.mkdir(exist_ok=True)
            save_suite(file, suite)
            self._on_disk[name] = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{file.as_posix()} cannot be written ({in_words(error)})") from None
        self.name, self._saved = name, self.draft
        self._show("Saved.")

    @property
    def suite(self) -> TaskSuite:
        """The world as it is drawn now, saved or not.

        Raises:
            ValueError: if something is wrong with it still; the message says how to mend it.
        """
        return self.draft.suite(self.name)

    @property
    def as_given(self) -> bool:
        """Whether it is still what the editor was given."""
        return self.draft == self._given

    def _do(self, what: Any) -> None:
        self.taken = ""
        match what:
            case ["wall", int(row), int(column), int(stroke)]:
                self.wall((row, column), stroke)
            case ["erase", int(row), int(column), int(stroke)]:
                self.erase((row, column), stroke)
            case ["put", int(row), int(column), str(paint), str(shape)]:
                self.put((row, column), paint, shape)
            case ["move", int(row), int(column), int(to_row), int(to_column)]:
                self.move((row, column), (to_row, to_column))
            case ["remove", int(number)]:
                self.remove(number)
            case ["say", int(number), str(sentence), int(stroke)]:
                self.say(number, sentence, stroke)
            case ["new", int(number)]:
                self.choose_new(number)
            case ["size", int(rows), int(columns)]:
                self.resize(rows, columns)
            case ["save" | "replace" as how, str(name)]:
                self.save(name, replace=how == "replace")
            case ["undo"]:
                self.undo()
            case ["start over"]:
                self.start_over()
            case _:
                raise ValueError("nothing here can be changed so")

    # -----------------------------------------------------------------------------------------
    def _goes_on(self, kind: str, stroke: int) -> bool:
        """Whether this belongs to the stroke of before, and is undone with it."""
        return stroke > 0 and self._stroke == (kind, stroke)

    def _change(self, draft: Draft, did: str, stroke: tuple[str, int] = ("", 0)) -> None:
        self.error = ""
        if draft != self.draft:
            if not self._goes_on(*stroke):
                self._before = [*self._before, self.draft][-MANY:]
            self.draft, self._stroke = draft, stroke
        self._show(did)

    def _show(self, did: str) -> None:
        draft = _unsaved[self._key] = self.draft
        with self.hold_sync():
            self.size, self.new = [draft.rows, draft.columns], draft.new
            self.things = [
                {
                    "glyph": self.glyphs.get(thing.look, _sign("", "")),
                    "look": thing.look,
                    "cell": list(thing.cell),
                    "sentence": thing.sentence,
                }
                for thing in draft.things
            ]
            closed = draft.closed_off()
            self.squares = [self._spoken(cell, cell in closed) for cell in self._cells()]
            self.faults = draft.faults()
            self.undoable = bool(self._before)
            self.scene = self._map()
            self.file = self._kept()
            self.status = " ".join(part for part in (did, self._verdict()) if part)

    def _kept(self) -> str:
        place = own_file(self.name).as_posix()
        if self.draft == self._saved:
            return f'Saved in {place}: load_suite("{self.name}") in every notebook.'
        return f"Changed since {place} was saved." if self._saved else "Not saved yet."

    def _verdict(self) -> str:
        if self.faults:
            return f"{count(len(self.faults), 'thing')} to mend."
        many, new = len(self.draft.things), self.draft.new >= 0
        tasks = f"{many - 1} old tasks and a new one" if new else f"{many} tasks, each new in turn"
        return f"Nothing to mend: {tasks}."

    def _cells(self) -> list[Cell]:
        return list(product(range(self.draft.rows), range(self.draft.columns)))

    def _spoken(self, cell: Cell, closed: bool) -> str:
        number = self.draft.thing_at(cell)
        parts = [] if number < 0 else [self.draft.things[number].look]
        parts += ["new task"] if 0 <= number == self.draft.new else []
        parts += ["wall"] if cell in self.draft.walls else []
        parts += ["closed off"] if closed else []
        return square(cell, *parts)

    # What is seen --------------------------------------------------------------------------------
    def _map(self) -> str:
        draft = self.draft
        side = SIDE / max(draft.rows, draft.columns)
        wide, high = side * draft.columns, side * draft.rows
        corner = {
            (row, column): (EDGE + column * side, EDGE + row * side)
            for row, column in self._cells()
        }
        lines = "".join(f"M{EDGE + n * side:.1f} {EDGE}v{high:.1f}" for n in range(draft.columns))
        lines += "".join(f"M{EDGE} {EDGE + n * side:.1f}h{wide:.1f}" for n in range(draft.rows))
        walls = "".join(
            f"M{x:.1f} {y:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z"
            for x, y in (corner[cell] for cell in sorted(draft.walls))
        )
        closed = "".join(
            f"M{x + side:.1f} {y:.1f}v{side * 0.4:.1f}l{-side * 0.4:.1f} {-side * 0.4:.1f}z"
            for x, y in (corner[cell] for cell in sorted(draft.closed_off()))
        )
        names = [
            tag("text", str(n), x=EDGE + (n + 0.5) * side, y=11, text_anchor="middle")
            for n in range(draft.columns)
        ] + [
            tag("text", str(n), x=EDGE - 5, y=EDGE + (n + 0.5) * side + 4, text_anchor="end")
            for n in range(draft.rows)
        ]
        objects = []
        for number, thing in enumerate(draft.things):
            x, y = corner[thing.cell]
            if number == draft.new:
                objects += [
                    tag("rect", x=x + inset, y=y + inset, width=side - 2 * inset, fill="none",
                        height=side - 2 * inset, stroke=colour("ink"), stroke_width=1.5)
                    for inset in (side * 0.06, side * 0.16)
                ]  # fmt: skip
            objects.append(
                glyph(thing.colour, thing.shape, x + side / 2, y + side / 2, side * 0.56,
                      thing.sentence, class_="cl-object", data_thing=number)
            )  # fmt: skip
        return picture(
            EDGE + wide + 3, EDGE + high + 3, draft.title, self._description(),
            tag("rect", x=EDGE, y=EDGE, width=wide, height=high, fill=colour("floor")),
            tag("path", d=lines, stroke=colour("hair"), fill="none"),
            tag("path", d=walls, fill=colour("wall")) if walls else "",
            tag("path", d=closed, fill=colour("minus")) if closed else "",
            tag("g", *names, font_size=11, fill=colour("ink")),
            *objects,
            tag("rect", x=EDGE, y=EDGE, width=wide, height=high, fill="none",
                stroke=colour("wall"), stroke_width=3),
        )  # fmt: skip

    def _description(self) -> str:
        things = "; ".join(
            f"{thing.look} on {square(thing.cell)}: {thing.sentence or 'no sentence'}"
            + (" (the new task)" if number == self.draft.new else "")
            for number, thing in enumerate(self.draft.things)
        )
        return (
            f"{count(self.draft.rows, 'row')}, {count(self.draft.columns, 'column')}, "
            f"{count(len(self.draft.walls), 'wall')}. {things or 'No object'}."
        )

    def svg(self) -> str:
        left, row = SIDE + 40, 22
        rows = []
        for number, thing in enumerate(self.draft.things):
            y = 30 + row * number
            said = thing.sentence + (" (the new task)" if number == self.draft.new else "")
            rows += [
                glyph(thing.colour, thing.shape, left, y - 5, 14),
                tag("text", text(said, 44), x=left + 16, y=y, font_size=14, fill=colour("ink")),
            ]
        height = max(SIDE + 30, 30.0 + row * len(self.draft.things))
        return picture(
            720, height, self.draft.title, self._description(),
            tag("rect", width=720, height=height, fill=colour("page")),
            self.scene, *rows,
        )  # fmt: skip

    def summary(self) -> str:
        return " · ".join((self.name, *self.faults, self.status))


def _sign(paint: str, shape: str) -> str:
    """A small picture of an object, for a row or a button that says in words what it is."""
    return tag(
        "svg", glyph(paint, shape, 11, 11, 16), xmlns="http://www.w3.org/2000/svg",
        width=22, height=22, viewBox="0 0 22 22", aria_hidden="true",
    )  # fmt: skip


def _palette() -> dict[str, str]:
    """Every object's picture by its colour and shape."""
    return {
        f"{paint} {shape}": _sign(paint, shape) for paint, shape in product(OBJECT_COLOURS, SHAPES)
    }
