"""Draw the README's moving picture: `python docs/moving_picture.py`.

A sentence is typed, two old agents offer to teach, and three agents make their first journey: one
taught by the closest words, one by the closest aligned words, one by nobody. Everything in it was
run. The picture is one SVG file; for those who want less motion it stands still.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cliprl_lite as clip
from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.pictures.drawing import Agent, agents_svg, colour, map_svg, picture, tag, text
from cliprl_lite.pictures.palette import DARK, LIGHT

PICTURE = Path(__file__).resolve().parent / "tour.svg"
SUITE, TARGET, SEED = "house_a", "go to the red cone", 0
SIDE, WIDTH, HEIGHT = 310.0, 860.0, 322.0
TYPED, TEACHERS, START, END = 2.0, 3.0, 5.0, 18.0
"""Seconds at which the sentence is typed, the teachers are found, the agents start; and the loop's
length."""
PACE = 60
"""Steps a second."""


@dataclass(frozen=True)
class Journey:
    """A first journey: whose it is, who taught it, and the states that it came through."""

    letter: str
    kind: str
    teacher: str
    states: list[int]

    @property
    def steps(self) -> int:
        return len(self.states) - 1

    @property
    def arrival(self) -> float:
        """Seconds into the loop at which it arrives."""
        return START + self.steps / PACE


def journeys() -> tuple[clip.TaskSuite, list[Journey]]:
    """The suite, and the three first journeys in it."""
    suite = clip.load_suite(SUITE)
    transfer = suite.transfer(TARGET)
    sentences = [task.sentence for task in transfer.bases]
    policies = [clip.learn_policy(suite.world, task.goal)[0] for task in transfer.bases]
    found = []
    for letter, kind, choose in (("W", "words", clip.algorithm_1), ("M", "map", clip.algorithm_2)):
        place = int(choose(TARGET, sentences, policies).scores.argmax())
        found.append((letter, kind, sentences[place], policies[place].q))
    found.append(("0", "none", "", None))
    return suite, [
        Journey(letter, kind, teacher, _walk(Learner(suite.world, transfer.target.goal, q, SEED)))
        for letter, kind, teacher, q in found
    ]


def _walk(learner: Learner) -> list[int]:
    states = [learner.state]
    while learner.episode == 0:
        learner.run(1, last_episode=1)
        states.append(learner.episodes.goals[0] if learner.episode else learner.state)
    return states


def tour_svg(suite: clip.TaskSuite, run: list[Journey]) -> str:
    """The picture."""
    goal = suite.transfer(TARGET).target.goal
    objects = [(task.goal, task.colour, task.shape, task.sentence) for task in suite.tasks]
    house = map_svg(suite.world, title="House A", objects=objects, goal=goal, side=SIDE)
    told = f"Somebody types: {TARGET}. " + " ".join(
        f"{_who(one)} arrives after {one.steps:,} steps." for one in run
    )
    return picture(
        WIDTH, HEIGHT, "Which old agent should teach the new one?", told,
        tag("style", _style()),
        tag("rect", width=WIDTH, height=HEIGHT, fill=colour("page")),
        tag("g", house, *(_ring(suite, one) for one in run if one.teacher),
            *(_agent(suite, one) for one in run), transform="translate(4 4)"),
        *_panel(run),
    )  # fmt: skip


def _style() -> str:
    """Both themes; and what stands still where less motion is wanted."""
    themes = [";".join(f"--{name}:{hue}" for name, hue in theme.items()) for theme in (LIGHT, DARK)]
    return (
        f"svg{{{themes[0]}}}@media (prefers-color-scheme:dark){{svg{{{themes[1]}}}}}"
        ".still{display:none}@media (prefers-reduced-motion:reduce)"
        "{.moves{display:none}.still{display:inline}.late{opacity:1!important}}"
    )


def _shown_from(second: float, *children: str) -> str:
    """Children that appear at a second of the loop."""
    appear = tag(
        "animate", attributeName="opacity", values="0;0;1;1", dur=f"{END}s",
        keyTimes=f"0;{second / END:.4f};{(second + 0.3) / END:.4f};1", repeatCount="indefinite",
    )  # fmt: skip
    return tag("g", appear, *children, opacity=0, class_="late")


def _centre(suite: clip.TaskSuite, state: int) -> tuple[float, float]:
    row, column = suite.world.cell(state)
    cell = SIDE / max(suite.world.shape)
    return 2 + (column + 0.5) * cell, 2 + (row + 0.5) * cell


def _ring(suite: clip.TaskSuite, one: Journey) -> str:
    """Round the object of a teacher."""
    (task,) = (task for task in suite.tasks if task.sentence == one.teacher)
    x, y = _centre(suite, suite.world.state(task.goal))
    ring = tag("circle", cx=x, cy=y, r=11, fill="none", stroke=colour(one.kind), stroke_width=3)
    return _shown_from(TEACHERS, ring)


def _agent(suite: clip.TaskSuite, one: Journey) -> str:
    """An agent on its way, as far as the loop shows it."""
    states = one.states[: round((END - START) * PACE) + 1]
    points = [_centre(suite, state) for state in states]
    way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    end = min(one.arrival, END)
    motion = tag(
        "animateMotion", path=way, dur=f"{END}s", repeatCount="indefinite", calcMode="linear",
        keyPoints="0;0;1;1", keyTimes=f"0;{START / END:.4f};{end / END:.4f};1",
    )  # fmt: skip
    x, y = _centre(suite, 0)
    disc = agents_svg(suite.world, [Agent(one.letter, [0], one.kind)], SIDE)
    at_origin = tag("g", disc, transform=f"translate({-x:g} {-y:g})")
    return tag("g", at_origin, motion, class_="moves")


def _panel(run: list[Journey]) -> list[str]:
    """What is typed, who offers to teach, and who arrives when."""
    left = SIDE + 36
    typing = tag(
        "animate", attributeName="width", values="0;0;420;420", dur=f"{END}s",
        keyTimes=f"0;{0.4 / END:.4f};{TYPED / END:.4f};1", repeatCount="indefinite",
    )  # fmt: skip
    sentence = _text(f"“{TARGET}”", left, 66, size=24, weight=700)
    rows = [
        _text("A new sentence comes:", left, 34, hue="none"),
        tag("clipPath", tag("rect", typing, x=left, y=40, width=420, height=40), id="typed"),
        tag("g", sentence, clip_path="url(#typed)", class_="moves"),
        tag("g", sentence, class_="still"),
        _shown_from(
            TEACHERS, _text("Which old agent should teach the new one?", left, 110, hue="none")
        ),
    ]
    for number, one in enumerate(run):
        y = 150 + 58 * number
        mark = tag(
            "g",
            tag("circle", cx=left + 12, cy=y - 5, r=12, fill=colour("page"),
                stroke=colour(one.kind), stroke_width=2.5),
            _text(one.letter, left + 12, y, weight=700, anchor="middle"),
        )  # fmt: skip
        late = one.arrival > END
        verb = "will arrive" if late else "arrives"
        rows += [
            _shown_from(TEACHERS, mark, _text(_who(one), left + 34, y)),
            _shown_from(
                END - 3 if late else one.arrival,
                _text(f"{verb} after {one.steps:,} steps", left + 34, y + 22, weight=700),
            ),
        ]
    return rows


def _who(one: Journey) -> str:
    by = {"words": "the closest words", "map": "the closest aligned words"}
    return f"{by[one.kind]}: taught by “{one.teacher}”" if one.teacher else "no teacher"


def _text(
    words: str, x: float, y: float, *, size: float = 16, weight: int | None = None,
    hue: str = "ink", anchor: str | None = None,
) -> str:  # fmt: skip
    return tag("text", text(words), x=x, y=y, font_size=size, font_weight=weight,
               text_anchor=anchor, fill=colour(hue))  # fmt: skip


@forgiving_output()
def main() -> None:
    write_text(PICTURE, tour_svg(*journeys()))
    print(PICTURE.name)


if __name__ == "__main__":
    main()
