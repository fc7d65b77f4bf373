"""Policies as small neural networks: what a network reads, what it computes, and its files.

K networks of one shape are one stack: every layer's weights stand in one array `[K, in, out]`, so
that all of them go through the same few batched products. NumPy is enough for all of it; the same
functions take torch's tensors, which `network_stacks` trains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._paths import in_one_move
from cliprl_lite.worlds.finite_world import DISCOUNT, FiniteWorld
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.tasks import TaskSuite

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", FloatArray, "Tensor")

Parameters = list[tuple[FloatArray, FloatArray]]
"""Weights `[…, in, out]` and biases `[…, out]` of every layer, from input to output. Without
leading axes they are one network, with one leading axis K a stack."""

FeatureKind = Literal["one-hot", "row-column", "fourier"]

FREQUENCIES = (0.5, 1.0, 2.0, 4.0)
"""How many waves the `"fourier"` features have from one edge of the map to the other."""


# What a network reads and computes ---------------------------------------------------------------
def features(world: FiniteWorld, kind: FeatureKind) -> FloatArray:
    """A network's input for every state, shape `[S, F]`.

    Args:
        kind: `"one-hot"`, a column per state (F = S), which makes a network without hidden layers
            a Q-table; `"row-column"`, the cell, scaled to −1 … 1 from edge to edge (F = 2); or
            `"fourier"`, sines and cosines of those two at `FREQUENCIES` (F = 16). Only the first
            does for a world without cells.

    Raises:
        ValueError: if there is no such kind, or the world has no cells.

    Example:
        >>> features(GridWorld.open_map(3), "row-column")[5].tolist()
        [0.0, 1.0]
        >>> features(GridWorld.open_map(3), "fourier").shape
        (9, 16)
    """
    _require_kind(kind)
    if kind == "one-hot":
        return np.eye(world.n_states)
    if not isinstance(world, GridWorld):
        raise ValueError(f'{world!r} has no cells to read {kind!r} from; take features="one-hot"')
    last = np.maximum(np.array(world.shape) - 1, 1)
    scaled = 2 * world.cells / last - 1
    if kind == "row-column":
        return scaled
    phase = (np.pi * scaled[:, :, None] * FREQUENCIES).reshape(world.n_states, -1)
    return np.concatenate([np.sin(phase), np.cos(phase)], axis=1)


def activations(parameters: Sequence[tuple[Array, Array]], x: Array) -> list[Array]:
    """The input of every layer, `[…, S, in]`, and last the network's output, `[…, S, A]`.

    A layer is `x W + b`; all but the last are followed by a ReLU, `max(·, 0)`.

    Args:
        parameters: of one network, or of a stack; NumPy arrays, or torch's tensors.
        x: features, shape `[S, F]`, or `[K, S, F]` with a batch for each network of a stack.

    Example: one hidden unit for the positive part, and one for the negative part.
        >>> absolute = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.ones((2, 4)), np.zeros(4))]
        >>> [rows.tolist() for rows in activations(absolute, np.array([[-3.0]]))]
        [[[-3.0]], [[0.0, 3.0]], [[3.0, 3.0, 3.0, 3.0]]]
    """
    rows: list[Array] = [x]
    for weights, biases in parameters[:-1]:
        rows.append((rows[-1] @ weights + biases[..., None, :]).clip(0))
    weights, biases = parameters[-1]
    rows.append(rows[-1] @ weights + biases[..., None, :])
    return rows


def forward(parameters: Sequence[tuple[Array, Array]], x: Array) -> Array:
    """Q(s, a) by the networks, shape `[…, S, A]`; arguments as for `activations`.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> x = features(world, "fourier")
        >>> forward(initialise((x.shape[1], 8, 4), seeds=[0, 1]), x).shape
        (2, 9, 4)
    """
    return activations(parameters, x)[-1]


def gradients(
    parameters: Sequence[tuple[Array, Array]], rows: Sequence[Array], slope: Array
) -> list[tuple[Array, Array]]:
    """From ∂L/∂Q to ∂L/∂W and ∂L/∂b of every layer, by the chain rule (backpropagation).

    Args:
        parameters: of one network, or of a stack.
        rows: what `activations` gave for it.
        slope: ∂L/∂Q, shape `[…, S, A]`.

    Returns:
        In the shape of the parameters.

    Example: without hidden layers, and with one-hot features, the weights are the table.
        >>> table, slope = [(np.zeros((3, 4)), np.zeros(4))], np.ones((3, 4))
        >>> ((weights, biases),) = gradients(table, activations(table, np.eye(3)), slope)
        >>> weights.sum(), biases.tolist()
        (np.float64(12.0), [3.0, 3.0, 3.0, 3.0])
    """
    found = []
    for depth in reversed(range(len(parameters))):
        found.append((rows[depth].mT @ slope, slope.sum(-2)))
        if depth:
            slope = (slope @ parameters[depth][0].mT) * (rows[depth] > 0)
    return found[::-1]


def initialise(widths: Sequence[int], seeds: Sequence[int | np.random.Generator]) -> Parameters:
    """A stack before any learning: weights normal with variance 2 / in (He et al. 2015), biases 0.

    Args:
        widths: of the features, the hidden layers, and the output.
        seeds: one per network. Equal seeds give equal networks, and none depends on the others.

    Raises:
        ValueError: if there are no seeds, or a width is not a positive whole number.

    Example:
        >>> stack = initialise((2, 64, 4), seeds=[5, 5, 6])
        >>> [weights.shape for weights, _ in stack]
        [(3, 2, 64), (3, 64, 4)]
        >>> bool((stack[0][0][0] == stack[0][0][1]).all())
        True
    """
    if len(seeds) == 0:
        raise ValueError("a stack needs at least one network: give a seed for each")
    if len(widths) < 2 or any(not isinstance(width, int) or width < 1 for width in widths):
        raise ValueError(f"widths are positive whole numbers, two or more; got {tuple(widths)}")
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = []
    for into, out in pairwise(widths):
        weights = np.stack([rng.standard_normal((into, out)) for rng in rngs])
        layers.append((weights * np.sqrt(2 / into), np.zeros((len(rngs), out))))
    return layers


def stack(networks: Sequence[Parameters]) -> Parameters:
    """K networks of one shape as one stack.

    Example:
        >>> networks = [[(np.zeros((2, 4)), np.zeros(4))], [(np.ones((2, 4)), np.ones(4))]]
        >>> [part.shape for part in stack(networks)[0]]
        [(2, 2, 4), (2, 4)]
    """
    return [
        (np.stack([w for w, _ in layer]), np.stack([b for _, b in layer]))
        for layer in zip(*networks, strict=True)
    ]


def pick(stacked: Parameters, place: int) -> Parameters:
    """One network of a stack.

    Example:
        >>> [part.shape for part in pick(initialise((2, 4), seeds=[0, 1]), 1)[0]]
        [(2, 4), (4,)]
    """
    return [(weights[place], biases[place]) for weights, biases in stacked]


# Settings ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a network and how it is trained; one setting for all maps of the course.

    Attributes:
        features: what the network reads, as in `features`.
        hidden: widths of the hidden layers; empty for none.
        learning_rate: of Adam.
        discount: γ in (0, 1].
        target_period: gradient steps from one copy into the target network to the next.
        check_every: steps from one greedy check to the next.
        passes: how many checks in a row must pass, since a network's greedy policy may change
            from one check to the next.
        batch_size: transitions in a gradient step. This and all below is for `deep_q_learning`
            only; `fitted_q_iteration` takes every transition of the map in every step.
        replay_size: size of the replay memory, which holds the latest transitions.
        train_every: environment steps per gradient step.
        epsilon_start, epsilon_end: share of random actions at first, and in the end.
        epsilon_steps: environment steps in which that share falls, in a straight line.
        episode_limit: steps after which an episode is cut off and the agent starts elsewhere; its
            last step is learned from like any other. Without a limit some agents never find the
            goal: they circle until their replay memory holds nothing else, and what they learn
            from it spoils their values elsewhere.

    Raises:
        ValueError: if a value is outside its range.

    Example:
        >>> NetworkSettings(features="one-hot", hidden=()).widths(GridWorld.open_map(3))
        (9, 4)
    """

    features: FeatureKind = "fourier"
    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 0.003
    discount: float = DISCOUNT
    target_period: int = 50
    check_every: int = 50
    passes: int = 5
    batch_size: int = 32
    replay_size: int = 10_000
    train_every: int = 1
    epsilon_start: float = 1.0
    epsilon_end: float = 0.1
    epsilon_steps: int = 1_000
    episode_limit: int = 200

    def __post_init__(self) -> None:
        _require_kind(self.features)
        if not 0 < self.learning_rate < np.inf:
            raise ValueError(f"the learning rate is positive and finite; got {self.learning_rate}")
        if not 0 < self.discount <= 1:
            raise ValueError(f"the discount lies in (0, 1]; got {self.discount}")
        for epsilon in (self.epsilon_start, self.epsilon_end):
            if not 0 <= epsilon <= 1:
                raise ValueError(f"epsilon lies in [0, 1]; got {epsilon}")
        counts = [(one.name, getattr(self, one.name)) for one in fields(self) if one.type == "int"]
        for name, value in [*counts, *(("hidden", width) for width in self.hidden)]:
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} takes whole numbers, at least 1; got {value!r}")
        if self.replay_size < self.batch_size:
            raise ValueError(
                f"a batch of {self.batch_size} cannot be drawn from {self.replay_size} transitions"
            )

    def widths(self, world: FiniteWorld) -> tuple[int, ...]:
        """Of the features, the hidden layers, and the output, as `initialise` takes them."""
        return (features(world, self.features).shape[1], *self.hidden, world.n_actions)

    def epsilon(self, step: int) -> float:
        """The share of random actions in environment step `step`, counted from 0."""
        share = min(1.0, step / self.epsilon_steps)
        return (1 - share) * self.epsilon_start + share * self.epsilon_end


