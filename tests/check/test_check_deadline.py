"""A loop without an end ends, with alarms and without them, and nothing of the guard is left."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from cliprl_lite.check import deadline as guard
from cliprl_lite.check.answers import Function, Stopped
from cliprl_lite.check.deadline import Overdue, deadline
from cliprl_lite.check.grid_world import next_cell

alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on this system")


@pytest.fixture(params=[pytest.param("alarm", marks=alarms), "clock"])
def soon(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A short deadline, by either way; neither leaves a trace."""
    tracer = sys.gettrace()
    sys.settrace(None)  # a debugger or coverage at work would turn the guard off
    monkeypatch.setattr(guard, "SECONDS", 0.2)
    if request.param == "clock":
        monkeypatch.setattr(guard, "_alarms", lambda: False)
    before = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    yield
    assert sys.gettrace() is None
    if hasattr(signal, "SIGALRM"):
        assert signal.getsignal(signal.SIGALRM) == before
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    sys.settrace(tracer)


def forever(*_: Any) -> Any:
    while True:
        pass


def walking(*_: Any) -> Any:
    place = 3
    while place != 0:
        place = place % 3 + 1


def deaf(*_: Any) -> Any:
    while True:
        try:  # noqa: SIM105 – it is what many readers write
            np.ones(3).sum()
        except Exception:
            pass


def through_another(*_: Any) -> Any:
    return [forever() for _ in range(3)]


def generating(*_: Any) -> Any:
    def numbers() -> Iterator[int]:
        while True:
            yield 1

    return sum(number for number in numbers())


@pytest.mark.parametrize("endless", [forever, walking, deaf, through_another, generating])
def test_it_ends_and_says_who_and_when_and_what_to_look_for(
    soon: None, endless: Callable[..., Any]
) -> None:
    start = time.monotonic()
    with pytest.raises(Stopped) as stopped:
        Function(endless)(1)
    assert time.monotonic() - start < 5
    verdict = stopped.value.verdict
    assert verdict.mark == "wrong"
    named = f"your function, {endless.__name__}, was still at work after 0.2 seconds"
    assert verdict.words.startswith(named)
    assert "Look for a loop that cannot end: a while" in verdict.words


def test_an_exercise_gives_a_verdict(soon: None) -> None:
    assert "was still at work" in next_cell(forever).words
    for function, name in ((lambda: forever(), "my_hope"), (walking, "walking")):
        with pytest.raises(Stopped, match=f"^{name} was still at work"):
            Function(function, name)()


@alarms
def test_an_alarm_rings_again_for_who_catches_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung = []

    def stubborn() -> None:
        while len(rung) < 1000:
            try:
                forever()
            except:  # noqa: E722
                rung.append(1)
                if len(rung) == 3:
                    raise

    with pytest.raises(Overdue), deadline(0.05):
        stubborn()
    assert len(rung) == 3


def test_who_comes_back_in_time_gets_the_answer(soon: None) -> None:
    assert Function(lambda x: x + 1)(1) == 2
    time.sleep(0.3)  # and nothing rings afterwards
    with pytest.raises(Stopped, match="ZeroDivisionError"):
        Function(lambda x: x / 0)(1)


def test_beside_the_main_thread() -> None:
    """As in a server of notebooks that runs cells there: no alarm can be set."""
    said: list[str] = []

    def ask() -> None:
        try:
            with deadline(0.1):
                forever()
        except Overdue:
            said.append("overdue")

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    asked.join(5)
    assert said == ["overdue"]


@alarms
def test_somebody_elses_alarm_still_rings(soon: None) -> None:
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        with pytest.raises(Stopped, match="was still at work"):
            Function(forever)()
        time.sleep(0.4)
        assert rung == [1]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_nobody_is_stopped_while_debugging(soon: None) -> None:
    """Neither by a debugger that was there before, nor by `breakpoint()` in the function."""

    def debugger(*_: object) -> None:
        return None

    def stops_and_thinks() -> int:
        sys.settrace(debugger)
        time.sleep(0.3)
        return 3

    for before in (None, debugger):
        sys.settrace(before)
        try:
            assert Function(stops_and_thinks)() == 3
            assert sys.gettrace() in (debugger, None)
        finally:
            sys.settrace(None)
