"""Verdicts: three marks, in words, and safe to show."""

from __future__ import annotations

import pytest

from cliprl_lite.check import Verdict, not_yet, right, wrong


@pytest.mark.parametrize(
    ("made", "mark", "sign"),
    [
        (right, "right", "✓ Right"),
        (wrong, "wrong", "✗ Not quite"),
        (not_yet, "not yet", "… Not yet"),
    ],
)
def test_a_verdict_says_what_it_is(made, mark: str, sign: str) -> None:
    verdict = made("because <b> & so")
    assert isinstance(verdict, Verdict)
    assert (verdict.mark, verdict.passed) == (mark, mark == "right")
    assert repr(verdict) == f"{sign}: because <b> & so"
    assert "because &lt;b&gt; &amp; so" in verdict._repr_html_()
    assert sign in verdict._repr_html_()


def test_nobody_has_begun() -> None:
    assert "fill in the dots" in not_yet().words


def test_half_a_character_can_be_shown() -> None:
    verdict = wrong("half \ud800")
    (repr(verdict) + verdict._repr_html_()).encode()
