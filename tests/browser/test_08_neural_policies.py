"""Averaging networks, as a reader does it."""

from __future__ import annotations

RUN_GUESSES = """async () => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.findIndex(
    (cell) => cell.model.sharedModel.source.includes('made.compare'));
  await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def numbers(slider) -> dict[str, str]:
    """The read-outs under the pictures, by their names."""
    names = slider.locator(".cl-numbers span").all_text_contents()
    return dict(zip(names, slider.locator(".cl-numbers b").all_text_contents(), strict=True))


def top(page) -> None:
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")


def test_a_reader_averages_networks(notebook) -> None:
    notebook.run_all()
    page = notebook.page
    page.set_viewport_size({"width": 1150, "height": 1300})
    slider = notebook.widget("average-slider")
    status, share = slider.locator(".cl-status"), slider.locator("input[type=range]")

    # By keyboard: from the middle to network a, where nothing is wrong, and one stop back.
    share.focus()
    page.keyboard.press("Home")
    slider.get_by_text("This is network a: 0 of 147 squares have a wrong arrow").wait_for()
    assert numbers(slider)["starts that arrive"] == "1.00"
    page.keyboard.press("ArrowRight")
    status.filter(has_text="95 % of a and 5 % of b").wait_for()

    # By mouse: to the middle, where the arrows are those of one key.
    box = share.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    status.filter(has_text="50 % of a and 50 % of b").wait_for()
    seen = numbers(slider)
    assert abs(float(seen["arrows right"]) - float(seen["always up: right"])) < 0.1
    assert float(seen["starts that arrive"]) < 0.1
    assert float(seen["barrier"].split()[0]) > 10
    hatched = slider.locator(".cl-scene svg > path").first.get_attribute("d")
    assert hatched.count("z") > 30
    notebook.screenshot("slider", slider)

    # The switch mends a twin …
    slider.get_by_label("match neurons").check()
    status.filter(has_text="100 % of the starts arrive").wait_for()
    assert numbers(slider)["barrier"] == "0.0 reward²"
    notebook.screenshot("matched", slider)

    # … and not two networks that learned apart.
    slider.locator("select").select_option(label="one task, learned from two starts")
    page.wait_for_function(
        "(root) => parseFloat(root.querySelector('.cl-numbers b:last-child').textContent) > 1",
        arg=slider.element_handle(),
    )
    assert float(numbers(slider)["arrows right"]) < 0.99
    slider.locator("select").select_option(label="two neighbours, one shared start")
    status.filter(has_text="at one of the two goals").wait_for()
    notebook.screenshot("neighbours", slider)

    slider.locator("select").select_option(label="a network and its shuffled twin")
    slider.get_by_label("match neurons").uncheck()
    top(page)
    notebook.whole()

    # A guess is shown beside what happened, under its question and at the end.
    guess = notebook.widget("prediction")
    guess.get_by_label("a little worse").check()
    guess.get_by_text("What happened: a network and its shuffled twin").wait_for()
    page.evaluate(RUN_GUESSES)
    page.locator("pre").get_by_text("you said:      a little worse").wait_for()

    notebook.dark()
    page.wait_for_timeout(500)
    notebook.screenshot("slider_dark", slider)
    page.set_viewport_size({"width": 1150, "height": 900})
    top(page)
    notebook.whole("whole_dark")
