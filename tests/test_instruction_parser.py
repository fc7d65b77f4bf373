"""Which task a sentence asks for; who asks, who forbids, and where the rules cannot tell."""

from __future__ import annotations

import pytest

from cliprl_lite.worlds.instruction_parser import asked_for, read, sets_an_order
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task

HOUSE = load_suite("house_a")
OWN = [
    Task("kettle", "go to the kettle", (0, 0)),
    Task("lamp", "Avoid the lamp", (0, 1)),
    Task("one", "shelf 1", (0, 2)),
    Task("two", "shelf 2", (0, 3)),
    Task("plus", "press +", (0, 4)),
    Task("minus", "press -", (0, 5)),
    Task("thé", "fetch the thé", (0, 6), colour="red", shape="box"),
]

ASKING = """
without delay go to the red cone
leave the hall and go to the red cone
never stop before the red cone
do not fail to go to the red cone
there is no cone but the red cone, go to the red cone
do not wait go to the red cone
go to none other than the red cone
not yet at the red cone so go to the red cone
no matter what go to the red cone
don't forget the red cone
do not miss the red cone
never lose sight of the red cone
go to the red cone without touching
don't forget to go to the red cone
never leave the red cone
do not avoid the red cone
don't stop, go to the red cone
right away go to the red cone
instead go to the red cone
head for the cone painted red
head for that cone of red plastic, would you
the red cone is where you go
without a moment's pause, to the red cone
do not rest until you reach the red cone
never mind, go to the red cone
not only the red cone
leave for the red cone
set off to the red cone
the red cone is not forbidden
walk out of the room and find the red cone
no, go to the red cone
no problem, go to the red cone
""".strip().splitlines()

FORBIDDING = """
stay away from red, go to the cone
stay clear of the red cone
the red cone is forbidden
keep off the red cone
go to any cone that isn't red
go to any cone that is not red
refuse to go to the red cone
do anything other than go to the red cone
nobody may go to the red cone
red cones are not allowed, go to the cone
don't go to the red cone
don´t go to the red cone
don`t go to the red cone
don t go to the red cone
do n't go to the red cone
DON’T GO TO THE RED CONE
don't go to the ré​d cone
go to the non-red cone
Never go to the BLUE ball!
avoid the yellow key
don’t go to the red cone
don't you dare go to the red cone
never ever go near the red cone
run away from the red cone
go anywhere but the red cone
go anywhere except the red cone
you must not go to the red cone
do not approach the red cone
don't visit the red cone or the blue box
neither the red cone nor the blue ball
keep well away from the red cone
the red cone is off limits
the red cone must be avoided
the red cone isn't allowed
stop going to the red cone
leave the red cone alone
ignore the red cone
without touching the red cone
get away from the red cone
don't touch the red cone
no red cone today
skip the red cone
never the red cone
do not go anywhere near the red cone
please don't go to the red cone
walk to the blue ball and avoid the green key
cannot go to the red cone
I can't go to the red cone
you shouldn't go to the red cone
not to the red cone
stay out of the red room
do not enter the red room
go far from the red cone
run the hell out of the red cone
get lost far from red cone tax zebra
forget the red cone
do not go to the cone that is red
""".strip().splitlines()


@pytest.mark.parametrize("sentence", ASKING)
def test_who_asks_is_never_read_as_forbidding(sentence: str) -> None:
    reading = read(sentence)
    assert not any("red" in thing for thing in reading.forbidden)
    assert any("red" in thing for thing in reading.wanted + reading.doubtful)


@pytest.mark.parametrize("sentence", FORBIDDING)
def test_who_forbids_plainly_is_read_so(sentence: str) -> None:
    reading = read(sentence)
    assert reading.forbidden
    colours = {colour for colour, _ in reading.wanted + reading.doubtful}
    assert not colours & {colour for colour, _ in reading.forbidden if colour}


@pytest.mark.parametrize(
    "sentence",
    ["do not fail to go to the red cone", "never leave the red cone",
     "do not wait go to the red cone", "there is no cone but the red cone",
     "the red cone is not forbidden", "not only the red cone"],
)  # fmt: skip
def test_where_the_rules_cannot_tell_they_say_so(sentence: str) -> None:
    assert ("red", "cone") in read(sentence).doubtful


