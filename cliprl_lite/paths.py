"""Where the package's data lies, wherever the package itself was installed."""

from __future__ import annotations

from contextlib import suppress
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


def name_on_disk(path: Path) -> str:
    """A file's name as its folder spells it: where the system ignores case, others open it too.

    Example:
        >>> name_on_disk(data_path("suites", "house_a.toml"))
        'house_a.toml'
    """
    with suppress(OSError):
        files = list(path.parent.iterdir())
        if path.name not in (file.name for file in files):
            return next((file.name for file in files if file.samefile(path)), path.name)
    return path.name
