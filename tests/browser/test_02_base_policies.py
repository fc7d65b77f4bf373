"""Base policies, as a reader sees them: the learner is driven by mouse and by keyboard."""

from __future__ import annotations

import re
from time import monotonic

from playwright.sync_api import Locator, expect

SECONDS = 60_000


def steps(lab: Locator) -> int:
    return int(lab.locator("dd").first.text_content().replace(",", ""))


def opacity(lab: Locator) -> float:
    """How dark the map is in all: the sum over its squares."""
    return lab.locator("[data-state]").evaluate_all(
        "squares => squares.reduce((sum, one) => sum + Number(one.getAttribute('fill-opacity')), 0)"
    )


def test_the_learner_is_used(notebook) -> None:
    page = notebook.page
    notebook.run_all()
    lab = notebook.widget("learner-lab")
    status, play = lab.get_by_role("status"), lab.get_by_role("button", name="Play")

    # Restart empties the table: no shade, no arrow.
    lab.get_by_role("button", name="To the next arrival").click()
    expect(status).to_contain_text("first episode", timeout=SECONDS)
    assert opacity(lab) > 0
    lab.get_by_role("button", name="Restart").click()
    expect(lab.locator("dd").first).to_have_text("0")
    assert opacity(lab) == 0
    assert lab.locator("[data-arrows]").count() == 0
    assert notebook.fits(lab)

    # Steps, by keyboard.
    step = lab.get_by_role("button", name="Step")
    step.focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(lab.locator("dd").first).to_have_text("3")
    assert 1 <= lab.locator("[data-arrows]").count() <= 3

    # To the arrival: the first episode of seed 0 is what the cells say.
    lab.get_by_role("button", name="To the next arrival").click()
    expect(status).to_have_text("Arrived: the first episode took 664 steps.", timeout=SECONDS)
    assert steps(lab) == 664
    assert opacity(lab) > 0
    notebook.screenshot("lab", lab)

    # Playing changes the numbers, many times a second; Pause stops it.
    play.click()
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()
    before, begun = steps(lab), monotonic()
    page.evaluate("""() => {
      window.pictures = 0;
      new MutationObserver(() => { window.pictures += 1; })
        .observe(document.querySelector('.cl-learner-lab .cl-frame'), { childList: true });
    }""")
    page.wait_for_timeout(3_000)
    pictures, seconds = page.evaluate("window.pictures"), monotonic() - begun
    print(f"{pictures / seconds:.1f} pictures a second")
    assert pictures / seconds > 8  # 25 on a quiet machine
    lab.get_by_role("button", name="Pause").click()
    expect(play).to_be_visible()
    page.wait_for_timeout(300)
    after = steps(lab)
    assert after > before
    page.wait_for_timeout(300)
    assert steps(lab) == after

    # Faster, until all is learned; other settings start anew.
    lab.get_by_label("speed").select_option("×1,000")
    play.click()
    expect(status).to_contain_text("Every square is optimal", timeout=SECONDS)
    expect(lab.locator("dd").last).to_have_text("147 of 147")
    lab.get_by_label("learning rate η").select_option("0.1")
    expect(lab.locator("dd").first).to_have_text("0")
    expect(status).to_be_hidden()
    lab.get_by_label("seed").fill("7")
    page.keyboard.press("Tab")
    step.click()
    expect(lab.locator("dd").first).to_have_text("1")
    lab.get_by_label("hatch wrong squares").check()
    expect(lab.locator(".cl-frame svg > path").first).to_be_visible()


def test_a_guess_gloom_and_a_copy(notebook) -> None:
    page = notebook.page
    page.set_viewport_size({"width": 1150, "height": 1000})
    notebook.run_all()

    # A guess is answered where it was asked for.
    guess = notebook.widget("prediction")
    guess.get_by_label("In every run").check()
    expect(guess.get_by_role("status")).to_contain_text("You said: In every run")

    # Gloom: squares stay wrong; zeros finish, without exploration.
    gloom = notebook.widget("learner-lab", 1)
    gloom.get_by_role("button", name="Play").click()
    expect(gloom.locator("dd").first).to_have_text(re.compile(r"\d{3},\d{3}"), timeout=SECONDS)
    gloom.get_by_role("button", name="Pause").click()
    expect(gloom.locator("dd").last).not_to_have_text("147 of 147")
    notebook.screenshot("gloom", gloom)
    gloom.get_by_label("starting table").select_option("all 0")
    expect(gloom.locator("dd").first).to_have_text("0")
    gloom.get_by_role("button", name="Play").click()
    expect(gloom.get_by_role("status")).to_contain_text("Every square is optimal", timeout=SECONDS)

    # A copy: another teacher, and the goal put elsewhere by mouse and by keyboard.
    copy = notebook.widget("learner-lab", 2)
    frame = copy.locator(".cl-frame")
    copy.get_by_label("starting table").select_option("all 0")
    expect(copy.locator("dd").first).to_have_text("0")
    copy.get_by_label("starting table").select_option("copy: blue-box agent")
    expect(copy.locator("[data-arrows]").first).to_be_attached()
    copy.get_by_role("button", name="To the next arrival").click()
    expect(copy.get_by_role("status")).to_contain_text("first episode", timeout=SECONDS)
    assert steps(copy) > 1_000
    notebook.screenshot("copy", copy)
    copy.locator("[data-state='0']").click(force=True)
    expect(copy.locator("desc").first).to_contain_text("the goal in row 0, column 0")
    expect(copy.locator("dd").first).to_have_text("0")
    frame.focus()
    page.keyboard.press("ArrowRight")
    expect(copy.locator(".cl-spoken")).to_have_text("row 0, column 1")
    page.keyboard.press("ArrowDown")
    expect(copy.locator(".cl-spoken")).to_have_text(re.compile("red box"))
    page.keyboard.press("Enter")
    expect(copy.locator("desc").first).to_contain_text("the goal in row 1, column 1")

    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    notebook.whole()
    notebook.dark()
    notebook.whole("whole_dark")
    notebook.dark(False)
