"""What is inside a sentence encoder: all-MiniLM-L6-v2 in a page of NumPy.

`embed` in `sentences` uses this for every sentence that does not ship with the course. It computes
what sentence-transformers computes, from the same files, without torch. Its parameters are mapped
into memory: only those that are used are read, they are released again, and kernels on one machine
share them. It computes in double precision and rounds at the end, so that every processor gets the
same vector.

`heard` says what is left of a sentence before anything is computed; `LightEncoder.encode` is the
whole way from a sentence to its vector. T tokens, width E = 384, H = 12 heads (Vaswani et al. 2017;
Devlin et al. 2019; Wang et al. 2020).
"""

from __future__ import annotations

import json
import mmap
import re
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatingArray = NDArray[np.floating[Any]]

_SIGNS = re.compile(r"(\[(?:PAD|UNK|CLS|SEP|MASK)\])")
"""What the tokenizer takes for a special token, wherever it stands."""


@lru_cache(maxsize=1_000)  # a suite's sentences are asked for with every new one
def heard(sentence: str) -> str:
    """What the encoder hears of a sentence: its words and marks, with one space between them.

    Two sentences have the same vector if this is the same, and only then. Capitals, accents,
    invisible characters and the number of spaces are not heard; a full stop is. A word with a
    character that the vocabulary lacks is heard as `[UNK]`, whatever it is. (Two limits: of a very
    long sentence only 256 tokens are heard, and characters younger than the tokenizer, which dates
    from Unicode 8, are unknown to it, also where Python knows them as accents.)

    Example:
        >>> heard("Go to  the CAFÉ."), heard("go to the cafe\u0301\u200b.")
        ('go to the cafe .', 'go to the cafe .')
        >>> heard("fetch the 🍎") == heard("fetch the 🍐") == "fetch the [UNK]"
        True
    """
    words: list[str] = []
    for part in _SIGNS.split(sentence):
        if _SIGNS.fullmatch(part):
            words.append(part)
            continue
        apart = "".join(f" {mark} " if _stands_alone(mark) else mark for mark in normalised(part))
        words += [
            word if len(word) <= 100 and _LETTERS.issuperset(word) else "[UNK]"
            for word in apart.split()
        ]
    return " ".join(words)


def normalised(sentence: str) -> str:
    """A sentence in small letters, without accents, and without invisible characters.

    Example:
        >>> normalised("Go to\u2009the\u200b CAFÉ")
        'go to the cafe'
    """
    seen = "".join(" " if mark.isspace() else mark for mark in sentence if _is_seen(mark))
    plain = (m for m in unicodedata.normalize("NFD", seen) if unicodedata.category(m) != "Mn")
    return "".join(mark.lower() for mark in plain)  # one by one: together, a final sigma differs


def layer_norm(x: FloatingArray, scale: FloatingArray, shift: FloatingArray) -> FloatingArray:
    """Each token's vector to mean 0 and variance 1, then scaled and shifted; `[T, E]` → `[T, E]`.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2)).round(6).tolist()
        [[-1.0, 1.0]]
    """
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    normed: FloatingArray = centred / np.sqrt(variance + 1e-12)
    return normed * scale + shift


def softmax_rows(x: FloatingArray) -> FloatingArray:
    """Each row to positive numbers that sum to 1; any shape.

    Example:
        >>> softmax_rows(np.log([[1.0, 3.0]])).round(6).tolist()
        [[0.25, 0.75]]
    """
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    rows: FloatingArray = powers / powers.sum(axis=-1, keepdims=True)
    return rows


def gelu(x: FloatingArray) -> FloatingArray:
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
    above: FloatingArray = np.where(x > 0, 1 - tail / 2, tail / 2)
    return x * above


