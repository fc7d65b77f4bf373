"""The reference: a page a room, in the order of CONTRIBUTING's code map, from the docstrings."""

from __future__ import annotations

import re
from pathlib import Path

BESIDE = {
    "widgets": "What readers touch: one class a widget. What they do is here; how they look, in "
    "the notebooks.",
    "check": "What judges the exercises: one module a notebook, one function an exercise.",
}
"""Packages that the map does not list module by module."""

TITLES = {"bottom": "at the bottom", "beside": "beside the rooms"}
"""Pages of what lies in no room."""

INDEX = """# Reference

`import cliprl_lite as clip` is the front door: every name that a reader needs, loaded when it is
first used. Behind it is one room a topic, and in it one module a question. Each arrow here is one
step, and imports only ever point up the table.

```text
{arrows}
```

| room | its modules |
|---|---|
{rows}

Beside the map: what readers touch is in [widgets](widgets.md), what judges their exercises in
[check](check.md).

```{{toctree}}
:hidden:
{entries}
```
"""

PAGE = """# {title}

{about}

```{{eval-rst}}
{modules}
```
"""


def pages(root: Path) -> dict[str, str]:
    """Each page of the reference: its path on the site → its text."""
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    drawn = re.search(r"^```text\nroom .+\n((?:.+\n)+?)```", text, re.MULTILINE)
    arrows = re.search(r"^( {4}sentence .+(?:\n {4}.+)*)", text, re.MULTILINE)
    if not drawn or not arrows:
        raise ValueError("CONTRIBUTING.md has the code map: arrows, and the modules of each room")
    rooms: dict[str, dict[str, str]] = {}
    for line in drawn[1].splitlines():
        label, *cells = re.split(r" {2,}", line)
        rooms.setdefault(label or list(rooms)[-1], {}).update(
            zip(cells[::2], cells[1::2], strict=True)
        )
    made, rows = {}, []
    for label, modules in rooms.items():
        room = label.strip("/")
        inside = "" if label in TITLES else f"{room}."
        about = [f"`{name}` {words}" for name, words in modules.items()]
        made[f"reference/{room}.md"] = page(
            TITLES.get(label, room), "\n".join(f"- {one}" for one in about),
            [inside + name for name in modules],
        )  # fmt: skip
        rows.append(f"| [{TITLES.get(label, f'`{label}`')}]({room}.md) | {' · '.join(about)} |")
    for package, about in BESIDE.items():
        files = sorted(path.stem for path in (root / "cliprl_lite" / package).glob("[a-z]*.py"))
        names = [f"{package}.{name}" for name in files]
        made[f"reference/{package}.md"] = page(package, about, names)
    made["reference/index.md"] = INDEX.format(
        arrows="\n".join(line[4:] for line in arrows[1].splitlines()),
        rows="\n".join(rows),
        entries="\n".join(Path(name).stem for name in made),
    )
    return made


def page(title: str, about: str, modules: list[str]) -> str:
    """A page that documents some modules, each with its name above it."""
    blocks = [
        f"{module}\n{'-' * len(module)}\n\n.. automodule:: cliprl_lite.{module}\n"
        for module in modules
    ]
    return PAGE.format(title=title, about=about, modules="\n".join(blocks))
