"""Where the package's data lies, wherever the package was installed; and how files are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def data_path(*parts: str) -> Path:
    """The path of the shipped data, or of a part of it.

    A wheel carries the data inside the package; an editable install finds it beside the package,
    in the repository.

    Raises:
        FileNotFoundError: if there is no data in either place (a broken install).

    Example:
        >>> data_path("suites", "house_a.toml").name
        'house_a.toml'
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / "suites").is_dir():
            return folder.joinpath(*parts)
    raise FileNotFoundError(
        f"the data of cliprl_lite lies neither in {package / 'data'} nor in "
        f"{package.parent / 'data'}; install the package anew"
    )


def course_path() -> Path:
    """The folder that holds the course's `notebooks` and `docs`, and the `labs`: of a wheel inside
    the package, else the repository.

    Raises:
        FileNotFoundError: if there is none (a broken install).

    Example:
        >>> (course_path() / "notebooks" / "00_tour.ipynb").is_file()
        True
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "data", package.parent):
        if (folder / "notebooks").is_dir():
            return folder
    raise FileNotFoundError("the course's notebooks are missing; install the package anew")


def name_on_disk(path: Path) -> str:
    """A file's name as its folder spells it; other spellings open it where case is ignored."""
    with suppress(OSError):
        files = list(path.parent.iterdir())
        if path.name not in (file.name for file in files):
            return next((file.name for file in files if file.samefile(path)), path.name)
    return path.name


@contextmanager
def in_one_move(path: Path) -> Iterator[Path]:
    """Give the name of a new file beside `path`, which replaces `path` when the block ends well.

    So there is never half a file: the old one stays until the new one is complete and on the disk,
    and it stays for good if the block fails.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        yield fresh
        with fresh.open("rb+") as stream:
            os.fsync(stream.fileno())
        fresh.replace(path)
    except OSError as error:  # a full disk names no file, or the new one
        if error.errno is None or error.filename not in (None, str(fresh)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one move: UTF-8, and `\\n` at the end of a line on every platform.

    All text that this project writes goes through here, so that a file made on one machine is the
    file made on another, byte for byte.
    """
    with in_one_move(path) as fresh, fresh.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
