"""The light encoder against sentence-transformers, on sentences of every kind."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from threadpoolctl import threadpool_info
from tokenizers import Tokenizer
from varied_sentences import varied_sentences

from cliprl_lite.language.encoder import (
    LightEncoder,
    arrays_in,
    gelu,
    heard,
    layer_norm,
    map_file,
    softmax_rows,
)
from cliprl_lite.language.sentences import model_folder


def is_old(text: str) -> bool:
    """Whether every character was there before the tokenizer's tables, which date from Unicode 8:
    Python may know a younger one as an accent, which the tokenizer does not."""
    return all(unicodedata.ucd_3_2_0.category(mark) != "Cn" for mark in text)


@pytest.fixture(scope="module")
def tau() -> LightEncoder:
    return LightEncoder(model_folder())


@pytest.fixture(scope="module")
def published() -> Tokenizer:
    """The library that made the weights' tokenizer, with its file and its limit."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    return tokenizer


@pytest.fixture(scope="module")
def reference() -> Callable[[list[str]], np.ndarray]:
    """sentence-transformers, without this library."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_folder()), device="cpu", local_files_only=True)
    return lambda texts: model.encode(texts, normalize_embeddings=True)


@pytest.mark.slow
def test_it_equals_sentence_transformers_on_a_thousand_sentences(
    tau: LightEncoder, reference: Callable, published: Tokenizer
) -> None:
    texts = [
        text for text in varied_sentences() if tau.tokens(text) == published.encode(text).tokens
    ]
    assert len(texts) >= 1_000
    found = np.array([tau.encode(text) for text in texts])
    assert (found.shape, found.dtype) == ((len(texts), 384), np.float32)
    worst = np.abs(found - reference(texts)).max(axis=1)
    assert worst.max() <= 1e-5, repr(texts[int(worst.argmax())])


def test_the_sentences_are_varied(tau: LightEncoder) -> None:
    """Else equality on them would say little: lengths from 2 tokens to past the limit."""
    lengths = [len(tau.tokens(text)) for text in varied_sentences()]
    assert min(lengths) == 2
    assert max(lengths) == 256
    assert len(set(lengths)) > 40


# What is heard, against the tokenizer that comes with the weights
def cut(published: Tokenizer, sentence: str) -> str:
    """The tokenizer's pieces, glued to words again."""
    return " ".join(published.encode(sentence).tokens[1:-1]).replace(" ##", "")


def test_sentences_are_cut_into_the_published_pieces(
    tau: LightEncoder, published: Tokenizer
) -> None:
    """Of a thousand sentences, those past the limit among them, all but five: Python knows their
    characters, and the tokenizer's tables are older."""
    texts = varied_sentences()
    other = [text for text in texts if tau.tokens(text) != published.encode(text).tokens]
    assert len(other) <= 5 < 1_000 < len(texts)
    assert not any(is_old(text) for text in other)


PLAIN = "go to the red café, don't wait"


@pytest.mark.parametrize(
    "other",
    [
        "Go To The RED Café, DON'T wait",
        unicodedata.normalize("NFD", PLAIN),
        "go to the red cafe, don't wait",
        "go to the re\u0301d café, don't wait",
        "g\u200bo to t\u00adhe red\ufeff café, don't wait\u202e",
        " go  to\tthe\u00a0red\u3000café ,don 't\nwait ",
    ],
)
def test_two_ways_to_write_what_sounds_the_same(tau: LightEncoder, other: str) -> None:
    assert heard(other) == heard(PLAIN) == "go to the red cafe , don ' t wait"
    assert (tau.encode(other) == tau.encode(PLAIN)).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("go to the red box", "go to the red box."),
        ("go to the red box", "go to the redbox"),
        ("go to the red box", "go to the red-box"),
        ("don't go", "don’t go"),
        ("straße", "strasse"),
        ("go to 🍎", "go to 🍎 🍎"),
        ("иди домой", "иди домои\u0431"),
        ("go to x1", "go to x 1"),
    ],
)
def test_what_sounds_otherwise(tau: LightEncoder, one: str, other: str) -> None:
    assert heard(one) != heard(other)
    assert (tau.encode(one) != tau.encode(other)).any()


def test_words_with_unknown_characters_sound_alike(tau: LightEncoder) -> None:
    for some in ("🍐", "🍎🍐", "[UNK]", "x🍎", "①"):
        assert heard(f"fetch the {some}") == "fetch the [UNK]"
        assert (tau.encode(f"fetch the {some}") == tau.encode("fetch the 🍎")).all()
    assert heard("x" * 100) == "x" * 100
    assert heard("x" * 101) == "[UNK]"
    assert heard("[unk]") == "[ unk ]"
    assert heard("\u200b \x00") == ""


def test_what_is_heard_is_what_the_tokenizer_cuts(published: Tokenizer) -> None:
    """On varied sentences, but for those past the limit and those of the youngest characters."""
    texts = [
        text for text in varied_sentences() if len(published.encode(text)) < 256 and is_old(text)
    ]
    assert len(texts) > 700
    assert sum(not text.isascii() for text in texts) > 20
    for text in texts:
        assert heard(text) == cut(published, text), repr(text)
    loud = {heard(text): tuple(published.encode(text).tokens) for text in texts}
    assert len(set(loud.values())) == len(loud) < len(texts)  # and only what sounds alike is alike


def test_every_character_is_heard_as_the_tokenizer_hears_it(published: Tokenizer) -> None:
    """All that Unicode had before the tokenizer's tables; a few have changed their kind since."""
    old = unicodedata.ucd_3_2_0
    marks = [chr(code) for code in range(0x3000) if old.category(chr(code)) not in ("Cn", "Co")]
    other = [mark for mark in marks if heard(f"a{mark}b") != cut(published, f"a{mark}b")]
    assert len(marks) > 7_000
    assert len(other) < 10, other


