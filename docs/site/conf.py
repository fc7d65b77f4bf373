"""The course as static pages: `make site`, or `python -m sphinx -W -b html docs/site site`.

Nothing is executed: pages show what the stored notebooks show. What the pages are made of lies
elsewhere (notebooks/, docs/, labs/, docstrings); `course_pages` brings it together in a temporary
folder. A warning fails the build, and so does a link that leads nowhere.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

_about = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = "cliprl_lite"
author = "the cliprl_lite contributors"
project_copyright = "the cliprl_lite contributors, MIT licence"
version = release = _about["version"]
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "course_pages"]
exclude_patterns = ["originals"]
templates_path = ["templates"]
html_static_path = ["static"]

# Notebooks: stored outputs, which `course_pages.outputs` has made into HTML.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "config.cache"]  # exercises begin with a heading of their own

# Reference
TYPES = (
    "ArrayLike", "FloatArray", "Cell", "Goals", "Parameters", "Permutation", "Loss", "Start",
    "Weighting", "FeatureKind",
)  # fmt: skip
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in TYPES}
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
add_module_names = False
python_use_unqualified_type_names = True

# Look
html_theme = "sphinx_book_theme"
html_title = "cliprl_lite"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_favicon = "static/favicon.svg"
html_use_index = True
html_domain_indices = False
html_permalinks_icon = "#"
html_css_files = ["course.css", "site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_sidebars = {"**": ["navbar-logo.html", "search-button-field.html", "course-nav.html"]}
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_repository_button": False,
    "show_toc_level": 2,
    "collapse_navbar": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "search_bar_text": "Search the course",
    "article_footer_items": [],
}
html_context = {"default_mode": "auto"}
mathjax_path = "mathjax/tex-chtml.js"
