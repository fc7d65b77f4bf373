"""What the rules read in a sentence: who asks, who forbids, and where they cannot tell."""

from __future__ import annotations

import pytest

from cliprl_lite.check.reading import read, sets_an_order

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
