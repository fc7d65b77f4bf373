"""The table of docs/performance.md is what `make bench` measured; the guard sees a tenfold loss,
and no noise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bench
import guard
import pages
import pytest
from measurement import Measurement, figure

PAGE = bench.PAGE.read_text("utf-8")
RESULTS = json.loads(bench.RESULTS.read_text("utf-8"))
MEASURED = [Measurement(**entry) for entry in RESULTS["measurements"]]


def test_the_page_holds_the_table_that_was_measured() -> None:
    table = bench.as_table(MEASURED, RESULTS["versions"])
    assert pages.with_output(bench.PAGE, bench.BEGIN, table) == PAGE
    assert table in PAGE


def test_every_figure_has_a_name_of_its_own_and_every_part_is_there() -> None:
    keys = [one.key for one in MEASURED]
    assert len(keys) == len(set(keys))
    wanted = {
        "q_gymnasium", "q_c", "q_50_warm", "q_50_cold", "sentence_ready", "sentence_equal",
        "alignment_batch", "dqn_stack", "import", "kernel_tour", "kernel_train", "figure2",
        "cluster",
    }  # fmt: skip
    assert wanted <= set(keys)
    assert any(key.startswith("growth_") for key in keys)
    assert all(one.target is not None for one in MEASURED if one.key in wanted)


def test_a_missed_target_is_written_as_missed() -> None:
    slow = Measurement("a", "one | other", 12.34, "s", 3, note="x | y")
    fast = Measurement("b", "a ratio", 1_234.5, "×", 250, at_least=True)
    plain = Measurement("c", "size", 0.0123, "MB")
    lines = bench.as_table([slow, fast, plain], {"python": "3"}).splitlines()
    assert lines[2] == r"| one | other | 12.3 s | ≤ 3 s **missed** | x \| y |"
    assert lines[3] == "| a ratio | 1,234 × | ≥ 250 × |  |"
    assert lines[4] == "| size | 0.0123 MB |  |  |"
    assert lines[-1] == "Made by `make bench` with python 3."
    assert [one.met for one in (slow, fast, plain)] == [False, True, True]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (5, "5"), (0.30, "0.3"), (1_234_567, "1,234,567"), (99.95, "100"),
     (0.00877, "0.00877")],
)  # fmt: skip
def test_figures_have_three_digits_that_count(value: float, text: str) -> None:
    assert figure(value) == text


def test_some_parts_measured_anew_take_their_places() -> None:
    old = [Measurement("a", "A", 1.0, "s"), Measurement("b", "B", 2.0, "s")]
    new = [Measurement("c", "C", 3.0, "s"), Measurement("a", "A", 4.0, "s")]
    merged = bench.merge(old, new)
    assert [(one.key, one.value) for one in merged] == [("a", 4.0), ("b", 2.0), ("c", 3.0)]


def test_parts_that_are_measured_at_the_same_time_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another run has put into the file meanwhile is still there in the end."""
    for name in ("RESULTS", "PAGE"):
        (tmp_path / name).write_bytes(getattr(bench, name).read_bytes())
        monkeypatch.setattr(bench, name, tmp_path / name)
    monkeypatch.setattr(bench, "versions", lambda: versions)
    monkeypatch.setattr(bench.os, "cpu_count", lambda: cores)
    versions = dict(RESULTS["versions"])
    cores = versions.pop("cores")
    key, other = MEASURED[0].key, MEASURED[1].key

    def run(part: str, folder: Path) -> list[Measurement]:
        content = json.loads(bench.RESULTS.read_text("utf-8"))
        content["measurements"][1]["value"] = 98765.0
        bench.RESULTS.write_text(json.dumps(content), "utf-8")
        return [replace(MEASURED[0], value=54321.0)]

    monkeypatch.setattr(bench, "run", run)
    bench.main(["qlearning"])
    found = json.loads(bench.RESULTS.read_text("utf-8"))["measurements"]
    values = {entry["key"]: entry["value"] for entry in found}
    assert (values[key], values[other]) == (54321.0, 98765.0)
    assert len(found) == len(MEASURED)
    assert "98,765" in bench.PAGE.read_text("utf-8")


def test_a_part_that_is_not_there() -> None:
    with pytest.raises(SystemExit, match="no part 'nets'; name some of qlearning"):
        bench.main(["nets"])


def test_a_page_without_its_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n", "utf-8")
    with pytest.raises(SystemExit, match=r"page\.md has lost its marks"):
        pages.put(page, bench.BEGIN, "table")
    assert page.read_text("utf-8") == "# A page\n"


@pytest.mark.parametrize(("factor", "status"), [(1, 0), (0.6, 0), (0.1, 1)])
@pytest.mark.parametrize("key", list(guard.RATIOS))
def test_the_guard_sees_a_tenfold_loss_of_any_ratio(
    key: str,
    factor: float,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    baselines = {one.key: one for one in MEASURED}
    assert baselines[key].unit == "×"
    found = {other: baselines[other].value for other in guard.RATIOS}
    found[key] *= factor
    measures = {other: lambda value=value: value for other, value in found.items()}
    monkeypatch.setattr(guard, "RATIOS", measures)
    assert guard.main() == status
    lost = [line.split()[1] for line in capsys.readouterr().out.splitlines() if "LOST" in line]
    assert lost == ([key] if status else [])
