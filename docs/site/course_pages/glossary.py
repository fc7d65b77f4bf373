"""The glossary's table as a list of terms, each of which can be linked to and is searched for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parents[2] / "glossary.md"


def page(text: str) -> str:
    """The glossary as Sphinx wants it, from its table.

    Example:
        >>> print(page("# Words\\n\\n| word | meaning |\\n|---|---|\\n| tie | equally good |"))
        # Words
        <BLANKLINE>
        ```{glossary}
        tie
            equally good
        <BLANKLINE>
        ```
        <BLANKLINE>
    """
    head, *_ = text.partition("\n|")
    entries = (f"{name}\n    {meaning}\n\n" for name, meaning in rows(text).items())
    return f"{head}\n```{{glossary}}\n{''.join(entries)}```\n"


def rows(text: str) -> dict[str, str]:
    """Each entry of the table and its meaning.

    Raises:
        ValueError: if there is no table.
    """
    cells = re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    if len(cells) < 2:
        raise ValueError("the glossary has a table with the columns `word` and `meaning`")
    return dict(cells[1:])


@cache
def entries(path: Path = GLOSSARY) -> dict[str, str]:
    """Each word that the glossary explains, in small letters, and the entry where it does so."""
    known: dict[str, str] = {}
    for entry in rows(path.read_text("utf-8")):
        for word in re.sub(r" ?\([^)]*\)", "", entry).split(", "):
            known[word.lower()] = entry
    return known


def term_of(words: str) -> str:
    """The entry that a link with these words means, empty if there is none.

    Looked for are the words, then their singular, then an entry of which they are a part, then
    one that begins as they do.

    Example:
        >>> term_of("Q-values"), term_of("cosine"), term_of("centred"), term_of("glossary")
        ('Q-value', 'cosine similarity', 'centring', '')
    """
    known, plain = entries(), re.sub(r"[*`]", "", words).strip().lower()
    for wanted in (plain, plain.removesuffix("s")):
        if wanted in known:
            return known[wanted]
    within = [entry for word, entry in known.items() if plain in word]
    alike = [entry for word, entry in known.items() if len(plain) > 5 and word[:5] == plain[:5]]
    return next(iter(within + alike), "")
