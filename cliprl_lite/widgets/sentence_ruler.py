"""One sentence, a ruler of cosines beside it, and on the ruler whatever the reader types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import traitlets

from cliprl_lite._rounding import rounded
from cliprl_lite.language.encoder import heard
from cliprl_lite.language.sentences import (
    NOVEL_BELOW,
    ModelError,
    embed,
    encoder_is_loaded,
    novelty,
)
from cliprl_lite.pictures.drawing import printable
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.widgets.base import CourseWidget, module, style
from cliprl_lite.widgets.ruler import (
    CALLED,
    LONGEST_SENTENCE,
    Tick,
    clean,
    ruler_svg,
    written,
)

ROOM = 10
"""Sentences that find a place beside the ruler."""


class SentenceRuler(CourseWidget):
    """How alike sentences sound to the encoder: ticks on a ruler of cosines with one anchor.

    The reader types a sentence, sees where it lands while typing, places it, and says of each
    placed one whether it is the right task or a wrong one. When a wrong one stands above a right
    one, the encoder has been fooled, and the widget says so.

    Args:
        anchor: the sentence that all others are compared with.
        sentences: placed from the start.
        known: tasks that agents have learned, as short marks at the ruler's left; the nearest of
            them is named, and whether it is near enough to mean something.

    Attributes:
        typed: the sentence in the text box, where it stands on the ruler without being placed.
        placed: the placed ones, oldest first: sentence, cosine, task and place of the label.
        scene: the picture.
        request: what the browser asks for; `answered` is the number of the last one that was done.

    Raises:
        ValueError: if the anchor is empty, or there are more sentences than room.

    Example:
        >>> ruler = SentenceRuler("go to the red cone", ["go to the red box"])
        >>> ruler.type("go to the blue cone")
        >>> ruler.place()
        >>> print(ruler.summary())
        cosine with “go to the red cone”:
          0.88  go to the blue cone
          0.58  go to the red box
    """

    _esm, _css = module("sentence_ruler"), style("sentence_ruler")
    anchor = traitlets.Unicode().tag(sync=True)
    typed = traitlets.Unicode().tag(sync=True)
    placed: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    scene = traitlets.Unicode().tag(sync=True)
    longest = traitlets.Int(LONGEST_SENTENCE).tag(sync=True)
    # Never sent back to the browser: it may hold half a character, which cannot be encoded.
    request: traitlets.Dict[str, Any] = traitlets.Dict().tag(
        sync=True, heard=True, echo_update=False
    )
    answered = traitlets.Int(0).tag(sync=True)

    def __init__(
        self, anchor: str, sentences: Sequence[str] = (), known: Sequence[str] = ()
    ) -> None:
        cleaned = clean(anchor)
        if not cleaned:
            raise ValueError("the anchor needs a sentence")
        self._ticks: list[Tick] = []
        self._live: Tick | None = None
        self._known = list(known)
        super().__init__(anchor=cleaned)
        for sentence in sentences:
            if len(self._ticks) == ROOM:
                raise ValueError(f"the ruler has room for {ROOM} sentences")
            self.place(sentence)
        self._draw()
        self._say(self._marks_say() or "Type a sentence: it lands on the ruler while you type.")

    # -----------------------------------------------------------------------------------------
    # What buttons do
    # -----------------------------------------------------------------------------------------
    def type(self, sentence: str) -> None:
        """Put a sentence into the text box: where does it land?"""
        self.error = ""
        self.typed = cleaned = clean(sentence)
        self._live = self._tick(cleaned) if cleaned else None
        self._draw()
        if self._live is None:
            self._say(self._marks_say() or "Nothing typed.")
        else:
            cut = f" (cut after {LONGEST_SENTENCE} characters)" if _cut(sentence) else ""
            self._say(f"cosine {written(self._live.cosine)} with the anchor{cut}")

    def place(self, sentence: str | None = None) -> None:
        """Leave a sentence on the ruler: this one, or the one in the text box."""
        self.error = ""
        cleaned = clean(self.typed if sentence is None else sentence)
        if not cleaned:
            self._say("Type a sentence first.")
        elif cleaned in [tick.sentence for tick in self._ticks]:
            self._say("That sentence is on the ruler already.")
        elif len(self._ticks) == ROOM:
            self._say(f"The ruler is full ({ROOM} sentences): remove one first.")
        else:
            tick = self._tick(cleaned)
            twins = [t.sentence for t in self._ticks if heard(t.sentence) == heard(cleaned)]
            same = f" The encoder cannot tell it from “{printable(twins[0], 60)}”." if twins else ""
            self._ticks.append(tick)
            self._say(
                f"Placed at {written(tick.cosine)}.{same} Is it the right task, or a wrong one?"
            )
            if sentence is None or cleaned == self.typed:
                self.typed, self._live = "", None
            self._draw()

    def mark(self, number: int, task: str) -> None:
        """Call a placed sentence (0 was placed first) the right task, or a wrong one.

        Raises:
            ValueError: if it is called neither, or there is no such sentence.
        """
        self.error = ""
        if task not in CALLED:
            raise ValueError(f"a task is 'right', 'wrong' or ''; got {task!r}")
        tick = self._numbered(number)
        self._ticks[number] = Tick(tick.sentence, tick.cosine, task)
        self._draw()
        self._say(self._marks_say() or "Marked. Now mark one of the other kind.")

    def remove(self, number: int) -> None:
        """Take a placed sentence (0 was placed first) off the ruler.

        Raises:
            ValueError: if there is no such sentence.
        """
        self.error = ""
        tick = self._numbered(number)
        del self._ticks[number]
        self._draw()
        self._say(f"Removed: {printable(tick.sentence, 60)}")

    def clear(self) -> None:
        """Take everything off the ruler, and empty the text box."""
        self.error, self.typed = "", ""
        self._ticks, self._live = [], None
        self._draw()
        self._say("The ruler is empty.")

    def compare_with(self, anchor: str) -> None:
        """Take another anchor; every sentence moves to its new place. An empty one is ignored."""
        self.error = ""
        cleaned = clean(anchor)
        if not cleaned:
            self._say("The anchor needs a sentence; until then the old one stays.")
            return
        self.anchor = cleaned
        self._ticks = [self._tick(tick.sentence, tick.task) for tick in self._ticks]
        self._live = self._tick(self._live.sentence) if self._live else None
        self._draw()
        moved = "Another anchor: every sentence has a new place." if self._ticks else ""
        self._say(self._marks_say() or moved)

    @property
    def fooled(self) -> tuple[Tick, Tick] | None:
        """The highest wrong task and the lowest right one, if that wrong one stands higher."""
        wrong = [tick for tick in self._ticks if tick.task == "wrong"]
        right = [tick for tick in self._ticks if tick.task == "right"]
        if not (wrong and right):
            return None
        highest = max(wrong, key=lambda tick: tick.cosine)
        lowest = min(right, key=lambda tick: tick.cosine)
        return (highest, lowest) if highest.cosine > lowest.cosine else None

    # -----------------------------------------------------------------------------------------
    # What the browser asks for
    # -----------------------------------------------------------------------------------------
    @traitlets.observe("request")
    def _do(self, change: dict[str, Any]) -> None:
        asked = change["new"]
        what, sentence, number = asked.get("do"), asked.get("text", ""), asked.get("number", -1)
        try:
            if what == "type":
                self.type(sentence)
            elif what == "place":
                self.type(sentence)
                self.place()
            elif what == "anchor":
                self.compare_with(sentence)
            elif what == "mark":
                self.mark(number, asked.get("task", ""))
            elif what == "remove":
                self.remove(number)
            elif what == "clear":
                self.clear()
        except (AttributeError, ModelError, TypeError, ValueError) as error:
            self.error = printable(str(error), 300)
        finally:
            count = asked.get("count", 0)
            self.answered = count if isinstance(count, int) else 0

    # -----------------------------------------------------------------------------------------
    # What is shown
    # -----------------------------------------------------------------------------------------
    def svg(self) -> str:
        return self.scene

    def summary(self) -> str:
        """Every placed sentence with its cosine and its mark, the nearest first."""
        lines = [f"cosine with “{printable(self.anchor)}”:"]
        for tick in sorted(self._ticks, key=lambda tick: -tick.cosine):
            task = f"  ({tick.task} task)" if tick.task else ""
            lines.append(f"  {written(tick.cosine)}  {printable(tick.sentence)}{task}")
        said = [line for line in (self._marks_say(), self._known_say()) if line]
        return "\n".join(lines + said if len(lines) > 1 or said else [*lines, "  (nothing placed)"])

    def __repr__(self) -> str:
        count = len(self._ticks)
        placed = "one sentence" if count == 1 else f"{count} sentences"
        return f"SentenceRuler: {placed} beside “{printable(self.anchor)}”"

    def _numbered(self, number: int) -> Tick:
        if not (isinstance(number, int) and 0 <= number < len(self._ticks)):
            raise ValueError(
                f"no sentence has the number {number!r}; {len(self._ticks)} are placed"
            )
        return self._ticks[number]

    def _tick(self, sentence: str, task: str = "") -> Tick:
        (cosine,) = self._cosines([sentence])
        return Tick(sentence, cosine, task)

    def _cosines(self, sentences: Sequence[str]) -> list[float]:
        """Cosines with the anchor. The first sentence that is not shipped loads the encoder."""
        before = self.status
        if not encoder_is_loaded():
            self.status = "loading the encoder…"
        try:
            tau_j, tau_i = embed([self.anchor])[0], embed(sentences)
        except Exception:
            self.status = before
            raise
        cosines: list[float] = rounded(cosine_similarity(tau_j, tau_i)).tolist()
        return cosines

    def _say(self, done: str) -> None:
        self.status = " ".join(part for part in (done, self._known_say()) if part)

    def _marks_say(self) -> str:
        if self.fooled is None:
            return ""
        wrong, right = self.fooled
        return (
            f"Fooled: the wrong “{printable(wrong.sentence, 50)}” ({written(wrong.cosine)}) stands "
            f"above the right “{printable(right.sentence, 50)}” ({written(right.cosine)})."
        )

    def _headline(self) -> str:
        if self.fooled is None:
            return self._known_say()
        wrong, right = (written(tick.cosine) for tick in self.fooled)
        return f"Fooled: a wrong task ({wrong}) stands above a right one ({right})."

    def _known_say(self) -> str:
        if not self._known:
            return ""
        found = novelty(self.anchor, self._known)
        (cosine,) = self._cosines([found.nearest])
        said = f"Nearest of {len(self._known)} known tasks: {written(cosine)}  "
        said += printable(found.nearest, 40)
        if heard(found.nearest) == heard(self.anchor):
            return said + " (somebody has learned exactly this)"
        new = f" (below {NOVEL_BELOW:.2f}: nothing known is near)"
        return said + (new if found.novel else "")

    def _draw(self) -> None:
        """The picture, and where the browser puts each sentence's buttons."""
        placed = [tick.sentence for tick in self._ticks]
        live = self._live if self._live and self._live.sentence not in placed else None
        marks = zip(self._known, self._cosines(self._known), strict=True) if self._known else ()
        self.scene, labels = ruler_svg(
            self.anchor,
            self._ticks,
            live=live,
            known=[Tick(sentence, cosine) for sentence, cosine in marks],
            loud=self.fooled or (),
            said=self._headline(),
        )
        self.placed = [
            asdict(tick) | {"label": round(label, 2)}
            for tick, label in zip(self._ticks, labels, strict=True)
        ]


def _cut(typed: str) -> bool:
    return len(" ".join(typed.split())) > LONGEST_SENTENCE
