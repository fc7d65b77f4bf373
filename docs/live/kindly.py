"""A notebook's cell that a tab cannot run says so in one line, and shows what it showed elsewhere.

So does every later cell that needs a name which such a cell would have made. `later.py` calls
`watch` where there is a notebook.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

unmade: dict[str, str] = {}
"""Names that cells would have made, had they run → why they did not."""


def name_of(code: str) -> str:
    """The file with what a cell showed."""
    return f"{sha256(code.strip().encode()).hexdigest()[:20]}.json"


def watch(shell: Any, refusal: type[Exception], read: Callable[[str], str]) -> None:
    """Have IPython's shell show what is stored where a cell stops by such an exception.

    Args:
        shell: of IPython.
        refusal: what says that something cannot be in a tab.
        read: name of a file with what a cell showed → its text.
    """

    def failed(shell: Any, kind: type[Exception], error: Exception, trace: Any, **_: Any) -> None:
        why = reason(error, refusal)
        if not why:
            shell.showtraceback((kind, error, trace))
            return
        code = shell.history_manager.input_hist_raw[-1]
        unmade.update(dict.fromkeys(made_by(code) - shell.user_ns.keys(), why))
        show(why, code, read)

    shell.set_custom_exc((Exception,), failed)


def reason(error: BaseException | None, refusal: type[Exception]) -> str:
    """Why a tab cannot run what stopped by this error; empty if it is an error of another kind."""
    if isinstance(error, NameError) and error.name in unmade:
        return unmade[error.name]
    while error is not None:
        if isinstance(error, refusal):
            return str(error)
        error = error.__cause__
    return ""


def made_by(code: str) -> set[str]:
    """The names that a cell makes.

    Example:
        >>> sorted(made_by("import numpy as np\\na, b = 1, 2\\ndef c(): d = 1"))
        ['a', 'b', 'c', 'np']
    """
    names, waiting = set[str](), list[ast.AST](ast.parse(code).body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                continue
            case ast.alias(name=name, asname=other):
                names.add((other or name).partition(".")[0])
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
        waiting += ast.iter_child_nodes(node)
    return names


def show(why: str, code: str, read: Callable[[str], str]) -> None:
    """One line, and what the cell showed where it was run, if it is the course's own."""
    from IPython.display import display

    try:
        stored = json.loads(read(name_of(code)))
    except ImportError:
        stored = []
    below = " Below is what this cell showed where it could run." if stored else ""
    display({"text/markdown": f"*{why}{below}*", "text/plain": why + below}, raw=True)
    for content in stored:
        if "" in content:
            print(content[""], end="")
        else:
            display(content, raw=True)
