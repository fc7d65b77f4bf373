"""The commands: `cliprl-lite course`, `doctor`, `class-report`, `figure2`, `worlds`, `rules`,
`modalities`, `averages`, `learn`, `embed`."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cliprl_lite import classroom
from cliprl_lite._optional import MissingPackageError, require
from cliprl_lite._paths import course_path, write_text
from cliprl_lite._printing import forgiving_output
from cliprl_lite.course import bring
from cliprl_lite.doctor import report
from cliprl_lite.experiments.backends import BACKENDS, BackendError
from cliprl_lite.experiments.policy_classes import POLICY_CLASSES, Networks, policy_class
from cliprl_lite.experiments.policy_studies import Study
from cliprl_lite.experiments.results import summarise
from cliprl_lite.experiments.rule_sweeps import RULE_SIZES, RULE_WORLDS, TEACHERS, rules_sweep
from cliprl_lite.experiments.sweeps import (
    CORNER_SIZES,
    WORLDS,
    Plan,
    Sweep,
    figure2_sweep,
    run_sweep,
    worlds_sweep,
)
from cliprl_lite.language.sentences import ModelError
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.transfer.methods import METHODS, NETWORK_METHODS, TABLE_METHODS, find_method

STUDY_WORLDS = ("house_a", "house_b", "house_c", "colours_9", "shapes_9")
"""Worlds whose base policies the studies measure."""

STUDY_WORDS = {
    "modalities": "what tells best where a policy belongs: its weights, its Q-values, its actions",
    "averages": "what lies between two policies: the loss barrier, and how their average acts",
}

FILES = """names or files, one with a comma in double quotes: '"a, b.toml",house_a'"""
"""What `--worlds` takes."""

POLICIES = f"class of the policies: {', '.join(POLICY_CLASSES)}; default: tabular"
"""What `--policy` takes."""

GOES_ON = "If it is stopped and started again, it goes on where it was."

FIGURE_METHODS = ("scratch", "alg1", "alg1_closest", "alg2", "alg2_text", "alg2_box")
"""Methods drawn in Figure 2; the table holds them all."""


@forgiving_output()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors go to stderr in one line."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError, ModelError, BackendError, MissingPackageError) as error:
        print(f"cliprl-lite: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on with a sweep from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cliprl-lite",
        description="Which old agent should teach the new one? Experiments on CLIP-RL.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    course = commands.add_parser(
        "course",
        help="copy the course into a folder of yours, and open it",
        description="Copies notebooks, glossary and labs into a folder, and opens JupyterLab "
        "there. A file that is there already is never touched.",
    )
    course.add_argument("folder", type=Path, nargs="?", default=Path("my-course"))
    course.add_argument("--no-open", action="store_true", help="only copy")
    course.set_defaults(run=_course)

    doctor = commands.add_parser(
        "doctor", help="say in ten lines what is there, what is missing, and how fast it is"
    )
    doctor.set_defaults(run=_doctor)

    counted = commands.add_parser(
        "class-report",
        help="count a class's files of progress: who solved what, and which guesses were wrong",
        description="Reads the progress.json of each reader and writes one page, on which readers "
        "go by numbers. A file that is damaged or of something else is named, and skipped.",
    )
    counted.add_argument(
        "files", type=Path, nargs="+", help="files, or a folder with all the class's .json files"
    )
    counted.add_argument("--out", type=Path, default=Path("class_report.html"),
                        help="default: class_report.html")  # fmt: skip
    counted.add_argument("--csv", type=Path, help="also one row a reader, for a learning platform")
    counted.set_defaults(run=_class_report)

    figure2 = commands.add_parser(
        "figure2",
        help="the paper's Figure 2: corner tasks on grids of several sizes",
        description="Runs the paper's Figure 2 from the beginning: learns the base policies, then "
        "the target from the start that each method gives, and measures. Writes a table (CSV), "
        f"its description (JSON) and the figure (HTML). {GOES_ON}",
    )
    sizes = f"default: {','.join(map(str, CORNER_SIZES))}"
    figure2.add_argument("--sizes", type=_whole_numbers, default=CORNER_SIZES, help=sizes)
    _add_sweep_options(figure2, "figure2.csv")
    figure2.set_defaults(run=_figure2)

    worlds = commands.add_parser(
        "worlds",
        help="leave one out in the colour worlds, the shape worlds and the house",
        description="Each task in turn is the target, and all others are its base tasks. Writes a "
        f"table (CSV) and its description (JSON). {GOES_ON}",
    )
    _add_names(worlds, "--worlds", WORLDS, f"{FILES}; ")
    _add_sweep_options(worlds, "worlds.csv")
    worlds.set_defaults(run=_worlds)

    rules = commands.add_parser(
        "rules",
        help="every way to use a teacher, with good and bad teachers",
        description="Every rule learns every new task with every teacher: the corner tasks on "
        "grids of several sizes, and in each world every task, left out in turn. Writes a table "
        f"(CSV) and its description (JSON). {GOES_ON}",
    )
    sizes = f"of the corner tasks; default: {','.join(map(str, RULE_SIZES))}"
    rules.add_argument("--sizes", type=_whole_numbers, default=RULE_SIZES, help=sizes)
    _add_names(rules, "--worlds", RULE_WORLDS, f"{FILES}; ")
    _add_names(rules, "--rules", tuple(RULES))
    _add_names(rules, "--teachers", TEACHERS)
    rules.add_argument("--targets", type=_words, default=(), help="names; default: all")
    rules.add_argument("--cap", type=int, help="steps; default: 10 million, on large maps more")
    _add_run_options(rules, "rules.csv")
    rules.set_defaults(run=_rules)

    for name, words in STUDY_WORDS.items():
        study = commands.add_parser(
            name,
            help=words,
            description=f"For each class of policies: {words}. Writes a table (CSV) and its "
            f"description (JSON). {GOES_ON}",
        )
        _add_names(study, "--worlds", STUDY_WORLDS, f"{FILES}; ")
        _add_names(study, "--policies", tuple(POLICY_CLASSES))
        _add_run_options(study, f"{name}.csv")
        study.set_defaults(run=partial(_study, name))

    learn = commands.add_parser(
        "learn",
        help="learn all base tasks of a world and keep the policies as a file of networks",
        description="Writes one network per task, in the tasks' order, for `load_networks`. A "
        "table is written as the linear network on one-hot states that it is.",
    )
    learn.add_argument("world", help="name or file")
    learn.add_argument("--size", type=int, help="rows and columns, where the file leaves them open")
    learn.add_argument("--seed", type=int, default=0, help="number of the trial; default: 0")
    learn.add_argument("--policy", default="tabular", help=POLICIES)
    learn.add_argument("--out", type=Path, help="default: <world>_<policy>.npz")
    learn.set_defaults(run=_learn)

    embed = commands.add_parser(
        "embed",
        help="make the sentence vectors that ship (needs a checkout)",
        description="Vectors that ship already stay as they are; to remake them too, delete the "
        "files in data/embeddings first.",
    )
    embed.set_defaults(run=_embed)
    return parser


def _add_names(
    parser: argparse.ArgumentParser, option: str, default: tuple[str, ...], words: str = ""
) -> None:
    parser.add_argument(
        option, type=_words, default=default, help=f"{words}default: {','.join(default)}"
    )


def _add_run_options(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument("--trials", type=int, default=10, help="seeds 0 to N − 1; default: 10")
    parser.add_argument("--workers", type=int, default=-1, help="processes; default: one per core")
    parser.add_argument(
        "--backend", default=BACKENDS[0], help=f"{' or '.join(BACKENDS)}; default: {BACKENDS[0]}"
    )
    parser.add_argument("--scheduler", help="its address, for backend dask: tcp://host:8786")
    parser.add_argument("--out", type=Path, default=Path(out), help=f"default: {out}")


def _add_sweep_options(parser: argparse.ArgumentParser, out: str) -> None:
    _add_run_options(parser, out)
    methods = (
        f"default: {','.join(METHODS)}; for tables also {','.join(TABLE_METHODS)}, "
        f"for networks {','.join(NETWORK_METHODS)}"
    )
    targets = """names, one with a comma in double quotes: '"first left, then up",right'"""
    cap = "steps; default: 10 million, networks 20,000, on large maps more"
    parser.add_argument("--policy", default="tabular", help=POLICIES)
    parser.add_argument("--methods", type=_words, help=methods)
    parser.add_argument("--targets", type=_words, default=(), help=f"{targets}; default: all")
    parser.add_argument("--cap", type=int, help=cap)


def _course(options: argparse.Namespace) -> None:
    folder = bring(course_path(), options.folder)
    print(f"The course is in {folder}.")
    if not options.no_open:
        require("jupyterlab", "lab", "opening the course")
        tour = "--LabApp.default_url=/lab/tree/00_tour.ipynb"
        subprocess.run([sys.executable, "-m", "jupyterlab", tour], cwd=folder, check=False)


def _doctor(_: argparse.Namespace) -> None:
    print("\n".join(report()))


def _class_report(options: argparse.Namespace) -> None:
    readers, skipped = classroom.collect(options.files)
    written = [path for path in (options.out, options.csv) if path]
    for path in written:
        if path.resolve() in [reader.file.resolve() for reader in readers]:
            raise ValueError(f"{path} is a reader's file, and the report would replace it")
    for reader in readers:
        print(f"{reader.number:3} {reader.file}")
    for file, why in skipped.items():
        print(f"skipped: {file}: {why}", file=sys.stderr)
    write_text(options.out, classroom.page(readers))
    if options.csv:
        write_text(options.csv, classroom.table(readers))
    print(f"{len(readers)} counted, {len(skipped)} skipped: {', '.join(map(str, written))}")


def _figure2(options: argparse.Namespace) -> None:
    from cliprl_lite.pictures.result_plots import clocks_figure

    sweep = figure2_sweep(options.sizes, **_choices(options))
    table = _table(sweep, options)
    summary = summarise(table, _groups(table))
    drawn = [name for name in FIGURE_METHODS if name in sweep.method_names] or sweep.method_names
    labels = {name: find_method(name).label for name in drawn}
    figure = clocks_figure(summary, labels, CLOCKS)
    picture = options.out.with_suffix(".html")
    write_text(picture, figure.to_html(include_plotlyjs=True, config={"displaylogo": False}))
    _print_medians(sweep, table, summary, options.out)
    print(f"figure: {picture}")


def _worlds(options: argparse.Namespace) -> None:
    sweep = worlds_sweep(options.worlds, **_choices(options))
    table = _table(sweep, options)
    _print_medians(sweep, table, summarise(table, _groups(table)), options.out)


def _rules(options: argparse.Namespace) -> None:
    names = ("trials", "rules", "teachers", "targets", "cap")
    choices = {name: getattr(options, name) for name in names}
    sweep = rules_sweep(options.sizes, options.worlds, **choices)
    table = _table(sweep, options)
    for clock, words in CLOCKS.items():
        print(f"\n{words}: median over suites, targets and trials")
        wide = table.pivot_table(index="rule", columns="teacher", values=clock, aggfunc="median")
        print(wide.reindex(list(sweep.rules)).map("{:,.0f}".format).replace("nan", "").to_string())
    print(f"\ntable: {options.out} ({len(table)} rows)")


def _study(name: str, options: argparse.Namespace) -> None:
    worlds = tuple((world, None) for world in options.worlds)
    study = Study(name, worlds, options.trials, options.policies)
    table = _table(study, options)
    by = ["policy", "modality" if name == "modalities" else "relation"]
    numbers = [column for column in study.columns if table[column].dtype == float]
    print("\nmean over worlds and trials")
    print(table.groupby(by, sort=False)[numbers].mean().round(3).to_string())
    print(f"\ntable: {options.out} ({len(table)} rows)")


def _choices(options: argparse.Namespace) -> dict[str, object]:
    names = ("trials", "methods", "targets", "cap", "policy")
    return {name: getattr(options, name) for name in names}


def _table(sweep: Plan, options: argparse.Namespace) -> pd.DataFrame:
    where = {"backend": options.backend, "scheduler": options.scheduler}
    return run_sweep(sweep, options.out, options.workers, **where)


def _groups(table: pd.DataFrame) -> list[str]:
    """Columns that name a printed row: suite and target, or the suite alone if targets are many."""
    return ["suite", "target"] if len(set(table["target"])) <= 3 else ["suite"]


def _print_medians(sweep: Sweep, table: pd.DataFrame, summary: pd.DataFrame, out: Path) -> None:
    for clock, words in CLOCKS.items():
        part = summary[summary["clock"] == clock]
        cut, cost = part["censored"], part["value"]
        shown = part.assign(text=np.where(cut, "≥", "") + cost.map("{:,.0f}".format))
        wide = shown.pivot_table(
            index=_groups(table), columns="method", values="text", aggfunc="first"
        )
        print(f"\n{words}: median over trials (≥: half or more were cut off)")
        print(wide[list(sweep.method_names)].to_string())
    print(f"\ntable: {out} ({len(table)} rows)")


def _learn(options: argparse.Namespace) -> None:
    from cliprl_lite.learning.networks import NetworkSettings, save_networks, stack
    from cliprl_lite.worlds.suite_files import load_suite

    suite, kind = load_suite(options.world, options.size), policy_class(options.policy)
    if options.seed < 0:
        raise ValueError(f"the seed is a whole number from 0; got {options.seed}")
    out = options.out or Path(f"{suite.name}_{options.policy}.npz")
    out.parent.mkdir(parents=True, exist_ok=True)  # before the work, not after it
    policies = kind.learn_bases(suite, options.seed)
    tables = NetworkSettings(features="one-hot", hidden=())
    settings = kind.network_for(suite.world) if isinstance(kind, Networks) else tables
    networks = [policy.network.parameters for policy in policies.values()]
    save_networks(out, stack(networks), suite, settings)
    print(f"{len(networks)} policies of {suite.name}: {out}")


def _embed(options: argparse.Namespace) -> None:
    from cliprl_lite._paths import data_path
    from cliprl_lite.language.sentences import ship_vectors, shipped_vectors
    from cliprl_lite.worlds.suite_files import load_suite, suite_names

    sentences: list[str] = []
    for name in suite_names():
        try:
            suite = load_suite(name)
        except ValueError:  # its size is open
            suite = load_suite(name, size=10)
        sentences += suite.sentences
    try:
        known = shipped_vectors()
    except ModelError:  # deleted or damaged
        known = {}
    ship_vectors(sentences, data_path("embeddings"), known)
    print(f"{len(set(sentences))} sentences: {data_path('embeddings')}")


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list like 8,10,15") from None


def _words(text: str) -> tuple[str, ...]:
    """Names between commas; one that holds a comma is written as in a CSV file, in quotes."""
    try:
        (parts,) = csv.reader([text], skipinitialspace=True)
    except csv.Error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of names ({error})") from None
    return tuple(part.strip() for part in parts if part.strip())


if __name__ == "__main__":
    sys.exit(main())
