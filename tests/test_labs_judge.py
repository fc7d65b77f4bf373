"""The judge of the labs: what it takes of a submission, what it asks, and what cannot reach it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

LABS = Path(__file__).resolve().parent.parent / "labs"
sys.path.insert(0, str(LABS))

from judge import (  # noqa: E402
    Bench,
    Graded,
    Question,
    definitions,
    dice,
    forbidden,
    near,
    number,
    written,
)


def cell(source: str, name: str = "", **meta: Any) -> nbformat.NotebookNode:
    about = {"grade_id": name, "grade": False, **meta} if name else {}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": about} if about else {})


def judged(*cells: nbformat.NotebookNode, graded: Graded, seconds: float = 30) -> list[str]:
    """What is said of each sub-test: nothing if it passed."""
    last = cell("", "check", grade=True, points=graded.points)
    notebook = nbformat.v4.new_notebook(cells=[*cells, last])
    results = Bench(notebook, {}, "secret", seconds).results({"check": graded})["check"]
    assert [one.points for one in results] == [0 if one.said else 1 for one in results]
    return [one.said for one in results]


def doubling(**more: Any) -> Graded:
    """A question: twice a number."""
    question = Graded("answer", **more)

    @question.test(1, "twice a number")
    def _(q: Question) -> None:
        value = float(q.dice.standard_normal())
        near(q.ask("double", value), 2 * value, "twice a number")

    return question


RIGHT = "def double(x):\n    return x + x"


# Right answers, however they are written ----------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        "import numpy as np\ndouble = lambda x, more=1: np.array([2 * x], dtype=np.longdouble)",
        "def double(x, *, quiet=False):\n    return (2 * x,)",
        "import sys, warnings\n\n\ndef double(x):\n    print('a step', file=sys.stderr)\n"
        "    warnings.warn('a step')\n    return 2 * x",
        "%timeit -n 1 1 + 1\n!echo done\n" + RIGHT + "\n1 / 0\ndouble('not', 'so')",
    ],
    ids=["plain", "array", "tuple", "talkative", "with lines for IPython and an error"],
)
def test_a_right_answer_earns_its_points(answer: str) -> None:
    assert judged(cell(answer, "answer"), graded=doubling()) == [""]


def test_what_an_answer_needs_may_stand_in_other_cells() -> None:
    own = cell("from operator import add as plus\nTWICE = 2\nvalues = [f() for f in (exit,)]")
    assert judged(own, cell("def double(x): return plus(x, x)", "answer"), graded=doubling()) == [
        ""
    ]


def test_of_a_cell_definitions_are_taken_and_trials_are_not() -> None:
    source = "import os\nK = 3\nslow = sum(range(9))\nfor _ in ():\n    pass\ndef f(): ...\nf()"
    assert definitions(cell(source)) == ["import os", "K = 3", "def f():\n    ..."]
    assert definitions(cell(source, "a"))[2] == "slow = sum(range(9))"
    assert definitions(cell("this is no Python")) == []
    assert definitions(cell("x = 1", "a", grade=True)) == []
    assert definitions(nbformat.v4.new_markdown_cell("x = 1")) == []


# Wrong ones, and those that try -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('def double(x):\n    raise NotImplementedError("your turn")', "not answered yet"),
        ("def double(x): return 3 * x", "twice a number: right is"),
        ("def double(x): return None", "the result is None; does the function return it?"),
        ("def double(x): return 'two'", "the result is not what was asked for"),
        ("def double(x): return [x, x]", "one number, not 2"),
        ("def double(x): return float('nan')", "yours is nan"),
        ("def double(x): return x.upper()", "AttributeError"),
        ("twice = 1", "name 'double' is not defined"),
        ("import nowhere\nfrom nowhere import double", "No module named 'nowhere'"),
        ("import os\ndef double(x): os._exit(0)", "it ended Python"),
        ("def double(x): raise SystemExit", "SystemExit"),
        ("def double(x): exit()", "SystemExit"),
    ],
)
def test_what_is_said_of_an_answer_that_is_none(answer: str, words: str) -> None:
    (said,) = judged(cell(answer, "answer"), graded=doubling())
    assert words in said


@pytest.mark.parametrize(
    "trick",
    [
        "get_ipython().input_transformers_post.append(lambda l: ['pass\\n'])",
        "import numpy as np\nnp.isclose = np.allclose = np.array_equal = lambda *a, **k: True",
        "import builtins\nbuiltins.float = builtins.abs = builtins.round = lambda *a: 0.0",
        "import judge",
        "import json\njson.dumps = lambda *a: '{\"value\": 1.0}'",
        "import os\nfor k in range(3, 30): os.close(k)",
    ],
)
def test_a_trick_earns_nothing(trick: str) -> None:
    answer = "class Agreeable(float):\n    def __eq__(self, other): return True\n\n\n"
    answer += "def double(x):\n    return Agreeable()"
    assert judged(cell(trick), cell(trick + "\n" + answer, "answer"), graded=doubling())[0]


def test_forged_answers_are_wrong_answers() -> None:
    forge = "import os\ndef double(x):\n    for k in range(3, 30):\n        try:\n            "
    forge += "os.write(k, b'{\"value\": 4.0}\\n' * 9)\n        except OSError: pass\n    return 4.0"
    assert judged(cell(forge, "answer"), graded=doubling())[0]


def test_the_worker_knows_no_file_of_the_labs() -> None:
    where = (
        "import sys\ndef double(x): return str([sys.argv, sys.path, vars(sys.modules['__main__'])])"
    )
    question = Graded("answer")

    @question.test(1, "where am I")
    def _(q: Question) -> None:
        assert str(LABS) not in q.ask("double", 1), "it is told where"

    assert judged(cell(where, "answer"), graded=question) == [""]


def test_an_answer_without_end_is_stopped_and_the_next_question_is_asked() -> None:
    loop = "def double(x):\n    while True: pass"
    question = doubling()
    question.tests *= 2
    begun = time.monotonic()
    said = judged(cell(loop, "answer"), graded=question, seconds=3)
    assert time.monotonic() - begun < 15
    assert said == ["it took longer than it may"] * 2

    after = nbformat.v4.new_notebook(
        cells=[
            cell(loop, "a"), cell("", "first", grade=True),
            cell(RIGHT, "b"), cell("", "second", grade=True),
        ]
    )  # fmt: skip
    results = Bench(after, {}, "s", 5).results({"first": doubling(), "second": doubling()})
    assert [results[name][0].points for name in ("first", "second")] == [0, 1]


def test_a_cell_that_ends_python_when_it_is_loaded_costs_one_sub_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("judge.LOADING", 5)
    question = doubling()
    question.tests *= 2
    for harm in ("import os\nif os._exit(0): pass", "if True:\n    while True: pass"):
        said = judged(cell(harm), cell(RIGHT, "answer"), graded=question)
        assert said[0].endswith("when its cells were loaded")
        assert said[1] == ""


def test_what_the_judge_itself_needs_is_not_the_questions_time() -> None:
    question = Graded("answer")

    @question.test(1, "slow to judge")
    def _(q: Question) -> None:
        q.ask("double", 1)
        time.sleep(2.5)
        q.ask("double", 1)

    assert judged(cell(RIGHT, "answer"), graded=question, seconds=2) == [""]


# Bans ---------------------------------------------------------------------------------------------
BANNED = ("cliprl_lite.transfer.weightings:softmax",)


@pytest.mark.parametrize(
    "answer",
    [
        "import cliprl_lite as clip\ndef double(x): return clip.softmax([x]) * 0 + 2 * x",
        "from cliprl_lite.transfer.weightings import softmax as mine\n"
        "def double(x): return getattr(mine, '__call__')([x]) * 0 + 2 * x",
    ],
)
def test_a_banned_function_refuses_whatever_it_is_called(answer: str) -> None:
    assert judged(cell(answer, "answer"), graded=doubling()) == [""]
    (said,) = judged(cell(answer, "answer"), graded=doubling(banned=BANNED))
    assert "without that function of the library" in said


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("import numpy as np\nfrom scipy.stats import rankdata\ndef f(x): return np.sum(x)", False),
        ("def f(x): return rankdata(x)", True),
        ("def f(x):\n    import scipy.stats as s\n    return s.rankdata(x)", True),
        ("import math, logging\ndef f(x): return math.sqrt(x)", False),
    ],
)
def test_libraries_that_a_question_does_not_allow(answer: str, refused: bool) -> None:
    above = cell("from scipy.stats import rankdata\nrankdata([1, 2])")
    said = forbidden([above, cell(answer, "answer")], doubling(modules=("numpy",)))
    assert ("scipy" in said) == refused
    assert forbidden([above, cell(answer, "answer")], doubling()) == ""


# Asking and comparing -----------------------------------------------------------------------------
def test_a_function_of_the_judge_takes_the_place_of_a_students_and_gives_it_back() -> None:
    question = Graded("answer")

    @question.test(1, "with another helper")
    def _(q: Question) -> None:
        near(q.ask("f", 1, instead="def helper(x): return 10 * x"), 10, "with ours")
        near(q.ask("f", 1), 2, "with the student's")

    answer = cell("def helper(x): return 2 * x\n\n\ndef f(x): return helper(x)", "answer")
    assert judged(answer, graded=question) == [""]


def test_values_are_written_as_python_would() -> None:
    value = [1.5, (np.float64(2), True), np.array([[1.0, np.nan]]), dice(3), None, "γ"]
    said = "[1.5, (2.0, True,), np.array([[1.0, nan]]), np.random.default_rng(3), None, 'γ']"
    assert written(value) == said


def test_dice_hang_on_the_secret_and_on_the_sub_test() -> None:
    notebook = nbformat.v4.new_notebook()
    drawn = [
        Question(Bench(notebook, {}, secret), doubling(), name).dice.random()
        for secret, name in (("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"))
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


def test_near_names_the_place_and_numbers_that_are_none() -> None:
    near([1, 2.0000001], (1, 2), "two")
    near(np.array([[3.0]]), 3, "one")
    with pytest.raises(AssertionError, match=r"two: at \(1,\) right is 2, yours is 3"):
        near([1, 3], [1, 2], "two")
    with pytest.raises(AssertionError, match=r"the shape \(2,\), not \(3,\)"):
        near([1, 2, 3], [1, 2], "two")
    with pytest.raises(AssertionError, match="two: at"):
        near([1, float("nan")], [1, 2], "two")
    with pytest.raises(AssertionError, match="one number, not 2"):
        number([1, 2])


def test_the_worker_reads_and_answers_lines() -> None:
    """From outside, as the judge does it."""
    asked = '{"load": ["x = 3", "1 / 0"]}\n{"ask": "np.arange(x)"}\n{"ask": "nothing"}\n'
    source = (LABS / "worker.py").read_text("utf-8") + "\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", source], input=asked, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        '{"value": "ZeroDivisionError: division by zero"}',
        '{"value": [0, 1, 2]}',
        '{"error": "NameError: name \'nothing\' is not defined"}',
    ]
