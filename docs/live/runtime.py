"""Pyodide, Python for the browser: its official files, checked, and the course's packages beside.

`PYODIDE` names a folder with the official release of Pyodide, unpacked, or the part of it that is
needed here. The lock file in it has every package with its hash, and this module has the hashes of
the lock file and of the core, which the lock file does not list.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from half_encoder import PACKAGE, encoder_wheel
from packages import canonical, course_wheel, cut, results_wheel, slim_wheel, write_wheel

from cliprl_lite._paths import write_text

VERSION = "0.27.7"

CORE = {
    "pyodide-lock.json": "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.mjs": "04c052c815abb0bf2981fa38c2dfa58e3120ee5288c956df2b2a15e301782c5f",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
}
"""The files of the core and their hashes, SHA-256."""

SHIPPED = (
    "ipython", "jedi", "joblib", "micropip", "numpy", "packaging", "pandas", "scipy",
    "threadpoolctl",
)  # fmt: skip
"""Packages from the folder; what they depend on comes along."""

OWN = {
    "anywidget": ("ipywidgets", "psygnal", "typing-extensions"),
    "comm": (),
    "gymnasium": ("numpy", "cloudpickle", "farama-notifications", "typing-extensions"),
    "cloudpickle": (),
    "farama-notifications": (),
    "ipywidgets": ("comm", "traitlets"),
    "narwhals": (),
    "plotly": ("narwhals", "packaging"),
    "psygnal": (),
    "tqdm": (),
    "typing-extensions": (),
}
"""Packages that the folder does not have, with what each needs; they come from what is installed
here."""

EMPTY = ("ssl",)
"""Packages that JupyterLite loads, and that nobody needs there."""

COURSE = ("numpy", "anywidget")
"""What this project's own wheel needs at once."""

IMPORTS = {"typing-extensions": "typing_extensions", "farama-notifications": "farama_notifications"}


class WrongRuntimeError(Exception):
    """The folder is not the official release; the message says which file, and how to mend it."""


def copy_runtime(source: Path, folder: Path) -> None:
    """Put the runtime into a folder: what `source` has, checked, and the course's own wheels.

    Raises:
        WrongRuntimeError: if a file is missing in `source`, or is not the official one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, known in CORE.items():
        copy_checked(source / name, known, folder)
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))
    packages = closure(lock["packages"], SHIPPED)
    for entry in packages.values():
        copy_checked(source / entry["file_name"], entry["sha256"], folder)
    for name, needs in OWN.items():
        packages[name] = lock_entry(name, slim_wheel(name, folder), needs)
    for name in EMPTY:
        packages[name] = lock_entry(name, write_wheel(folder, name, "0", {}), ())
    packages["cliprl-lite"] = lock_entry("cliprl_lite", course_wheel(folder), COURSE)
    packages["cliprl-lite-results"] = lock_entry("cliprl_lite_results", results_wheel(folder), ())
    encoder = lock_entry(PACKAGE, wheel := encoder_wheel(folder), ())
    packages[canonical(PACKAGE)] = encoder | {"parts": cut(wheel), "title": "Sentence encoder"}
    whole = {"info": lock["info"], "packages": dict(sorted(packages.items()))}
    write_text(folder / "pyodide-lock.json", json.dumps(whole))


def copy_checked(path: Path, known: str, folder: Path) -> None:
    """Copy a file that has to have this hash."""
    get = (
        f"PYODIDE has to name a folder with the official release of Pyodide {VERSION}, which is "
        f"pyodide-{VERSION}.tar.bz2 among the releases of github.com/pyodide/pyodide, unpacked"
    )
    if not path.is_file():
        raise WrongRuntimeError(f"{path.parent} has no {path.name}. {get}.")
    if digest(path) != known:
        raise WrongRuntimeError(f"{path} is not the official file. {get}.")
    shutil.copyfile(path, folder / path.name)


def digest(path: Path) -> str:
    """The hash of a file, SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def closure(packages: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The entries of these packages, and of all that they depend on.

    Example:
        >>> lock = {"a": {"depends": ["b"]}, "b": {"depends": []}, "c": {"depends": []}}
        >>> sorted(closure(lock, ("a",)))
        ['a', 'b']
    """
    found = dict[str, Any]()
    waiting = list(names)
    while waiting:
        name = canonical(waiting.pop())
        if name not in found:
            found[name] = packages[name]
            waiting += packages[name]["depends"]
    return found


def lock_entry(name: str, wheel: Path, needs: tuple[str, ...]) -> dict[str, Any]:
    """What the lock says of a pure wheel."""
    return {
        "name": canonical(name),
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "sha256": digest(wheel),
        "depends": list(needs),
        "imports": [IMPORTS.get(name, name)],
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }
