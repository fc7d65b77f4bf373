"""What a page needs so that Python can wake in it: its notebook's code, and `wake.js`.

Only for `make live`, which builds the pages with the tag `live` and puts Python beside them.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from course_pages.outputs import as_json

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FRONT = "00_tour"
"""The notebook whose tour stands on the front page."""


def add_code(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Called for each page: one with widgets that need Python gets the code that makes them."""
    sleeping = re.findall(r'cl-asleep" data-cell="(\d+)"', context.get("body") or "")
    if not app.tags.has("live") or not sleeping:
        return
    notebook = FRONT if page == "index" else Path(page).name
    original = Path(app.srcdir) / "originals" / f"{notebook}.ipynb"
    cells = nbformat.read(original, as_version=4).cells
    code = {"notebook": notebook, "cells": needed(cells, {int(number) for number in sleeping})}
    app.add_js_file(None, body=f"window.courseCode = {as_json(code)}")
    app.add_js_file("wake.js", defer="defer", priority=800)


def needed(cells: list[Any], sleeping: set[int]) -> list[dict[str, Any]]:
    """The code that makes a notebook's widgets: the cells with these numbers, and those that make
    what they use, in their order. A reader need not wait for the others, nor for what is imported
    and not used.

    Example:
        >>> sources = ("import x, y", "a = x", "b = a", "c = 5", "b")
        >>> cells = [{"cell_type": "code", "source": source} for source in sources]
        >>> [one["code"] for one in needed(cells, {4})]
        ['import x', 'a = x', 'b = a', 'b']
    """
    found, wanted = [], set[str]()
    for number, cell in reversed(list(enumerate(cells))):
        if cell["cell_type"] != "code":
            continue
        code = ast.parse(cell["source"])
        if number in sleeping or changed(code) & wanted:
            source = imports(code, wanted) or cell["source"]
            wanted = wanted - assigned(code) | used(code)
            found.append({"cell": number, "code": source})
    return found[::-1]


def imports(code: ast.Module, wanted: set[str]) -> str:
    """The imports of these names, if a cell is nothing but imports; empty if it is not.

    Example:
        >>> imports(ast.parse("import numpy as np\\nfrom a import b, c"), {"c"})
        'from a import c'
    """
    lines = []
    for line in code.body:
        if not isinstance(line, ast.Import | ast.ImportFrom):
            return ""
        line.names = [name for name in line.names if bound(name) in wanted]
        lines += [ast.unparse(line)] if line.names else []
    return "\n".join(lines)


def bound(alias: ast.alias) -> str:
    """The name that an import binds."""
    return (alias.asname or alias.name).partition(".")[0]


def used(code: ast.Module) -> set[str]:
    """Every name that a cell reads, in functions, too."""
    return {
        node.id
        for node in ast.walk(code)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def assigned(code: ast.Module) -> set[str]:
    """The names that a cell binds whatever happens, so that what they were before is forgotten.

    Example:
        >>> sorted(assigned(ast.parse("import numpy as np\\na, b = 1, 2\\nfor c in a: d = c")))
        ['a', 'b', 'np']
    """
    names = set[str]()
    for line in code.body:
        match line:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= set(map(bound, aliases))
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign():
                names |= {n.id for n in ast.walk(line) if stored(n)}
    return names


def changed(code: ast.Module) -> set[str]:
    """The names that a cell may bind, and those of things whose parts it sets or whose methods it
    calls for their effect.

    Example:
        >>> sorted(changed(ast.parse("for a in b: c[a] = 1\\nd.play(e)")))
        ['a', 'c', 'd']
    """
    names = assigned(code)
    for node in ast.walk(code):
        match node:
            case ast.Name() if stored(node):
                names.add(node.id)
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                names.add(base(node))
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                names.add(base(method))
    return names


def stored(node: ast.AST) -> bool:
    """Whether a node is a name that is bound."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def base(node: ast.AST) -> str:
    """The name at the beginning of `name.a[b].c`; empty if something else stands there."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
