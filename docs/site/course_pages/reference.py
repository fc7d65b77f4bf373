"""The reference: a page a module, in the order of CONTRIBUTING's code map, from the docstrings."""

from __future__ import annotations

import re
from pathlib import Path

TOGETHER = {
    "widgets": "What readers touch: one class a widget. What they do is here; how they look, in "
    "the notebooks.",
    "check": "What judges the exercises: one module a notebook, one function an exercise.",
}
"""Packages with a page for all their modules."""

BORROWED = {"evaluation": "bootstrap"}
"""What autodoc would take for a module's own, and stumble over."""

INDEX = """# Reference

`import cliprl_lite as clip` is the front door: every name that a reader needs, loaded when it is
first used. Behind it is one module a topic. Each arrow here is one function, and imports only ever
point up the table.

```text
{arrows}
```

| floor | module | what it holds |
|---|---|---|
{rows}

Beside the map: what readers touch is in [widgets](widgets.md), what judges their exercises in
[check](check.md).

```{{toctree}}
:hidden:
{entries}
```
"""

PAGE = """# {title}

```{{eval-rst}}
{modules}
```
"""


def pages(root: Path) -> dict[str, str]:
    """Each page of the reference: its path on the site → its text."""
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    floors = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    arrows = re.search(r"^( {4}sentence .+(?:\n {4}.+)*)", text, re.MULTILINE)
    if not floors or not arrows:
        raise ValueError("CONTRIBUTING.md has the code map: arrows, and a table of floors")
    made = {f"reference/{module}.md": page(module, [module]) for _, module, _ in floors}
    for package, about in TOGETHER.items():
        names = sorted(path.stem for path in (root / "cliprl_lite" / package).glob("[a-z]*.py"))
        modules = [f"{package}.{name}" for name in names]
        made[f"reference/{package}.md"] = page(f"{package}\n\n{about}", modules, headed=True)
    rows = [f"| {floor} | [`{module}`]({module}.md) | {what} |" for floor, module, what in floors]
    made["reference/index.md"] = INDEX.format(
        arrows="\n".join(line[4:] for line in arrows[1].splitlines()),
        rows="\n".join(rows),
        entries="\n".join([module for _, module, _ in floors] + list(TOGETHER)),
    )
    return made


def page(title: str, modules: list[str], *, headed: bool = False) -> str:
    """A page that documents some modules; `headed` puts each one's name above it."""
    blocks = []
    for module in modules:
        if headed:
            blocks.append(f"{module}\n{'-' * len(module)}\n")
        blocks.append(f".. automodule:: cliprl_lite.{module}\n")
        if module in BORROWED:
            blocks[-1] += f"   :exclude-members: {BORROWED[module]}\n"
    return PAGE.format(title=title, modules="\n".join(blocks))
