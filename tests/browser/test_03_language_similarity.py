"""Notebook 03, as a reader uses it: sentences land while they are typed, and two fool it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

SLOW = 30_000
TOP = """() => {
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
  document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
}"""


@pytest.fixture(autouse=True)
def patient(notebook) -> Iterator[None]:
    """Others may use the machine too; and the next test starts in the light again."""
    notebook.page.set_default_timeout(60_000)
    notebook.dark(False)
    yield
    notebook.dark(False)


def pictures(notebook, suffix: str) -> None:
    notebook.page.set_viewport_size({"width": 1150, "height": 900})
    notebook.page.evaluate(TOP)
    notebook.whole(f"whole{suffix}")


def test_run_all(notebook) -> None:
    notebook.run_all()
    notebook.page.get_by_text("what happened: 0 of 16").first.wait_for()
    pictures(notebook, "")
    notebook.dark()
    pictures(notebook, "_dark")


def test_two_sentences_fool_it_by_keyboard_and_mouse(notebook) -> None:
    page = notebook.page
    notebook.run_all()
    ruler = notebook.widget("sentence-ruler")
    box, status = ruler.get_by_label("your sentence"), ruler.get_by_role("status")
    ruler.get_by_role("button", name="clear").click()
    expect(status).to_have_text("The ruler is empty.", timeout=SLOW)
    expect(ruler.locator(".cl-marks")).to_have_count(0)

    box.click()  # by keyboard: typed, it lands; Enter leaves it there
    page.keyboard.type("eat an ice cream cone", delay=20)
    live = ruler.locator("g[data-kind=live]")
    expect(live).to_contain_text("eat an ice cream cone", timeout=SLOW)
    expect(live).to_contain_text("0.60")
    expect(box).to_have_value("eat an ice cream cone")
    page.keyboard.press("Enter")
    expect(ruler.locator("g[data-kind=placed]")).to_have_count(1, timeout=SLOW)
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    page.keyboard.type("head for that cone of red plastic, would you")
    page.keyboard.press("Enter")  # before the pause is over: nothing is lost
    expect(ruler.locator("g[data-kind=placed]")).to_have_count(2, timeout=SLOW)

    ruler.get_by_role("button", name="wrong task: eat an ice cream cone").click()
    right = ruler.get_by_role("button", name=re.compile("^right task: head for"))
    right.focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("Fooled: the wrong “eat an ice cream cone” (0.60)", timeout=SLOW)
    expect(right).to_have_attribute("aria-pressed", "true")
    expect(right).to_be_focused()  # it was made anew, and found again
    expect(ruler.locator("svg")).to_contain_text("Fooled: a wrong task (0.60) stands above")
    scroll = ruler.locator(".cl-scroll")
    assert scroll.evaluate("board => board.scrollWidth <= board.clientWidth")  # nothing is cut
    notebook.screenshot("fooled", ruler)
    notebook.dark()
    notebook.screenshot("fooled_dark", ruler)

    anchor = ruler.get_by_label("anchor")  # it is live, too
    anchor.fill("eat a cone")
    expect(ruler.locator("g[data-kind=anchor]")).to_contain_text("eat a cone", timeout=SLOW)
    anchor.fill("")
    anchor.blur()
    expect(anchor).to_have_value("eat a cone")

    remove = ruler.get_by_role("button", name="remove: eat an ice cream cone")
    remove.focus()
    page.keyboard.press("Enter")
    expect(ruler.locator(".cl-marks")).to_have_count(1, timeout=SLOW)


def test_hostile_text_is_text(notebook) -> None:
    notebook.run_all()
    ruler = notebook.widget("sentence-ruler")
    box = ruler.get_by_label("your sentence")
    ruler.get_by_role("button", name="clear").click()
    expect(ruler.locator(".cl-marks")).to_have_count(0, timeout=SLOW)
    typed = [
        "<img src=x onerror=alert(1)> & $x$",
        "اذهب إلى المخروط الأحمر",
        "😀 go 😀 home 😀",
        "W" * 190,
    ]
    for count, sentence in enumerate(typed, start=1):
        box.fill(sentence)
        box.press("Enter")
        expect(ruler.locator("g[data-kind=placed]")).to_have_count(count, timeout=SLOW)
    box.fill("go to the red cone and " * 40_000)
    expect(ruler.get_by_role("status")).to_contain_text("cut after 200", timeout=SLOW)
    box.evaluate("box => { box.value = 'half \\ud83d'; box.dispatchEvent(new Event('input')); }")
    expect(ruler.locator("g[data-kind=live]")).to_contain_text("half", timeout=SLOW)
    assert ruler.locator("img").count() == 0
    assert ruler.get_by_role("alert").is_hidden()
    texts = ruler.locator("svg text")
    edge = ruler.locator(".cl-marks").first.bounding_box()["x"]
    bottom = ruler.locator("svg").bounding_box()["y"] + 480  # the line below them may be longer
    for number in range(texts.count()):
        place = texts.nth(number).bounding_box()
        if place["y"] < bottom:
            assert place["x"] + place["width"] < edge, texts.nth(number).text_content()
    notebook.screenshot("hostile", ruler)


def test_an_answer_comes_at_once(notebook) -> None:
    """From the last key to the picture: the pause, the encoder, the way there and back."""
    notebook.run_all()
    box = notebook.widget("sentence-ruler").get_by_label("your sentence")
    waited = box.evaluate(
        """async (box) => {
          const picture = box.closest('.cl-root').querySelector('.cl-board > div');
          const times = [];
          for (const word of ['warm', 'walk', 'walk on', 'walk over', 'stay', 'stay here']) {
            const changed = new Promise((done) => {
              const seen = new MutationObserver(() => { seen.disconnect(); done(); });
              seen.observe(picture, { childList: true });
            });
            const begun = performance.now();
            box.value = word;
            box.dispatchEvent(new Event('input'));
            await changed;
            times.push(performance.now() - begun);
          }
          return times;
        }"""
    )
    quick = sorted(waited[1:])
    print("ms from key to picture:", [round(ms) for ms in waited])
    assert quick[0] < 400, waited  # under 150 on a quiet machine


def test_what_resembles_nothing_is_said_to_be_new(notebook) -> None:
    notebook.run_all()
    ruler = notebook.widget("sentence-ruler", 1)
    expect(ruler.locator(".cl-known")).to_have_count(16, timeout=SLOW)
    anchor, status = ruler.get_by_label("anchor"), ruler.get_by_role("status")
    expect(status).to_contain_text("nothing known is near")
    anchor.fill("go to the crimson cone")
    expect(status).to_contain_text("0.81 go to the red cone", timeout=SLOW)
    expect(status).not_to_contain_text("nothing known is near")
    notebook.screenshot("known", ruler)
