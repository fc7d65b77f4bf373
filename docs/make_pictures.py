"""Draw the pictures of README and docs: `python docs/make_pictures.py` (needs Chromium or Chrome).

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
from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output
from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import map_svg, text
from cliprl_lite.pictures.palette import LIGHT

DOCS = Path(__file__).resolve().parent
SIDE, WIDTH, ROW = 288.0, 1320, 380
GROWTH, GROWTH_SIZE = DOCS / "growth.html", (1240, 900)


def row(name: str) -> str:
    """HTML of one house: its map, and its three heatmaps."""
    suite = clip.load_suite(name)
    objects = [(task.goal, task.colour, task.shape, task.sentence) for task in suite.tasks]
    kinds = [(task.colour, task.shape, task.sentence) for task in suite.tasks]
    sentences = clip.embed(suite.sentences)
    policies = clip.policy_vectors(
        [clip.learn_policy(suite.world, task.goal, seed=0)[0] for task in suite.tasks]
    )
    centred = policies - policies.mean(axis=0)
    heatmaps = {
        "What the words say": clip.cosine_similarity(sentences, sentences),
        "What the policies say": clip.cosine_similarity(centred, centred),
        "The words, aligned": clip.align(sentences, policies).similarity(sentences, sentences),
    }
    house = map_svg(suite.world, objects=objects, title=suite.title, side=SIDE)
    pictures = [heatmap_svg(heatmaps[title], kinds, title=title, side=SIDE) for title in heatmaps]
    return f"<p>{text(suite.title)}</p><div>{house}{''.join(pictures)}</div>"


def houses_page() -> str:
    """The whole first picture, in HTML."""
    style = (
        f"body {{ margin: 0; padding: 6px 20px; background: {LIGHT['page']}; }}"
        f"p {{ margin: 14px 0 -6px; font: 600 16px system-ui, sans-serif; color: {LIGHT['ink']}; }}"
        "div { display: flex; justify-content: space-between; align-items: center; }"
    )
    rows = "".join(row(name) for name in ("house_a", "house_b"))
    return f"<!doctype html><meta charset='utf-8'><style>{style}</style>{rows}"


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
