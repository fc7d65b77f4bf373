"""Every link of the finished pages leads somewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """A page's links to other places, and its own places.

    Example:
        >>> page = Page('<h1 id="top">A</h1><a href="b.html#c">B</a><img src="d.png">')
        >>> page.links, page.places
        (['b.html#c', 'd.png'], {'top'})
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.places.add(value)


def broken(folder: Path) -> list[str]:
    """Every link below a folder that leads to no file there, or to no place in it.

    Links to other hosts are not followed.

    Returns:
        `"page: link"` for each.
    """
    folder = folder.resolve()
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            lost = target in pages and place and place not in pages[target].places
            if lost or not target.is_file():
                found.append(f"{path.relative_to(folder)}: {link}")
    return found
