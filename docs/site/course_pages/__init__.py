"""The Sphinx extension that makes pages of the course: staging before, assets beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_pages import assets, docstrings, staging

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Bring all sources together below the output folder, and let Sphinx read them there."""
    source = Path(app.outdir) / ".staging"
    staging.stage(source)
    app.srcdir = source
    app.connect("autodoc-process-docstring", docstrings.before, priority=100)
    app.connect("autodoc-process-docstring", docstrings.after, priority=900)
    app.connect("autodoc-process-signature", docstrings.signature)
    app.connect("doctree-read", docstrings.spaced)
    app.connect("builder-inited", assets.copy)
    app.connect("html-page-context", assets.add_scripts, priority=900)
    app.connect("build-finished", assets.tidy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
