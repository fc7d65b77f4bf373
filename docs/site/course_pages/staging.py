"""All sources of the site in one folder, with links that lead from page to page.

Notebooks and guides are written for their own folders: a notebook says `../docs/glossary.md`, the
glossary is a table. Here each becomes what a site wants of it, and nothing is changed in place.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import nbformat

from course_pages import awake, glossary, outputs, reference

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "docs" / "site"

GUIDES = {
    "CONTRIBUTING.md": "guides/contributing.md",
    "CHANGELOG.md": "guides/changelog.md",
    "labs/README.md": "guides/labs.md",
}
"""Files outside docs/ that have a page; inside, every guide has one."""

PICTURES = {"stripes_and_blocks.png": "stripes_and_blocks.png", "growth.png": "guides/growth.png"}
"""Pictures in docs/ → where their pages look for them."""
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]+)\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"(^(?P<fence>`{3,}).*?^(?P=fence)`*\s*?$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def stage(folder: Path, root: Path = ROOT) -> None:
    """Write every source of the site into a folder; files that are none any more go.

    A file whose content is the same is left alone, so that Sphinx need not read it again.
    """
    files = sources(root)
    for path, content in files.items():
        target = folder / path
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for old in sorted(folder.rglob("*")):
        if old.is_file() and old.relative_to(folder).as_posix() not in files:
            old.unlink()
    for empty in sorted(folder.rglob("*"), reverse=True):
        if empty.is_dir() and not any(empty.iterdir()):
            shutil.rmtree(empty)


def sources(root: Path = ROOT) -> dict[str, bytes]:
    """Every source of the site: its path there → its content."""
    pages = page_of(root)
    files: dict[str, str | bytes] = {}
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    for path in notebooks:
        files[f"originals/{path.name}"] = path.read_bytes()
        files[f"notebooks/{path.name}"] = notebook(path, pages)
    for source, page in pages.items():
        if page.startswith(("guides/", "symbols")):
            text = (root / source).read_text("utf-8")
            files[page] = relink(text, source, page, pages)
    table = (root / "docs" / "glossary.md").read_text("utf-8")
    files["glossary.md"] = glossary.page(table)
    for name, place in PICTURES.items():
        files[place] = (root / "docs" / name).read_bytes()
    files |= reference.pages(root)
    files["index.md"] = index((root / "docs/site/index.md").read_text("utf-8"), notebooks, pages)
    return {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}


def page_of(root: Path = ROOT) -> dict[str, str]:
    """Each file of the project that has a page: its path → the page's."""
    pages = {
        f"docs/{path.name}": f"guides/{path.name}" for path in sorted((root / "docs").glob("*.md"))
    }
    pages |= GUIDES
    pages |= {f"notebooks/{path.name}": f"notebooks/{path.name}"
              for path in sorted((root / "notebooks").glob("*.ipynb"))}  # fmt: skip
    return pages | {"docs/symbols.md": "symbols.md", "docs/glossary.md": "glossary.md"}


# Notebooks ---------------------------------------------------------------------------------------
def notebook(path: Path, pages: dict[str, str]) -> str:
    """A notebook as the site wants it: links of the site, outputs for a page without a kernel."""
    source = f"notebooks/{path.name}"
    content = outputs.as_page(nbformat.read(path, as_version=4))
    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, source, source, pages)
    get = f"{{download}}`Download this notebook <../originals/{path.name}>`"
    content.cells[0].source += f"\n\n{get}\n"
    return nbformat.writes(content)


def first_lines(path: Path) -> tuple[str, str]:
    """A notebook's title, and its line about minutes and what is needed."""
    source = nbformat.read(path, as_version=4).cells[0].source
    title = re.search(r"^# (.+)$", source, re.MULTILINE)
    about = re.search(r"^\*(.+)\*$", source, re.MULTILINE)
    if not title or not about:
        raise ValueError(f"{path.name} begins with a title and a line in italics")
    return title[1], about[1]


# Links -------------------------------------------------------------------------------------------
def outside_code(text: str, change: Callable[[str], str]) -> str:
    """A Markdown text with everything changed that is not code."""
    parts, last = [], 0
    for code in FENCE.finditer(text):
        parts += [change(text[last : code.start()]), code[0]]
        last = code.end()
    return "".join([*parts, change(text[last:])])


def relink(text: str, source: str, page: str, pages: dict[str, str]) -> str:
    """A Markdown text whose links lead to pages of the site.

    A link to the glossary becomes a term of the glossary, if its words are one. A link to a file
    that has no page becomes that file's name; one that leads nowhere stays.

    Args:
        text: as it stands in the project.
        source: its path there.
        page: its path on the site.
        pages: `page_of`.
    """

    def change(link: re.Match[str]) -> str:
        words, (target, _, anchor) = link["text"], link["target"].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return link[0]
        meant = os.path.normpath(PurePosixPath(source).parent / target)
        if pages.get(meant) == "glossary.md" and (term := glossary.term_of(anchor or words)):
            return f"{{term}}`{words} <{term}>`"
        if meant not in pages:
            if not (ROOT / meant).exists():
                return link[0]  # Sphinx finds that it leads nowhere, and says in which line
            return f"`{words}`" if "`" not in words else words
        way = os.path.relpath(pages[meant], PurePosixPath(page).parent)
        return f"[{words}]({way}{'#' + anchor if anchor else ''})"

    return outside_code(text, lambda part: LINK.sub(change, part))


# The front page ----------------------------------------------------------------------------------
def index(text: str, notebooks: list[Path], pages: dict[str, str]) -> str:
    """The front page, complete.

    Put in are the tour, the notebooks' titles and first lines, in two places, and every guide that
    the page does not name itself. A line that names a guide that does not exist (yet) is left out.
    """
    path, entries = [], []
    for number, file in enumerate(notebooks):
        title, about = first_lines(file)
        about = about.split(" Words are in the ")[0]  # said once, below
        about = relink(about, f"notebooks/{file.name}", "index.md", pages)
        path.append(f"{number}. [{title}](notebooks/{file.name})\\\n   {about}")
        entries.append(f"{number} · {title} <notebooks/{file.stem}>")
    guides = {page.removesuffix(".md") for page in pages.values() if page.startswith("guides/")}
    lines = [line for line in text.splitlines() if not line.startswith("guides/") or line in guides]
    filled = {
        "{tour}": [first_screen(notebooks)],
        "{path}": path,
        "{notebooks}": entries,
        "{guides}": sorted(guides - set(lines)),
    }
    for place, put in filled.items():
        lines[lines.index(place)] = "\n".join(put)
    return "\n".join(lines) + "\n"


def first_screen(notebooks: list[Path]) -> str:
    """The tour of notebook 00, as HTML; empty if it is not among these notebooks."""
    for path in notebooks:
        if path.stem == awake.FRONT:
            for cell in outputs.as_page(nbformat.read(path, as_version=4)).cells:
                for output in cell.get("outputs", ()):
                    if re.search(r"\bTour\(", cell.source) and "data" in output:
                        return output.data["text/html"]
    return ""
