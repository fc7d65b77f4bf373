"""Every figure of speed, memory and growth beside its target: `make bench`.

    python benchmarks/bench.py [PART …]

Runs the benchmarks one after the other, each in a process of its own (about eight minutes on two
quiet cores), and then prints the table, puts it into `docs/performance.md`, and writes
`results.json`: the figures with the versions that made them, and the baselines of `guard.py`. With
parts named, only those are measured anew, and the others' figures stay. Exits with 1 if a target
was missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pages
from measurement import Measurement, figure, versions

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
RESULTS = HERE / "results.json"
BEGIN = "<!-- The output of `make bench`: -->"

PARTS = (
    "qlearning",
    "sentences",
    "alignments",
    "networks",
    "startup",
    "growth",
    "cluster",
    "figure2",
)
OPTIONS = {"growth": ("--figure", str(HERE.parent / "docs" / "growth.html"))}
"""The page is for `docs/make_pictures.py`, so that picture and table are of one run."""


def run(part: str, folder: Path) -> list[Measurement]:
    """One benchmark's figures, from a fresh process."""
    out = folder / f"{part}.json"
    print(f"\n{part}", flush=True)
    command = [sys.executable, HERE / f"{part}.py", "--json", out, *OPTIONS.get(part, ())]
    done = subprocess.run(command, check=False)
    if not out.exists():
        raise SystemExit(f"benchmarks/{part}.py ended with status {done.returncode}")
    return [Measurement(**entry) for entry in json.loads(out.read_text("utf-8"))["measurements"]]


def as_table(measurements: list[Measurement], versions: dict[str, Any]) -> str:
    """The table in Markdown, and the line of versions under it."""
    lines = ["| | measured | wanted | |", "|---|--:|--:|---|"]
    for one in measurements:
        mark = "" if one.met else " **missed**"
        note = one.note.replace("|", "\\|")
        lines.append(
            f"| {one.what} | {figure(one.value)} {one.unit} | {one.wanted}{mark} | {note} |"
        )
    named = ", ".join(f"{name} {number}" for name, number in versions.items())
    return "\n".join([*lines, "", f"Made by `make bench` with {named}."])


def merge(old: list[Measurement], new: list[Measurement]) -> list[Measurement]:
    """The old figures with the new ones in their places; what is new altogether comes last."""
    anew = {one.key: one for one in new}
    kept = [anew.pop(one.key, one) for one in old]
    return kept + list(anew.values())


def others(described: dict[str, Any]) -> list[Measurement]:
    """The figures that were measured before, by the same versions."""
    content = json.loads(RESULTS.read_text("utf-8"))
    if content["versions"] != described:
        raise SystemExit("the other parts were measured with other versions; measure all")
    return [Measurement(**entry) for entry in content["measurements"]]


@forgiving_output()
def main(parts: list[str]) -> int:
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise SystemExit(f"there is no part {unknown[0]!r}; name some of {', '.join(PARTS)}")
    described = {**versions(), "cores": os.cpu_count()}
    if parts:
        others(described)  # what does not go together is said before the minutes of work
    with tempfile.TemporaryDirectory() as folder:
        new = [one for part in parts or PARTS for one in run(part, Path(folder))]
    # Read after the work: another run may have put its own parts there meanwhile.
    measurements = merge(others(described) if parts else [], new)
    table = as_table(measurements, described)
    print(f"\n{table}")
    content = {
        "command": "make bench",
        "versions": described,
        "measurements": [vars(one) for one in measurements],
    }
    write_text(RESULTS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    pages.put(PAGE, BEGIN, table)
    return 0 if all(one.met for one in measurements) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