class LightEncoder:
    """The encoder τ.

    Args:
        folder: holds `config.json`, `sentence_bert_config.json`, `tokenizer.json` and
            `model.safetensors`, as published.

    Example:
        >>> from cliprl_lite.language.sentences import model_folder
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
        self.longest: int = limits["max_seq_length"]
        tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        self.vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
        # Imported here, so that a call of `heard` alone need not wait for it.
        from threadpoolctl import ThreadpoolController

        self.content = map_file(folder / "model.safetensors")
        self.weights = arrays_in(self.content)
        self.threads = ThreadpoolController()  # limits the matrix library's threads, …
        self.lock = threading.Lock()  # … for the whole process

    def tokens(self, sentence: str) -> list[str]:
        """The pieces that the sentence is cut into; what follows the 256th is dropped."""
        pieces = [piece for word in heard(sentence).split() for piece in self._pieces(word)]
        return ["[CLS]", *pieces[: self.longest - 2], "[SEP]"]

    def _pieces(self, word: str) -> list[str]:
        """WordPiece (Wu et al. 2016): the longest known prefix, then the rest in the same way."""
        pieces, begin = [], 0
        while begin < len(word):
            inside = "##" if begin else ""
            ends = range(len(word), begin, -1)
            known = (end for end in ends if inside + word[begin:end] in self.vocabulary)
            if (end := next(known, None)) is None:
                return ["[UNK]"]
            pieces.append(inside + word[begin:end])
            begin = end
        return pieces

    def encode(self, sentence: str) -> NDArray[np.float32]:
        """A sentence to its unit vector, float32, shape `[E]`.

        Each sentence is encoded alone, so that its vector never depends on other sentences.
        """
        x = self._embed_tokens([self.vocabulary[piece] for piece in self.tokens(sentence)])
        with self.lock, self.threads.limit(limits=1):  # more threads only wait for each other
            for number in range(self.n_layers):
                x = self._layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)  # the sentence is the mean of its tokens
        vector: FloatingArray = mean / np.sqrt((mean * mean).sum())
        return vector.astype(np.float32)

    def _embed_tokens(self, ids: list[int]) -> FloatingArray:
        """A vector for what each token is, plus one for where it stands: `[T, E]`."""
        w = self.weights
        what = w["embeddings.word_embeddings.weight"][ids]
        where = w["embeddings.position_embeddings.weight"][: len(ids)]
        which_text = w["embeddings.token_type_embeddings.weight"][0]  # there is only one
        return self._norm(what.astype(np.float64) + where + which_text, "embeddings")

    def _layer(self, x: FloatingArray, layer: str) -> FloatingArray:
        """One transformer layer: self-attention, then a feed-forward network; `[T, E]`."""
        x = self._norm(x + self._attention(x, layer), f"{layer}.attention.output")
        return self._norm(x + self._feed_forward(x, layer), f"{layer}.output")

    def _attention(self, x: FloatingArray, layer: str) -> FloatingArray:
        """Self-attention: each token averages all values, by its query and their keys; `[T, E]`."""
        queries, keys, values = (
            self._heads(self._linear(x, f"{layer}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )  # [H, T, E / H] each
        scores = queries @ keys.swapaxes(1, 2) / np.sqrt(queries.shape[2])
        mixed = softmax_rows(scores) @ values
        joined = mixed.swapaxes(0, 1).reshape(x.shape)
        return self._linear(joined, f"{layer}.attention.output.dense")

    def _heads(self, x: FloatingArray) -> FloatingArray:
        """`[T, E]` → `[H, T, E / H]`: each head sees its own share of the width."""
        return x.reshape(len(x), self.n_heads, -1).swapaxes(0, 1)

    def _feed_forward(self, x: FloatingArray, layer: str) -> FloatingArray:
        """Each token by itself: four times as wide, GELU, and back; `[T, E]`."""
        wide = gelu(self._linear(x, f"{layer}.intermediate.dense"))
        return self._linear(wide, f"{layer}.output.dense")

    def _linear(self, x: FloatingArray, name: str) -> FloatingArray:
        y = x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        let_go(self.content)  # the largest matrix is 2 MB, a layer 7, all of them 43
        return y

    def _norm(self, x: FloatingArray, name: str) -> FloatingArray:
        scale, shift = (self.weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return layer_norm(x, scale, shift)


def map_file(file: Path) -> mmap.mmap:
    """A file's bytes, mapped into memory: each part is read when it is used."""
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def let_go(content: mmap.mmap) -> None:
    """Release what was read, where the system can; a later use reads it again, from its cache."""
    if hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


_KINDS: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
"""Floats that a file may hold: as published, or in half precision, for a browser tab."""


