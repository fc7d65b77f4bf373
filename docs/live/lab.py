"""The course as JupyterLab in a browser tab: JupyterLite, beside the pages and on the same Python.

The notebooks there are the reader's own: what is changed, and the progress, stay in the browser.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cliprl_lite._paths import write_text
from cliprl_lite.course import working_copy

ROOT = Path(__file__).resolve().parents[2]

KERNEL = {
    "pyodideUrl": "./../_live/pyodide/pyodide.js",  # one Python for pages and notebooks
    "disablePyPIFallback": True,  # nothing is asked of another host
}

APP = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "cliprl_lite",
        "exposeAppInBrowser": True,  # for tests
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": KERNEL},
    },
}

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}
"""As `make lab` sets them."""

MARK = """<script>
  // JupyterLite ends all service workers, those of the pages, too, unless the one that it finds
  // here bears its version.
  const found = navigator.serviceWorker?.controller;
  if (found) localStorage.setItem(`${found.scriptURL}-version`, "%s");
</script>
"""

EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@jupyterlite/pyodide-kernel-extension",
    "anywidget",
    "jupyterlab-plotly",
)
"""Extensions of JupyterLab that the course needs; others that are installed stay away."""


def build_lab(out: Path) -> None:
    """JupyterLite with every notebook, in the folder `out`.

    Raises:
        SystemExit: if it cannot be built.
    """
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    extensions = [str(installed / name) for name in EXTENSIONS]
    build = {
        "LiteBuildConfig": {
            "federated_extensions": extensions,
            "ignore_sys_prefix": ["federated_extensions"],
        }
    }
    with TemporaryDirectory(prefix="course-lab-") as workshop:
        folder = Path(workshop)
        working_copy(ROOT, folder / "course")
        write_text(folder / "jupyter-lite.json", json.dumps(APP))
        write_text(folder / "jupyter_lite_config.json", json.dumps(build))
        write_text(folder / "overrides.json", json.dumps(SETTINGS))
        command = [
            sys.executable, "-m", "jupyterlite_core", "build", "--apps", "lab", "--no-sourcemaps",
            "--contents", "course", "--output-dir", str(out),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"JupyterLite could not be built:\n{done.stdout}{done.stderr}")
    site = json.loads((out / "jupyter-lite.json").read_text("utf-8"))
    mark = MARK % site["jupyter-config-data"]["appVersion"]
    page = out / "lab" / "index.html"
    head, body, rest = page.read_text("utf-8").partition("</head>")
    script = '<script defer src="../../_live/page.js"></script>'
    write_text(page, f"{head}{mark}{script}\n{body}{rest}")