# Which task
@pytest.mark.parametrize(
    "sentence",
    [
        "go to the red box", "Go to the red box", "GO TO THE RED BOX", "  go to   the red box ",
        "go to the réd box", "go to the re\u0301d box", "g\u200bo to the red b\u00adox",
    ],
)  # fmt: skip
def test_what_the_encoder_cannot_tell_from_a_task_asks_for_it(sentence: str) -> None:
    request = asked_for(sentence, HOUSE.tasks)
    assert request.task is HOUSE.tasks[0]
    assert request.negated == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "go to the red box.", "Go to the RED box!", "walk to the red box", "red box",
        "bring me the box, the red one", "the box over there that is red", "fetch red boxes",
        "go to the red box's side", "to the red box’s square",
        "go to the red-box", "go to the red box near the cone", "go to the red box, don't stop",
        "walk to the re\u0301d b\u200box",
    ],
)  # fmt: skip
def test_a_task_is_asked_for_in_other_words(sentence: str) -> None:
    request = asked_for(sentence, HOUSE.tasks)
    assert request.task is HOUSE.tasks[0]
    assert request.negated == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "", "fetch it", "go to the box", "go to the red room", "go to the red box or the blue ball",
        "from the red box go to the blue ball", "go to the purple box", "go to the redbox",
        "the stock market fell today", "eat an ice cream cone", "\u200b", "🍎",
    ],
)  # fmt: skip
def test_no_one_task_is_asked_for(sentence: str) -> None:
    request = asked_for(sentence, HOUSE.tasks)
    assert (request.task, request.negated) == (None, ())


@pytest.mark.parametrize(
    ("sentence", "asked", "negated"),
    [
        ("don't go to the blue box", "", "blue box"),
        ("avoid the blue box", "", "blue box"),
        ("anything but the blue box", "", "blue box"),
        ("go anywhere except the blue box.", "", "blue box"),
        ("don´t go to the blue box", "", "blue box"),
        ("I don't want you to go to the blue box", "", "blue box"),  # the rules cannot tell
        ("do not miss the blue box", "", "blue box"),
        ("go to the red cone, not the blue box", "red cone", "blue box"),
        ("do not go to the blue box; go to the red cone", "red cone", "blue box"),
        ("go to the red cone instead of the blue box", "red cone", "blue box"),
        ("not the blue box but the red cone", "", "red cone, blue box"),
        ("go to the red cone, not the red cone", "", "red cone"),
        ("stay out of the red room", "", "red box, red ball, red cone, red key"),
    ],
)
def test_what_is_forbidden_is_not_asked_for(sentence: str, asked: str, negated: str) -> None:
    request = asked_for(sentence, HOUSE.tasks)
    assert (f"{request.task.colour} {request.task.shape}" if request.task else "") == asked
    assert ", ".join(f"{task.colour} {task.shape}" for task in request.negated) == negated


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("Go to the KETTLE", "kettle"),
        ("go to the kettle, please", ""),
        ("go, to the kettle!", "kettle"),
        ("avoid the lamp", "lamp"),  # whatever it means, that is a task's own sentence
        ("shelf 2", "two"),
        ("shelf 2.", "two"),
        ("shelf 3", ""),
        ("press +", "plus"),
        ("press", ""),  # two have these words
        ("fetch the the\u0301", "thé"),
        ("walk to the red box", "thé"),  # by its object
    ],
)
def test_tasks_of_any_suite(sentence: str, asked: str) -> None:
    request = asked_for(sentence, OWN)
    assert (request.task.name if request.task else "") == asked


@pytest.mark.parametrize(
    ("sentence", "matters"),
    [
        ("bring the red box to the blue box", True),
        ("first the red cone, then the blue box", True),
        ("after the red cone go to the blue box", True),
        ("go from the red box to the blue box", True),
        ("take the red box and then the blue box", True),
        ("take the red box and the blue box", False),
        ("bring me the red box or the blue ball", False),
        ("go to the red box or to the blue box then rest", False),
        ("go to the red box and go to the blue box", False),
        ("go to the red box", False),
        ("sit down", False),
    ],
)
def test_whether_the_order_of_things_matters(sentence: str, matters: bool) -> None:
    assert sets_an_order(read(sentence).frame) == matters
