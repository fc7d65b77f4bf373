"""Draw the README's pictures: `python docs/make_pictures.py` (needs Chromium or Chrome).

Two houses with the same sixteen sentences: what the words say, what the policies say, and what the
aligned sentences say. And costs on logarithmic axes, from the page that `make bench` has left.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cliprl_lite as clip
from cliprl_lite import plots
from cliprl_lite.paths import write_text
from cliprl_lite.printing import forgiving_output

DOCS = Path(__file__).resolve().parent
WIDTH, ROW = 1320, 360
GROWTH, GROWTH_SIZE = DOCS / "growth.html", (1240, 900)


def row(name: str) -> tuple[str, ...]:
    """HTML of one house: its map, and its three heatmaps."""
    suite = clip.load_suite(name)
    objects = [(task.goal, task.colour, task.shape, task.sentence) for task in suite.tasks]
    sentences = clip.embed(suite.sentences)
    policies = clip.policy_vectors(
        [clip.learn_policy(suite.world, task.goal, seed=0)[0] for task in suite.tasks]
    )
    centred = policies - policies.mean(axis=0)
    heatmaps = {
        "what the words say": clip.cosine_similarity(sentences, sentences),
        "what the policies say": clip.cosine_similarity(centred, centred),
        "the words, aligned": clip.align(sentences, policies).similarity(sentences, sentences),
    }
    glyphs = [(task.colour, task.shape) for task in suite.tasks]
    figures = [
        plots.map_figure(suite.world, objects=objects, title=suite.title, side=300),
        plots.similarity_figure(heatmaps, suite.sentences, glyphs, side=270),
    ]
    return tuple(
        figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False})
        for figure in figures
    )


def houses_page() -> str:
    """The whole first picture, in HTML."""
    from plotly.offline import get_plotlyjs

    cells = "".join(
        "<div style='display:flex;align-items:flex-start'>" + "".join(row(name)) + "</div>"
        for name in ("house_a", "house_b")
    )
    return (
        "<!doctype html><meta charset='utf-8'>"
        f"<body style='margin:0;background:{plots.PAGE}'>"
        f"<script>{get_plotlyjs()}</script>{cells}"
    )


def screenshot(browser: str, page: str, picture: Path, size: tuple[int, int]) -> None:
    """A page of HTML as a picture of so many pixels."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        write_text(file, page)
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-background-networking", f"--user-data-dir={folder}/profile",
             "--virtual-time-budget=5000", "--window-size={},{}".format(*size),
             f"--screenshot={picture}", file.as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    print(picture.name)


@forgiving_output()
def main() -> int:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium found; on Debian: apt-get install chromium", file=sys.stderr)
        return 2
    screenshot(browser, houses_page(), DOCS / "stripes_and_blocks.png", (WIDTH, 2 * ROW))
    if GROWTH.exists():
        page = GROWTH.read_text("utf-8")
        screenshot(browser, page, GROWTH.with_suffix(".png"), GROWTH_SIZE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
