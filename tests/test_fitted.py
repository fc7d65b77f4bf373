"""Shipped alignments are what is trained, and need no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from cliprl_lite import fitted
from cliprl_lite.alignment import Alignment, AlignmentSettings
from cliprl_lite.alignment_record import record_alignment
from cliprl_lite.alignment_training import align
from cliprl_lite.experiments import CORNER_SIZES, WORLDS
from cliprl_lite.fitted import (
    FittedError,
    load_alignment,
    load_alignment_record,
    ship_alignments,
)
from cliprl_lite.language import embed
from cliprl_lite.learners import rng_for
from cliprl_lite.paths import data_path
from cliprl_lite.policies import learn_policy
from cliprl_lite.results import read_table
from cliprl_lite.tasks import Task, load_suite
from cliprl_lite.transfer import algorithm_2, closest

ARRAYS = ("sentence_mean", "sentence_tower", "policy_mean", "policy_tower", "losses")
HOUSES = ("house_a", "house_b", "house_c")


def assert_same(found: Alignment, expected: Alignment) -> None:
    """To the last bit of single precision or two: all that another processor may change."""
    assert found.settings == expected.settings
    for name in ARRAYS:
        mine, its = getattr(found, name), getattr(expected, name)
        assert mine.dtype == its.dtype
        np.testing.assert_allclose(mine, its, rtol=3e-7, atol=1e-9)


def trained_here(name: str, size: int | None, held_out: str = "") -> Alignment:
    """The alignment of trial 0, from its parts."""
    suite = load_suite(name, size)
    bases: list[Task] = [task for task in suite.tasks if task.name != held_out]
    policies = [
        learn_policy(suite.world, base.goal, rng_for(0, suite.name, base.name))[0] for base in bases
    ]
    rng = rng_for(0, suite.name, "alignment", *(base.name for base in bases))
    vectors = np.stack([policy.q.ravel() for policy in policies])
    return align(embed([base.sentence for base in bases]), vectors, AlignmentSettings(), rng)


@pytest.mark.parametrize(
    ("name", "size", "held_out"),
    [("corners", 8, ""), ("corners", 25, ""), ("shapes_9", None, ""), ("house_c", None, ""),
     ("house_a", None, "go to the red cone")],
)  # fmt: skip
def test_what_ships_is_what_trial_0_trains(name: str, size: int | None, held_out: str) -> None:
    shipped = load_alignment(load_suite(name, size), held_out)
    assert_same(shipped, trained_here(name, size, held_out))
    assert shipped.losses[-1] < shipped.losses[0]


@pytest.mark.parametrize("name", HOUSES)
def test_held_out_towers_score_as_in_the_committed_table(name: str) -> None:
    """Every task of a house, against the rows of trial 0 in `worlds.csv`."""
    table = read_table(data_path("results", "worlds.csv"))
    rows = table[(table["suite"] == name) & (table["method"] == "alg2") & (table["seed"] == 0)]
    suite = load_suite(name)
    assert len(rows) == len(suite.tasks) == 16
    for target, score_sum in zip(rows["target"], rows["score_sum"], strict=True):
        transfer = suite.transfer(target)
        known = embed([base.sentence for base in transfer.bases])
        scores = load_alignment(suite, target).similarity(embed([target])[0], known)
        assert scores.round(6).sum() == pytest.approx(score_sum, abs=2e-6)


def test_every_suite_of_the_experiments_ships() -> None:
    for size in CORNER_SIZES:
        assert load_alignment(load_suite("corners", size)).sentence_tower.shape == (384, 64)
    for name in WORLDS:
        suite = load_suite(name)
        assert load_alignment(suite).policy_tower.shape == (4 * suite.world.n_states, 64)
    for name in HOUSES:
        towers = [load_alignment(load_suite(name), task.name) for task in load_suite(name).tasks]
        assert len({one.sentence_tower.tobytes() for one in towers}) == 16


def test_a_start_by_shipped_towers_needs_no_torch(run_python: Callable[..., str]) -> None:
    code = """
