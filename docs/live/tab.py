"""The page's Python: runs a notebook's cells, and lets its widgets speak with the page.

`worker.js` runs this once; its module `page` has `post`, which sends a message to the page.
ipywidgets asks IPython for a few names when it is imported; without a notebook there is nothing
behind them.
"""

from __future__ import annotations

import ast
import json
import sys
import types
import warnings
from typing import Any

import comm
from comm.base_comm import BaseComm, CommManager
from page import post

import cliprl_lite  # noqa: F401 - from now on, packages come when they are imported

shown: list[Any] = []


def stub(name: str, **names: Any) -> None:
    """A module of that name, with these names."""
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module


class Shell:
    """IPython's shell, which never starts here."""

    @staticmethod
    def initialized() -> bool:
        return False


class Shown:
    """What a cell shows that is no widget."""

    def __init__(self, *content: Any, **options: Any) -> None:
        pass


def display(*things: Any, **options: Any) -> None:
    shown.extend(things)


def unused(*arguments: Any, **options: Any) -> Any:
    """Stands for functions and decorators of magics, of which no cell has any."""
    return lambda function: function


stub("IPython", get_ipython=lambda: None, version_info=(9, 0), __version__="9.0")
stub("IPython.display", display=display, clear_output=unused, HTML=Shown, SVG=Shown, Image=Shown)
stub("IPython.core")
stub("IPython.core.interactiveshell", InteractiveShell=Shell)
stub("IPython.core.magic", Magics=object, magics_class=lambda kind: kind, line_magic=unused,
     cell_magic=unused)  # fmt: skip
stub("IPython.core.magic_arguments", argument=unused, magic_arguments=unused,
     parse_argstring=unused)  # fmt: skip


class PageComm(BaseComm):
    """The line between a widget and its front end."""

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        post(msg_type, self.comm_id, json.dumps(data), [bytes(part) for part in buffers or ()])


manager = CommManager()
comm.create_comm = lambda *arguments, **options: PageComm(*arguments, **options)
comm.get_comm_manager = lambda: manager
warnings.simplefilter("ignore")

names: dict[str, Any] = {"__name__": "__main__"}


def run(code: str) -> str:
    """Run a cell.

    Returns:
        JSON: `shown`, the names of the models of what it shows; or `failed`, why it stopped.
    """
    shown.clear()
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
            display(eval(compile(ast.Expression(last.value), "<cell>", "eval"), names))
    except Exception as trouble:
        return json.dumps({"failed": in_words(trouble)})
    return json.dumps({"shown": [thing.model_id for thing in shown if hasattr(thing, "model_id")]})


def in_words(trouble: BaseException) -> str:
    """What an exception says, or the one that caused it."""
    while trouble.__cause__ is not None:
        trouble = trouble.__cause__
    return str(trouble) or type(trouble).__name__


def hear(name: str, text: str) -> None:
    """The page says something to a widget."""
    content = {"data": json.loads(text)}
    manager.comms[name].handle_msg({"content": content, "buffers": [], "metadata": {}})