def arrays_in(content: mmap.mmap) -> dict[str, FloatingArray]:
    """The arrays of a safetensors file by name, without a copy.

    The format: 8 bytes for the header's length, a header in JSON that says for each array its
    shape and place, then the arrays themselves.

    Raises:
        ValueError: for an array that is not in 32-bit or 16-bit floats (integers are left out).

    Example:
        >>> from cliprl_lite.language.sentences import model_folder
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
        kind = _KINDS.get(entry["dtype"])
        if kind is None:
            raise ValueError(
                f"{name} is stored as {entry['dtype']}; only F32 and F16 are understood"
            )
        first, last = entry["data_offsets"]
        numbers = np.frombuffer(content, kind, (last - first) // kind.itemsize, begin + first)
        weights[name] = numbers.reshape(entry["shape"])
    return weights


# Characters --------------------------------------------------------------------------------------
def _is_seen(mark: str) -> bool:
    return mark in "\t\n\r" or (
        mark != "\ufffd" and unicodedata.category(mark) not in ("Cc", "Cf", "Co", "Cs")
    )


def _stands_alone(mark: str) -> bool:
    """Punctuation, and the characters of Chinese, are words by themselves."""
    if mark.isascii():
        return mark.isprintable() and not mark.isalnum() and mark != " "
    return unicodedata.category(mark).startswith("P") or any(
        first <= ord(mark) <= last for first, last in _CHINESE
    )


_CHINESE = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip

_LETTERS = {
    *map(chr, (*range(0x21, 0x41), *range(0x5B, 0x7F))),  # of ASCII all but the capitals
    *map(chr, (*range(0x5D0, 0x5EB), *range(0x627, 0x63B), *range(0x640, 0x64B))),
    *"\u05be\u0621\u0679\u067e\u0686\u06a9\u06af\u06ba\u06be\u06c1\u06cc\u06d2",
    *(
        "¡¢£¤¥¦§¨©ª«¬®°±²³´µ¶·¹º»¼½¾¿×ßæð÷øþđħıłŋœƒɐɑɒɔɕəɛɡɣɨɪɫɬɯɲɴɹɾʀʁʂʃʉʊʋʌʎʐʑʒʔʰʲʳʷʸʻʼʾʿˈːˡˢˣˤαβ"
        "γδεζηθικλμνξοπρςστυφχψωабвгдежзиклмнопрстуфхцчшщъыьэюяђєіјљњћӏաբգդեթիլկհմյնոպսվտրւք،अआउएकख"
        "गचजटडणतथदधनपबभमयरलवशषसहािीो।॥ংঅআইউএওকখগচছজটডণতথদধনপবভমযরলশষসহািীেகசடதநனபமயரலளவாிுேைನರಾකයරල"
        "වාกงตทนพมยรลวสอาเ་།གངདནཔབམའརལསမაბგდევთიკლმნორსტუᄀᄂᄃᄅᄆᄇᄉᄊᄋᄌᄎᄏᄐᄑ하ᅢᅥᅦᅧᅩᅪᅭᅮᅯᅲᅳ"
        "ᅴᅵᆨᆫᆯᆷᆸᆼᴬᴮᴰᴵᴺᵀᵃᵇᵈᵉᵍᵏᵐᵒᵖᵗᵘᵢᵣᵤᵥᶜᶠ‐‑‒–—―‖‘’‚“”„†‡•…‰′″›‿⁄⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻ⁿ₀₁₂₃₄₅₆₇₈₉₊₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ"
        "₤₩€₱₹ℓ№ℝ™⅓⅔←↑→↓↔↦⇄⇌⇒∂∅∆∇∈−∗∘√∞∧∨∩∪≈≡≤≥⊂⊆⊕⊗⋅─│■▪●★☆☉♠♣♥♦♭♯⟨⟩ⱼ⺩⺼⽥、。〈〉《》「」『』〜あ"
        "いうえおかきくけこさしすせそたちっつてとなにぬねのはひふへほまみむめもやゆよらりるれろをん"
        "ァアィイウェエオカキクケコサシスセタチッツテトナニノハヒフヘホマミムメモャュョラリルレロワ"
        "ン・ー一三上下不世中主久之也事二五井京人亻仁介代仮伊会佐侍保信健元光八公内出分前劉力加勝北"
        "区十千南博原口古史司合吉同名和囗四国國土地坂城堂場士夏外大天太夫奈女子学宀宇安宗定宣宮家宿"
        "寺將小尚山岡島崎川州巿帝平年幸广弘張彳後御德心忄志忠愛成我戦戸手扌政文新方日明星春昭智曲書"
        "月有朝木本李村東松林森楊樹橋歌止正武比氏民水氵氷永江沢河治法海清漢瀬火版犬王生田男疒発白的"
        "皇目相省真石示社神福禾秀秋空立章竹糹美義耳良艹花英華葉藤行街西見訁語谷貝貴車軍辶道郎郡部都"
        "里野金鈴镇長門間阝阿陳陽雄青面風食香馬高龍龸ﬁﬂ！（），－．／：？～"
    ),
}  # fmt: skip
"""The characters of the vocabulary: a word with any other character is unknown as a whole."""
