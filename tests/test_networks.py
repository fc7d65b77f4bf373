"""Networks against torch's own modules and plain loops, and their files."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from cliprl_lite.learning.networks import (
    FREQUENCIES,
    NetworkFileError,
    NetworkSettings,
    Parameters,
    activations,
    features,
    forward,
    gradients,
    initialise,
    load_networks,
    save_networks,
)
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

KINDS = ("one-hot", "row-column", "fourier")
SMALL = NetworkSettings(hidden=(12, 10), target_period=7, epsilon_steps=100, batch_size=8)
BENT = GridWorld.from_text("....\n.##.\n....")


def stack(settings: NetworkSettings, world: GridWorld, count: int) -> Parameters:
    return initialise(settings.widths(world), seeds=range(count))


def only(parameters: Parameters, k: int) -> Parameters:
    """A stack of one."""
    return [(weights[k : k + 1], biases[k : k + 1]) for weights, biases in parameters]


def largest_difference(a: Parameters, b: Parameters) -> float:
    pairs = [(x, y) for one, two in zip(a, b, strict=True) for x, y in zip(one, two, strict=True)]
    return max(float(np.abs(x - y).max()) for x, y in pairs)


# What a network reads
def test_one_hot_features_make_a_table() -> None:
    x = features(BENT, "one-hot")
    assert (x == np.eye(10)).all()
    table = np.random.default_rng(0).normal(size=(10, 4))
    assert (forward([(table, np.zeros(4))], x) == table).all()


def test_rows_and_columns_run_from_edge_to_edge() -> None:
    """Three rows, four columns; states go row by row, around the walls."""
    third = 1 / 3
    expected = [(-1, -1), (-1, -third), (-1, third), (-1, 1), (0, -1), (0, 1)]
    expected += [(1, -1), (1, -third), (1, third), (1, 1)]
    np.testing.assert_allclose(features(BENT, "row-column"), expected, atol=1e-15)
    corridor = features(GridWorld.from_text("..."), "row-column")
    assert corridor.tolist() == [[-1, -1], [-1, 0], [-1, 1]]


def test_fourier_features_by_a_slow_loop() -> None:
    expected = []
    for row, column in BENT.cells.tolist():
        y, x = row - 1, 2 * column / 3 - 1
        waves = [math.pi * frequency * place for place in (y, x) for frequency in FREQUENCIES]
        expected.append([*map(math.sin, waves), *map(math.cos, waves)])
    np.testing.assert_allclose(features(BENT, "fourier"), expected, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 8, 15, 25])
def test_no_two_states_look_alike(kind: str, size: int) -> None:
    assert pdist(features(GridWorld.open_map(size), kind)).min() > 0.05


# What a network computes
def plain_network(parameters: Parameters) -> torch.nn.Sequential:
    """One network of torch's own modules, in double precision, with these weights."""
    modules: list[torch.nn.Module] = []
    for weights, biases in parameters:
        layer = torch.nn.Linear(*weights.shape).double()
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T))
            layer.bias.copy_(torch.from_numpy(biases))
        modules += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def noisy(widths: tuple[int, ...], *shape: int) -> Parameters:
    """Random weights, and biases that are not 0."""
    rng = np.random.default_rng(5)
    return [
        (rng.normal(size=(*shape, a, b)), rng.normal(size=(*shape, b))) for a, b in pairwise(widths)
    ]


@pytest.mark.parametrize("widths", [(16, 4), (16, 9, 4), (16, 9, 7, 4)])
def test_every_network_of_a_stack_is_torchs(widths: tuple[int, ...]) -> None:
    parameters = noisy(widths, 3)
    shared = np.random.default_rng(6).normal(size=(11, 16))
    own = np.random.default_rng(7).normal(size=(3, 11, 16))
    for k in range(3):
        alone = [(weights[k], biases[k]) for weights, biases in parameters]
        network = plain_network(alone)
        for x, mine in ((shared, shared), (own, own[k])):
            expected = network(torch.from_numpy(mine)).detach().numpy()
            np.testing.assert_allclose(forward(parameters, x)[k], expected, rtol=1e-12)
            np.testing.assert_allclose(forward(alone, mine), expected, rtol=1e-12)


@pytest.mark.parametrize("widths", [(5, 4), (5, 9, 4), (5, 9, 7, 4)])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_the_gradient_is_autograds(widths: tuple[int, ...], shape: tuple[int, ...]) -> None:
    parameters, rng = noisy(widths, *shape), np.random.default_rng(8)
    x, slope = rng.normal(size=(6, 5)), rng.normal(size=(*shape, 6, 4))
    leaves = [torch.tensor(part, requires_grad=True) for layer in parameters for part in layer]
    rows = torch.from_numpy(x)
    for depth in range(len(parameters)):
        rows = rows @ leaves[2 * depth] + leaves[2 * depth + 1][..., None, :]
        rows = torch.relu(rows) if depth + 1 < len(parameters) else rows
    expected = torch.autograd.grad((torch.from_numpy(slope) * rows).sum(), leaves)
    found = gradients(parameters, activations(parameters, x), slope)
    for mine, its in zip([part for layer in found for part in layer], expected, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-10, atol=1e-12)


def test_the_gradient_is_the_numerical_one() -> None:
    rng = np.random.default_rng(9)
    x, slope = torch.from_numpy(rng.normal(size=(6, 5))), torch.from_numpy(rng.normal(size=(6, 4)))

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(context, *parts):
            context.layers = list(zip(parts[::2], parts[1::2], strict=True))
            context.rows = activations(context.layers, x)
            return (slope * context.rows[-1]).sum()

        @staticmethod
        def backward(context, upstream):
            found = gradients(context.layers, context.rows, slope * upstream)
            return tuple(part for layer in found for part in layer)

    parts = [torch.tensor(p, requires_grad=True) for layer in noisy((5, 6, 4)) for p in layer]
    assert torch.autograd.gradcheck(Loss.apply, parts)


# Where networks start
def test_equal_seeds_start_alike_and_company_changes_nothing() -> None:
    together = initialise((16, 9, 4), seeds=[3, 8, 3])
    for weights, _ in together:
        assert (weights[0] == weights[2]).all()
        assert not np.isclose(weights[0], weights[1]).any()
    alone = initialise((16, 9, 4), seeds=[np.random.default_rng(8)])
    assert largest_difference(alone, only(together, 1)) == 0


def test_weights_start_with_the_variance_of_he() -> None:
    for weights, biases in initialise((50, 200, 100), seeds=range(4)):
        assert weights.std() == pytest.approx(math.sqrt(2 / weights.shape[1]), rel=0.02)
        assert abs(weights.mean()) < 0.01
        assert not biases.any()


