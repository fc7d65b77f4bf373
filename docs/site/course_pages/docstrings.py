"""Docstrings as they stand in the code, made ready for Sphinx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import inspect

if TYPE_CHECKING:
    from sphinx.application import Sphinx

COLON = "\ue000"  # stands for a colon that napoleon is not to see
SEVERAL = re.compile(r"^(:(?:param|ivar) )((?:\*?\w+, )+\w+)(?=:)")


def before(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Headings of Markdown and lists without a blank line above, which our docstrings have.

    A colon in the first line of a constant's docstring is only a colon; napoleon would take what
    stands before it for a type.
    """
    if what in ("attribute", "data", "property") and lines:
        lines[0] = lines[0].replace(":", COLON)
    made: list[str] = []
    for line in lines:
        above = made[-1] if made else ""
        item = line.lstrip().startswith("- ") and not above.lstrip().startswith("- ")
        if (
            item
            and above.strip()
            and len(above) - len(above.lstrip()) == len(line) - len(line.lstrip())
        ):
            made.append("")
        made += [f".. rubric:: {line[3:]}", ""] if line.startswith("## ") else [line]
    lines[:] = made


def after(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """`a, b: both of them` is about two names; Sphinx would take the first for a type.

    Example:
        >>> lines = [":param x, y: of the centre"]
        >>> after(None, "", "", None, None, lines)
        >>> lines
        [':param x,y: of the centre']
    """
    lines[:] = [
        SEVERAL.sub(lambda found: found[1] + found[2].replace(" ", ""), line).replace(COLON, ":")
        for line in lines
    ]


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: object, shown: str, returns: str
) -> tuple[str, str | None] | None:
    """A widget's arguments are those of its own `__init__`, not of the traits' `__new__`."""
    if what != "class" or not (shown or "").startswith("(*args") or "__init__" not in vars(thing):
        return None
    own = inspect.signature(thing.__init__, bound_method=True)
    return inspect.stringify_signature(own, show_return_annotation=False), None


def spaced(app: Sphinx, doctree: nodes.document) -> None:
    """The names that `after` put together, with a space after each comma again."""
    for name in list(doctree.findall(nodes.strong)):
        if name.astext() == "," or re.fullmatch(r"\*?\w+(,\w+)+", name.astext()):
            name.replace_self(type(name)("", name.astext().replace(",", ", ")))
