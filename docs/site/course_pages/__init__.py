"""The Sphinx extension that makes pages of the course: staging before, assets beside them."""

from __future__ import annotations

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from course_pages import assets, awake, docstrings, links, staging

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Bring all sources together in a temporary folder, and let Sphinx read them there."""
    workshop = TemporaryDirectory(prefix="course-pages-")
    atexit.register(workshop.cleanup)
    source, trees = (Path(workshop.name).resolve() / name for name in ("sources", "doctrees"))
    staging.stage(source)
    app.srcdir, app.doctreedir = source, trees
    app.connect("autodoc-process-docstring", docstrings.before, priority=100)
    app.connect("autodoc-process-docstring", docstrings.after, priority=900)
    app.connect("autodoc-process-signature", docstrings.signature)
    app.connect("doctree-read", docstrings.spaced)
    app.connect("builder-inited", assets.copy)
    app.connect("builder-inited", keep_outputs_here, priority=900)
    app.connect("html-page-context", assets.add_scripts, priority=900)
    app.connect("html-page-context", awake.add_code, priority=900)
    app.connect("build-finished", assets.tidy)
    app.connect("build-finished", check_links, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def keep_outputs_here(app: Sphinx) -> None:
    """myst-nb would put what notebooks show beside the site, wherever that is."""
    outputs = str(Path(app.doctreedir).parent / "outputs")
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=outputs)


def check_links(app: Sphinx, error: Exception | None) -> None:
    """Called at the end: a link that leads nowhere is a warning, and so fails the build."""
    for link in [] if error else links.broken(Path(app.outdir)):
        logging.getLogger(__name__).warning("%s leads nowhere", link)
