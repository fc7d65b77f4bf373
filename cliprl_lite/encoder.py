"""What is inside a sentence encoder: all-MiniLM-L6-v2 in a page of NumPy.

`embed` in `language` uses this for every sentence that does not ship with the course. It computes
what sentence-transformers computes, from the same files, without torch: the weights are mapped
into memory, so that only what is used is read, it is let go again, and kernels on one machine
share it. It reckons in double precision and rounds at the end, so that every processor gets the
same vector.

Read from the bottom up: `LightEncoder.encode` is the whole way from a sentence to its vector.
T tokens, width E = 384, H = 12 heads (Vaswani et al. 2017; Devlin et al. 2019; Wang et al. 2020).
"""

from __future__ import annotations

import json
import mmap
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController
from tokenizers import Tokenizer

FloatArray = NDArray[np.floating[Any]]


def layer_norm(x: FloatArray, scale: FloatArray, shift: FloatArray) -> FloatArray:
    """Each token's vector to mean 0 and variance 1, then scaled and shifted; `[T, E]` → `[T, E]`.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2)).round(6).tolist()
        [[-1.0, 1.0]]
    """
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    normed: FloatArray = centred / np.sqrt(variance + 1e-12)
    return normed * scale + shift


def softmax_rows(x: FloatArray) -> FloatArray:
    """Each row to positive numbers that sum to 1; any shape.

    Example:
        >>> softmax_rows(np.log([[1.0, 3.0]])).round(6).tolist()
        [[0.25, 0.75]]
    """
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    rows: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return rows


def gelu(x: FloatArray) -> FloatArray:
    """x Φ(x), where Φ is the normal distribution's: lets large values through, small ones not.

    Φ by formula 7.1.26 of Abramowitz and Stegun, to 1.5 × 10⁻⁷.

    Example:
        >>> gelu(np.array([-10.0, 0.0, 1.0, 10.0])).round(6).tolist()
        [-0.0, 0.0, 0.841345, 10.0]
    """
    z = np.abs(x) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    a = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
    tail = ((((a[0] * t + a[1]) * t + a[2]) * t + a[3]) * t + a[4]) * t * np.exp(-z * z)
    above: FloatArray = np.where(x > 0, 1 - tail / 2, tail / 2)
    return x * above


class LightEncoder:
    """The encoder τ.

    Args:
        folder: holds `config.json`, `sentence_bert_config.json`, `tokenizer.json` and
            `model.safetensors`, as published.

    Example:
        >>> from cliprl_lite.language import model_folder
        >>> tau = LightEncoder(model_folder())
        >>> tau.tokens("Go to the kettlebell!")
        ['[CLS]', 'go', 'to', 'the', 'kettle', '##bell', '!', '[SEP]']
        >>> tau.encode("Go to the kettlebell!").shape
        (384,)
    """

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        limits = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
        self.n_layers: int = config["num_hidden_layers"]
        self.n_heads: int = config["num_attention_heads"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(limits["max_seq_length"])
        self.tokenizer.no_padding()
        self.content = map_file(folder / "model.safetensors")
        self.weights = arrays_in(self.content)
        self.threads = ThreadpoolController()  # of the library that multiplies matrices …
        self.lock = threading.Lock()  # … whose number is one for the whole process

    def tokens(self, sentence: str) -> list[str]:
        """The pieces that the sentence is cut into; what follows the 256th is dropped."""
        pieces: list[str] = self.tokenizer.encode(sentence).tokens
        return pieces

    def encode(self, sentence: str) -> NDArray[np.float32]:
        """A sentence to its unit vector, float32, shape `[E]`.

        Each sentence goes by itself, so that its vector never depends on its company.
        """
        x = self._embed_tokens(self.tokenizer.encode(sentence).ids)
        with self.lock, self.threads.limit(limits=1):  # more threads only wait for each other
            for number in range(self.n_layers):
                x = self._layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)  # the sentence is the mean of its tokens
        vector: FloatArray = mean / np.sqrt((mean * mean).sum())
        return vector.astype(np.float32)

    def _embed_tokens(self, ids: list[int]) -> FloatArray:
        """A vector for what each token is, plus one for where it stands: `[T, E]`."""
        w = self.weights
        what = w["embeddings.word_embeddings.weight"][ids]
        where = w["embeddings.position_embeddings.weight"][: len(ids)]
        which_text = w["embeddings.token_type_embeddings.weight"][0]  # there is only one
        return self._norm(what.astype(np.float64) + where + which_text, "embeddings")

    def _layer(self, x: FloatArray, layer: str) -> FloatArray:
        """Tokens look at each other, then each thinks by itself: `[T, E]`."""
        x = self._norm(x + self._attention(x, layer), f"{layer}.attention.output")
        return self._norm(x + self._feed_forward(x, layer), f"{layer}.output")

    def _attention(self, x: FloatArray, layer: str) -> FloatArray:
        """Each token takes from the others what its query finds in their keys: `[T, E]`."""
        queries, keys, values = (
            self._heads(self._linear(x, f"{layer}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )  # [H, T, E / H] each
        scores = queries @ keys.swapaxes(1, 2) / np.sqrt(queries.shape[2])
        mixed = softmax_rows(scores) @ values
        joined = mixed.swapaxes(0, 1).reshape(x.shape)
        return self._linear(joined, f"{layer}.attention.output.dense")

    def _heads(self, x: FloatArray) -> FloatArray:
        """`[T, E]` → `[H, T, E / H]`: each head sees its own share of the width."""
        return x.reshape(len(x), self.n_heads, -1).swapaxes(0, 1)

    def _feed_forward(self, x: FloatArray, layer: str) -> FloatArray:
        """Each token by itself: four times as wide, GELU, and back; `[T, E]`."""
        wide = gelu(self._linear(x, f"{layer}.intermediate.dense"))
        return self._linear(wide, f"{layer}.output.dense")

    def _linear(self, x: FloatArray, name: str) -> FloatArray:
        y = x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        let_go(self.content)  # the largest matrix is 2 MB, a layer 7, all of them 43
        return y

    def _norm(self, x: FloatArray, name: str) -> FloatArray:
        scale, shift = (self.weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return layer_norm(x, scale, shift)


def map_file(file: Path) -> mmap.mmap:
    """A file's bytes, read when they are looked at."""
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def let_go(content: mmap.mmap) -> None:
    """Forget what was read, where the system can: a later look reads it again, from its cache."""
    if hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


def arrays_in(content: mmap.mmap) -> dict[str, NDArray[np.float32]]:
    """The arrays of a safetensors file by name, where they lie.

    The format: 8 bytes for the header's length, a header in JSON that says for each array its
    shape and place, then the arrays themselves.

    Raises:
        ValueError: for an array that is not in 32-bit floats (integers are left out).

    Example:
        >>> from cliprl_lite.language import model_folder
        >>> weights = arrays_in(map_file(model_folder() / "model.safetensors"))
        >>> weights["embeddings.word_embeddings.weight"].shape
        (30522, 384)
    """
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header.pop("__metadata__", None)
    weights = {}
    for name, entry in header.items():
        if entry["dtype"] == "I64":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is stored as {entry['dtype']}; only F32 is understood")
        first, last = entry["data_offsets"]
        numbers = np.frombuffer(content, "<f4", (last - first) // 4, begin + first)
        weights[name] = numbers.reshape(entry["shape"])
    return weights