def test_the_characters_of_the_vocabulary(tau: LightEncoder) -> None:
    content = json.loads((model_folder() / "tokenizer.json").read_text("utf-8"))
    known = {word for word in content["model"]["vocab"] if len(word) == 1}
    marks = [chr(code) for code in range(0x21, 0x20000) if not 0xD800 <= code < 0xE000]
    alone = {mark for mark in marks if heard(mark) == mark}
    assert alone == known


def test_what_is_heard_needs_no_encoder(
    run_python: Callable[..., str],
) -> None:
    code = """
import sys
from cliprl_lite.language.encoder import heard
heard("Walk to the café, 🍎")
print([name for name in ("tokenizers", "threadpoolctl") if name in sys.modules])
"""
    assert run_python(code) == "[]"


def test_words_past_the_256th_token_are_not_heard(tau: LightEncoder) -> None:
    long = "cone " * 254
    assert (tau.encode(long + "red") == tau.encode(long + "blue")).all()
    assert (tau.encode("cone " * 253 + "red") != tau.encode("cone " * 253 + "blue")).any()


def test_order_is_heard(tau: LightEncoder) -> None:
    a, b = (
        tau.encode("the red cone, not the blue box"),
        tau.encode("the blue box, not the red cone"),
    )
    assert a @ b < 0.9999


def test_gelu_against_the_error_function() -> None:
    x = np.linspace(-8, 8, 2_001)
    exact = [value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in x]
    np.testing.assert_allclose(gelu(x), exact, atol=1e-6)


def test_parts_by_hand() -> None:
    rows = softmax_rows(np.array([[0.0, 0.0], [1_000.0, 0.0]]))
    assert rows.tolist() == [[0.5, 0.5], [1.0, 0.0]]
    x, scale, shift = np.array([[0.0, 4.0], [5.0, 5.0]]), np.array([2.0, 2.0]), np.array([1.0, 0.0])
    assert layer_norm(x, scale, shift).round(9).tolist() == [[-1.0, 2.0], [1.0, 0.0]]


def test_weights_are_mapped_as_another_library_wrote_them(tmp_path: Path) -> None:
    arrays = {
        "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b.bias": np.array([1.5, -2.5], dtype=np.float32),
    }
    file = tmp_path / "model.safetensors"
    save_file(arrays | {"ids": np.arange(3)}, file, metadata={"format": "pt"})
    mapped = arrays_in(map_file(file))
    assert mapped.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (mapped[name] == array).all()
        assert not mapped[name].flags.writeable


def test_weights_in_half_precision_are_mapped_as_they_are(tmp_path: Path) -> None:
    half = np.array([[0.1, -2.5], [3.0, 60_000.0]], dtype=np.float16)
    save_file({"a.weight": half}, tmp_path / "model.safetensors")
    mapped = arrays_in(map_file(tmp_path / "model.safetensors"))["a.weight"]
    assert mapped.dtype == np.float16
    assert (mapped == half).all()


def test_weights_in_another_precision_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a.weight": np.ones((2, 2), dtype=np.float64)}, file)
    with pytest.raises(ValueError, match=r"a\.weight is stored as F64; only F32 and F16"):
        arrays_in(map_file(file))


def test_a_sentence_needs_no_torch(run_python: Callable[..., str]) -> None:
    code = """
import sys, json
from cliprl_lite import embed
embed(["the stock market fell today"])
heavy = ("torch", "transformers", "sentence_transformers", "scipy", "numba", "pandas", "plotly")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    assert json.loads(run_python(code)) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for its memory")
def test_a_sentence_needs_a_few_megabytes_for_a_moment(run_python: Callable[..., str]) -> None:
    """Its weights are let go one matrix after the other, and not kept, all 43 MB of them."""
    code = """
import re, sys
from pathlib import Path
from cliprl_lite.language import encoder
from cliprl_lite.language import sentences as language
if sys.argv[1] == "kept":
    encoder.let_go = lambda content: None
def memory(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
tau = encoder.LightEncoder(language.model_folder())
Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
before = memory("VmRSS")
tau.encode("a sentence that nobody has typed before")
print(memory("VmHWM") - before)
"""
    let_go, kept = (int(run_python(code, how)) for how in ("let go", "kept"))
    assert kept > 30_000  # kilobytes
    assert let_go < kept / 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}, {"OPENBLAS_CORETYPE": "Nehalem"}],
    ids=["one thread", "another processor"],
)
def test_every_machine_gets_the_same_vector(
    tau: LightEncoder, environment: dict[str, str], run_python: Callable[..., str], tmp_path: Path
) -> None:
    """Else a start from a new sentence would differ, and learning from it is chaotic."""
    code = """
import sys
import numpy as np
from cliprl_lite.language.encoder import LightEncoder
from cliprl_lite.language.sentences import model_folder
tau = LightEncoder(model_folder())
np.save(sys.argv[1], np.array([tau.encode(f"go to row {number}") for number in range(60)]))
"""
    run_python(code, tmp_path / "there.npy", **environment)
    here = np.array([tau.encode(f"go to row {number}") for number in range(60)])
    assert (np.load(tmp_path / "there.npy") == here).all()


def test_encoding_leaves_the_number_of_threads_alone(tau: LightEncoder) -> None:
    """Also when several threads encode at once: the number belongs to the whole process."""

    def blas_threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info()]

    before = blas_threads()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tau.encode, [f"go to row {number}" for number in range(40)]))
    assert blas_threads() == before
