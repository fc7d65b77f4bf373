"""The encoder of a browser tab: the published parameters in half precision choose as they do."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from half_encoder import halved

from cliprl_lite import load_suite, rounded
from cliprl_lite.language.encoder import LightEncoder, arrays_in, map_file
from cliprl_lite.language.sentences import HALF_SHA256, model_folder, shipped_vectors
from cliprl_lite.worlds.suite_files import suite_names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder's files, as a tab has them."""
    copy = tmp_path_factory.mktemp("half") / "model"
    shutil.copytree(model_folder(), copy, ignore=shutil.ignore_patterns("*.safetensors"))
    (copy / "model.safetensors").write_bytes(halved(model_folder() / "model.safetensors"))
    return copy


def test_the_file_is_the_one_that_a_tab_trusts(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == HALF_SHA256
    half = arrays_in(map_file(folder / "model.safetensors"))
    for name, array in arrays_in(map_file(model_folder() / "model.safetensors")).items():
        assert (half[name] == array.astype(np.float16)).all(), name


def test_every_suite_has_the_same_first_choices(folder: Path) -> None:
    """A new sentence is encoded in the tab; those of the old tasks are shipped."""
    encoder, shipped = LightEncoder(folder), shipped_vectors()
    typed = {sentence: encoder.encode(sentence).astype(np.float64) for sentence in shipped}
    assert max(np.abs(typed[sentence] - shipped[sentence]).max() for sentence in shipped) < 5e-4
    n_choices = 0
    for name in suite_names():
        tasks = load_suite(name, 9 if name in ("corners", "dev_shelves") else None).tasks
        for task in tasks:
            others = [other.sentence for other in tasks if other is not task]
            bases = np.stack([shipped[sentence] for sentence in others])
            here, there = (
                int(rounded(bases @ vectors[task.sentence]).argmax())
                for vectors in (typed, shipped)
            )
            assert others[here] == others[there], (name, task.sentence)
            n_choices += 1
    assert n_choices > 150
