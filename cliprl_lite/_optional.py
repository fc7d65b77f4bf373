"""Packages that not every reader needs, and what is said where one is missing."""

from __future__ import annotations

from importlib import import_module


class MissingPackageError(ImportError):
    """A package that is needed here is not installed; the message says how to install it."""


def require(package: str, extra: str, purpose: str) -> None:
    """Go on only if an optional package can be imported.

    Args:
        package: the name to import.
        extra: the extra of this project that brings it.
        purpose: what needs it, as the subject of a sentence.

    Raises:
        MissingPackageError: if it is not installed.
    """
    try:
        import_module(package)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"{purpose} needs {package}, which is not installed; install it by: "
            f'python -m pip install "cliprl-lite[{extra}]"',
            name=package,
        ) from error
