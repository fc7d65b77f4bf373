"""Wheels for the browser, small ones: this project's own, and those of what it stands on.

Whatever a tab downloads, a reader waits for. So a wheel here holds what is imported, and no tests,
no compiled code of another machine, and no second copy of what the page has already.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parents[2]

NEEDLESS = re.compile(
    r"(^|/)(__pycache__|tests?|labextension|datasets)/|\.\.|\.(so|pyd|pyi|map|typed|ts|c|sha256)$"
    r"|^plotly/(package_data/(plotly|widgetbundle)|matplotlylib/)"
)
"""Files of packages that nothing in a tab reads; plotly's script is the page's own."""

LARGE = re.compile(r"^results/")
"""Data that only some notebooks read: the tables of results, which have a wheel of their own."""

UNREAD = re.compile(r"^multiverse/")
"""Tables that no notebook reads."""


def canonical(name: str) -> str:
    """A package's name as indexes spell it.

    Example:
        >>> canonical("typing_extensions")
        'typing-extensions'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def slim_wheel(name: str, folder: Path) -> Path:
    """A wheel of an installed pure package, made of its files.

    Raises:
        importlib.metadata.PackageNotFoundError: if it is not installed.
    """
    found = distribution(name)
    files = {
        str(path): Path(str(found.locate_file(path))).read_bytes()
        for path in found.files or ()
        if not NEEDLESS.search(str(path)) and ".dist-info" not in str(path)
    }
    return write_wheel(folder, name, found.version, files)


def course_wheel(folder: Path) -> Path:
    """The wheel of this project: the package, its data without the tables of results, and
    `later.py`, by which it fetches packages when they are first imported, and what that needs."""
    files = tree(ROOT / "cliprl_lite", "cliprl_lite")
    files |= tree(ROOT / "data", "cliprl_lite/data", without=LARGE)
    for name in ("later", "kindly"):
        files[f"cliprl_lite/_{name}.py"] = (ROOT / "docs" / "live" / f"{name}.py").read_bytes()
    files["cliprl_lite/__init__.py"] += b"\nfrom cliprl_lite import _later\n"
    return write_wheel(folder, "cliprl_lite", version(), files)


def results_wheel(folder: Path) -> Path:
    """The tables of results, which only some notebooks read."""
    files = tree(ROOT / "data/results", "cliprl_lite/data/results", without=UNREAD)
    return write_wheel(folder, "cliprl_lite_results", version(), files)


def version() -> str:
    """This project's."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def tree(folder: Path, inside: str, without: re.Pattern[str] = NEEDLESS) -> dict[str, bytes]:
    """The files below a folder that a tab may read: path → content."""
    return {
        f"{inside}/{name}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not NEEDLESS.search(name := path.relative_to(folder).as_posix())
        and not without.search(name)
    }


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> Path:
    """A pure wheel of these files; the same files give the same bytes."""
    stem = f"{canonical(name).replace('-', '_')}-{version}"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    head = {f"{stem}.dist-info/{file}": text.encode() for file, text in about.items()}
    wheel = folder / f"{stem}-py3-none-any.whl"
    write_archive(wheel, {**files, **head})
    return wheel


def cut(wheel: Path, size: int = 4_000_000) -> int:
    """Cut a file into parts, whose names end in .0, .1, …; a tab can say how many it has.

    Returns:
        How many there are.
    """
    content = wheel.read_bytes()
    wheel.unlink()
    starts = range(0, len(content), size)
    for number, start in enumerate(starts):
        wheel.with_name(f"{wheel.name}.{number}").write_bytes(content[start : start + size])
    return len(starts)


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """A zip of files, in their order of names and without times."""
    with ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name)  # of 1980
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