# Files -------------------------------------------------------------------------------------------
class NetworkFileError(ValueError):
    """A file of networks that cannot be used here. The message says why."""


def save_networks(
    path: Path, parameters: Parameters, suite: TaskSuite, settings: NetworkSettings
) -> None:
    """Write a stack, or one network, as an `.npz` file without pickled objects.

    Args:
        path: the file, with its ending.
        parameters: of the stack or the network.
        suite: the suite whose tasks the networks learned.
        settings: the setting that they were trained in; loading checks its features and widths.

    Raises:
        ValueError: if the parameters do not fit the settings and the world.

    Example:
        >>> import tempfile
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> house, settings = load_suite("house_a"), NetworkSettings()
        >>> stack = initialise(settings.widths(house.world), seeds=[0, 1])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_networks(Path(folder) / "networks.npz", stack, house, settings)
        ...     again = load_networks(Path(folder) / "networks.npz", house, settings)
        >>> bool((again[0][0] == stack[0][0]).all())
        True
    """
    require_shapes(parameters, parameters[0][1].shape[:-1], settings.widths(suite.world))
    arrays = {"fingerprint": np.array(suite.fingerprint), "features": np.array(settings.features)}
    for depth, (weights, biases) in enumerate(parameters):  # as numbers: no object to be pickled
        arrays[f"weights_{depth}"] = np.asarray(weights, np.float64)
        arrays[f"biases_{depth}"] = np.asarray(biases, np.float64)
    with in_one_move(Path(path)) as fresh, fresh.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def load_networks(path: Path, suite: TaskSuite, settings: NetworkSettings) -> Parameters:
    """Read what `save_networks` wrote.

    Raises:
        NetworkFileError: if it cannot be read, or was made for another suite, other features, or
            networks of another shape.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> try:
        ...     load_networks(Path("nowhere.npz"), load_suite("house_a"), NetworkSettings())
        ... except NetworkFileError as error:
        ...     print(error)
        nowhere.npz: cannot be read (No such file or directory); check the path
    """
    path, widths = Path(path), settings.widths(suite.world)
    try:
        archive = path.read_bytes()
    except OSError as error:
        raise NetworkFileError(
            f"{path}: cannot be read ({error.strerror}); check the path"
        ) from None
    try:
        content = dict(np.load(BytesIO(archive), allow_pickle=False))
    except Exception:  # NumPy and zipfile raise a dozen kinds of errors
        raise NetworkFileError(f"{path}: is not a file of save_networks; save it anew") from None
    for name, wanted in (("fingerprint", suite.fingerprint), ("features", settings.features)):
        found = str(content.get(name, "nothing"))
        if found != wanted:
            raise NetworkFileError(
                f"{path}: was made for {name} {found!r}, and {suite.name!r} with these settings "
                f"has {wanted!r}; train the networks anew"
            )
    depths = range(sum(name.startswith("weights_") for name in content))
    try:
        parameters = [
            (content[f"weights_{d}"].astype(np.float64), content[f"biases_{d}"].astype(np.float64))
            for d in depths
        ]
        require_shapes(parameters, parameters[0][1].shape[:-1], widths)
    except (KeyError, IndexError):
        raise NetworkFileError(f"{path}: lacks a layer; train the networks anew") from None
    except ValueError as error:
        raise NetworkFileError(f"{path}: {error}") from None
    return parameters


def _require_kind(kind: str) -> None:
    if kind not in get_args(FeatureKind):
        kinds = ", ".join(repr(known) for known in get_args(FeatureKind))
        raise ValueError(f"features are one of {kinds}; got {kind!r}")


def require_shapes(parameters: Parameters, stack: tuple[int, ...], widths: tuple[int, ...]) -> None:
    """Raise a `ValueError` unless all parameters are finite, in a stack of these widths."""
    wanted = [((*stack, into, out), (*stack, out)) for into, out in pairwise(widths)]
    found = [(weights.shape, biases.shape) for weights, biases in parameters]
    if found != wanted:
        raise ValueError(f"layers of the widths {widths} have the shapes {wanted}; got {found}")
    if not all(np.isfinite(part).all() for layer in parameters for part in layer):
        raise ValueError("a weight or bias is not a finite number")
