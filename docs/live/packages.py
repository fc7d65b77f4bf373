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
"""Data that only some notebooks read: the tables of results, which have an archive of their own."""


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
        if not NEEDLESS.search(str(path)) and not path.name.startswith("RECORD")
    }
    return write_wheel(folder, name, found.version, files)


def course_wheel(folder: Path) -> Path:
    """The wheel of this project: the package, and its data without the tables of results."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = about["name"].replace("-", "_"), about["version"]
    head = f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {version}\n"
    files = tree(ROOT / "cliprl_lite", "cliprl_lite")
    files |= {
        f"cliprl_lite/data/{path}": content
        for path, content in tree(ROOT / "data").items()
        if not LARGE.search(path)
    }
    files[f"{name}-{version}.dist-info/METADATA"] = head.encode()
    return write_wheel(folder, name, version, files)


def tree(folder: Path, inside: str = "") -> dict[str, bytes]:
    """The files below a folder that a tab may read: path → content."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    return {
        f"{inside}/{name}".lstrip("/"): path.read_bytes()
        for name, path in paths.items()
        if path.is_file() and not NEEDLESS.search(name)
    }


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> Path:
    """A pure wheel of these files; the same files give the same bytes."""
    wheel = folder / f"{canonical(name).replace('-', '_')}-{version}-py3-none-any.whl"
    tag = "Wheel-Version: 1.0\nGenerator: cliprl_lite\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    info = next(path.partition("/")[0] for path in files if ".dist-info/" in path)
    write_archive(wheel, {**files, f"{info}/WHEEL": tag.encode(), f"{info}/RECORD": b""})
    return wheel


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """A zip of files, in their order of names and without times."""
    with ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name)  # of 1980
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