# What cannot be
@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"features": "pixels"}, "features are one of 'one-hot', 'row-column', 'fourier'"),
        ({"learning_rate": 0.0}, "learning rate is positive"),
        ({"learning_rate": math.nan}, "learning rate is positive"),
        ({"learning_rate": math.inf}, "learning rate is positive and finite; got inf"),
        ({"discount": math.nan}, "discount lies in"),
        ({"epsilon_start": math.nan}, "epsilon lies in"),
        ({"epsilon_end": math.inf}, "epsilon lies in"),
        ({"discount": 0.0}, "discount lies in"),
        ({"discount": 1.1}, "discount lies in"),
        ({"epsilon_start": 1.5}, "epsilon lies in"),
        ({"epsilon_end": -0.1}, "epsilon lies in"),
        ({"hidden": (64, 0)}, "hidden takes whole numbers"),
        ({"hidden": (6.5,)}, "hidden takes whole numbers"),
        ({"passes": 0}, "passes takes whole numbers"),
        ({"target_period": 2.5}, "target_period takes whole numbers"),
        ({"check_every": 0}, "check_every takes whole numbers"),
        ({"train_every": 0}, "train_every takes whole numbers"),
        ({"episode_limit": 0}, "episode_limit takes whole numbers"),
        ({"batch_size": 0}, "batch_size takes whole numbers"),
        ({"batch_size": 64, "replay_size": 63}, "batch of 64 cannot be drawn from 63"),
    ],
)
def test_settings_that_cannot_be(choice: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkSettings(**choice)


def test_epsilon_falls_in_a_straight_line() -> None:
    settings = NetworkSettings(epsilon_start=0.8, epsilon_end=0.2, epsilon_steps=4)
    found = [settings.epsilon(step) for step in range(6)]
    assert found == pytest.approx([0.8, 0.65, 0.5, 0.35, 0.2, 0.2])


def test_what_cannot_be_made() -> None:
    with pytest.raises(ValueError, match=r"features are one of"):
        features(BENT, "pixels")
    with pytest.raises(ValueError, match=r"at least one network"):
        initialise((2, 4), seeds=[])
    with pytest.raises(ValueError, match=r"widths are positive"):
        initialise((2, 0, 4), seeds=[1])


# Files
HOUSE = load_suite("house_a")


@pytest.mark.parametrize("one", [False, True])
@pytest.mark.parametrize("hidden", [(), (5,), (8, 6)])
def test_a_file_gives_back_what_was_saved(tmp_path: Path, hidden: tuple, one: bool) -> None:
    settings = NetworkSettings(hidden=hidden)
    saved = noisy(settings.widths(HOUSE.world), *([] if one else [3]))
    save_networks(tmp_path / "a.npz", saved, HOUSE, settings)
    loaded = load_networks(tmp_path / "a.npz", HOUSE, settings)
    assert [w.shape for w, _ in loaded] == [w.shape for w, _ in saved]
    assert largest_difference(loaded, saved) == 0
    layers = range(len(hidden) + 1)
    parts = [f"{part}_{layer}" for part in ("weights", "biases") for layer in layers]
    assert set(np.load(tmp_path / "a.npz").files) == {"fingerprint", "features", *parts}


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    settings, file = NetworkSettings(hidden=(8,)), tmp_path / "a.npz"
    save_networks(file, stack(settings, HOUSE.world, 2), HOUSE, settings)
    with pytest.raises(NetworkFileError, match=r"a\.npz: was made for fingerprint '\w{12}'"):
        load_networks(file, load_suite("house_b"), settings)
    with pytest.raises(NetworkFileError, match=r"features 'fourier', and .* has 'one-hot'"):
        load_networks(file, HOUSE, replace(settings, features="one-hot"))
    with pytest.raises(NetworkFileError, match=r"a\.npz: layers of the widths \(16, 9, 4\)"):
        load_networks(file, HOUSE, replace(settings, hidden=(9,)))
    with pytest.raises(NetworkFileError, match=r"a\.npz: layers of the widths \(16, 8, 8, 4\)"):
        load_networks(file, HOUSE, replace(settings, hidden=(8, 8)))
    with pytest.raises(NetworkFileError, match=r"b\.npz: cannot be read \(No such file"):
        load_networks(tmp_path / "b.npz", HOUSE, settings)
    with pytest.raises(ValueError, match=r"have the shapes"):
        save_networks(file, stack(SMALL, HOUSE.world, 2), HOUSE, settings)


class Trap:
    """Pickled, it would run code when it is read."""

    def __reduce__(self) -> tuple:
        return pytest.fail, ("the pickle was run",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights_0": None}, "lacks a layer"),
        ({"weights_1": None}, "have the shapes"),
        ({"biases_1": np.array([["a"] * 4])}, "could not convert"),
        ({"fingerprint": None}, "was made for fingerprint 'nothing'"),
        ({"weights_0": np.full((1, 16, 8), np.inf)}, "not a finite number"),
        ({"weights_0": np.array([Trap()])}, "not a file of save_networks"),
        ({"biases_0": np.zeros((2, 8))}, "have the shapes"),
    ],
)
def test_files_that_were_tampered_with_are_refused(
    tmp_path: Path, change: dict, message: str
) -> None:
    settings, file = NetworkSettings(hidden=(8,)), tmp_path / "a.npz"
    save_networks(file, stack(settings, HOUSE.world, 1), HOUSE, settings)
    content = dict(np.load(file)) | change
    np.savez(file, **{name: array for name, array in content.items() if array is not None})
    with pytest.raises(NetworkFileError, match=message):
        load_networks(file, HOUSE, settings)


def test_no_damaged_byte_gives_another_error(tmp_path: Path) -> None:
    """Bytes flipped one at a time, and the file cut off anywhere."""
    settings, file = NetworkSettings(hidden=(2,)), tmp_path / "a.npz"
    save_networks(file, stack(settings, HOUSE.world, 1), HOUSE, settings)
    whole, refused = file.read_bytes(), []
    flipped = (whole[:n] + bytes([whole[n] ^ 255]) + whole[n + 1 :] for n in range(len(whole)))
    for content in [*flipped, *(whole[:n] for n in range(0, len(whole), 50))]:
        file.write_bytes(content)
        try:
            load_networks(file, HOUSE, settings)
        except NetworkFileError as error:
            refused.append(str(error))
    assert len(refused) > len(whole) / 2
    assert all(said.startswith(f"{file}: ") and "\n" not in said for said in refused)


@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_files_of_something_else_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(NetworkFileError, match=r"a\.npz: "):
        load_networks(tmp_path / "a.npz", HOUSE, NetworkSettings())


def test_numbers_of_numpy_are_whole_numbers() -> None:
    assert NetworkSettings(batch_size=np.int64(8), hidden=(np.int64(4),)).hidden == (4,)