import json, sys
import cliprl_lite as clip
house = clip.load_suite("house_a")
errand = house.transfer("go to the red cone")
known = [base.sentence for base in errand.bases]
tables = [house.world.optimal_q(base.goal) for base in errand.bases]
policies = [clip.TabularPolicy(house.world, table) for table in tables]
shipped = clip.load_alignment(house, held_out="go to the red cone")
start = clip.algorithm_2("go to the red cone", known, policies, alignment=shipped)
print(json.dumps([list(start.weights), "torch" in sys.modules]))
"""
    weights, torch_is_there = json.loads(run_python(code))
    errand = load_suite("house_a").transfer("go to the red cone")
    red = [base.colour == "red" for base in errand.bases]
    assert sum(np.array(weights)[red]) > 0.9
    assert not torch_is_there


def test_a_given_alignment_is_used_and_takes_no_settings() -> None:
    suite = load_suite("corners", 8)
    policies = [learn_policy(suite.world, task.goal)[0] for task in suite.tasks]
    known = [task.sentence for task in suite.tasks]
    shipped = load_alignment(suite)
    turned = replace(shipped, sentence_tower=np.random.default_rng(0).normal(size=(384, 64)))
    for alignment in (shipped, turned):
        start = algorithm_2("left", known, policies, closest, alignment=alignment)
        expected = alignment.similarity(embed(["left"])[0], embed(known)).round(6)
        assert start.scores.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="trained already takes no settings"):
        algorithm_2("left", known, policies, settings=AlignmentSettings(), alignment=shipped)


@pytest.mark.parametrize("name", ["house_a", "house_c"])
def test_a_shipped_record_is_what_is_recorded(name: str) -> None:
    """Up to step 100; later ones differ between processors, which is why they ship."""
    house = load_suite(name)
    shipped = load_alignment_record(house)
    assert (shipped.suite, shipped.held_out) == (name, "go to the blue key")
    assert shipped.frames.shape == (2, 4, 12, 16, 16)
    assert shipped.marks[-1] == 1000
    marks = shipped.marks[:10]
    here = record_alignment(house, shipped.held_out, (0.2, 1.0), marks=marks)
    part = shipped.only([0.2, 1.0])
    apart = np.abs(part.frames[:, :, :10].astype(int) - here.frames)
    assert apart.max() <= 1
    np.testing.assert_allclose(part.losses[:, :, :10], here.losses, atol=2e-4)
    np.testing.assert_allclose(part.weights[:, :, :10], here.weights, atol=2e-4)
    falling = shipped.only([0.5], ["identity"]).losses
    assert (np.diff(falling) < 0).all()  # the loss, while what one wanted is forgotten


# What cannot be had
def test_a_record_that_does_not_ship_or_fit() -> None:
    with pytest.raises(FittedError, match=r"no record of 'house_b' ships; .*house_a or house_c"):
        load_alignment_record(load_suite("house_b"))
    house = load_suite("house_a")
    with pytest.raises(FittedError, match="is not the one that the shipped record was made of"):
        load_alignment_record(replace(house, tasks=house.tasks[::-1]))
    with pytest.raises(TypeError, match=r"load_alignment_record\(load_suite\('house_a'\)\)"):
        load_alignment_record("house_a")


def test_what_does_not_ship_is_named_with_what_does() -> None:
    with pytest.raises(FittedError, match=r"no alignment of 'corners_9' ships; train .*corners_8"):
        load_alignment(load_suite("corners", 9))
    with pytest.raises(FittedError, match=r"'house_a' without 'fly' ships; .*'go to the red box'"):
        load_alignment(load_suite("house_a"), held_out="fly")
    with pytest.raises(FittedError, match="'colours_6' without 'go to the red box'"):
        load_alignment(load_suite("colours_6"), held_out="go to the red box")


def test_a_name_is_no_suite_and_a_task_no_name() -> None:
    with pytest.raises(TypeError, match=r"load_alignment\(load_suite\('house_a'\)"):
        load_alignment("house_a")
    house = load_suite("house_a")
    with pytest.raises(TypeError, match="a task's name"):
        load_alignment(house, held_out=house.tasks[0])


def test_a_changed_suite_is_not_given_old_towers() -> None:
    suite = load_suite("house_a")
    changed = replace(suite, tasks=suite.tasks[::-1])
    with pytest.raises(FittedError, match="'house_a' is not the one that the shipped alignment"):
        load_alignment(changed)


def test_a_tampered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(data_path("alignments"), tmp_path / "alignments")
    monkeypatch.setattr(fitted, "data_path", tmp_path.joinpath)
    monkeypatch.setattr(fitted, "_records", cache(fitted._records.__wrapped__))
    assert_same(load_alignment(load_suite("shapes_6")), trained_here("shapes_6", None))
    file = tmp_path / "alignments" / "shapes_9.npy"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(FittedError, match=r"shapes_9\.npy has changed .* 'cliprl-lite fit'"):
        load_alignment(load_suite("shapes_9"))


def test_shipped_records_cannot_be_written_over() -> None:
    shipped = load_alignment(load_suite("corners", 8))
    with pytest.raises(ValueError, match="read-only"):
        shipped.sentence_tower[0, 0] = 1.0


def test_shipping_is_repeatable_byte_for_byte(tmp_path: Path) -> None:
    suite = load_suite("corners", 8)
    for folder in ("a", "b"):
        ship_alignments([suite], (), tmp_path / folder)
    a, b = (sorted((tmp_path / folder).iterdir()) for folder in ("a", "b"))
    assert [file.name for file in a] == ["alignments.json", "corners_8.npy"]
    assert [file.read_bytes() for file in a] == [file.read_bytes() for file in b]
    description = json.loads(a[0].read_text("utf-8"))
    assert description["suites"]["corners_8"] == {
        "fingerprint": suite.fingerprint,
        "sha256": sha256(a[1].read_bytes()).hexdigest(),
        "held_out": [""],
    }
    assert AlignmentSettings(**description["settings"]) == AlignmentSettings()
    assert description["records"] == {}


def test_a_record_comes_back_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = load_suite("shapes_6")
    record = record_alignment(suite, suite.tasks[2].name, (0.3,), marks=(1, 4))
    ship_alignments([suite], (), tmp_path / "alignments", [record])
    monkeypatch.setattr(fitted, "data_path", tmp_path.joinpath)
    monkeypatch.setattr(fitted, "_description", fitted._description.__wrapped__)
    monkeypatch.setattr(fitted, "_records", fitted._records.__wrapped__)
    back = load_alignment_record(suite)
    for name, value in vars(record).items():
        np.testing.assert_array_equal(getattr(back, name), value, strict=True)
    file = tmp_path / "alignments" / "shapes_6_record.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(FittedError, match=r"shapes_6_record\.npy has changed"):
        load_alignment_record(suite)
