"""Pages that hold what a command has found, between two marks."""

from __future__ import annotations

from pathlib import Path

from cliprl_lite._paths import write_text

END = "<!-- end of that output -->"


def with_output(page: Path, begin: str, found: str) -> str:
    """A page's text with what was found between the mark `begin` and the end's.

    Raises:
        SystemExit: if the page has lost a mark.
    """
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{page.parent.name}/{page.name} has lost its marks {begin} and {END}")
    return f"{before}{begin}\n\n{found}\n\n{END}{after}"


def put(page: Path, begin: str, found: str) -> None:
    """Write the page with what was found."""
    write_text(page, with_output(page, begin, found))
