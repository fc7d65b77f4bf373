"""How much does a reader of the live course wait for, how long, and how fast is it then?

    python benchmarks/browser_tab.py [--json FILE]

It opens the folder that `make live` has built, `live/` or what LIVE names, in Chromium, each time
as for the first time. Megabytes are those that the server sends.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measurement import Measurement, report
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(os.environ.get("LIVE", Path(__file__).resolve().parents[1] / "live"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

IN_A_WORKER = """
async (code) => {
  const script = `
    onmessage = async ({ data }) => {
      try {
        importScripts(data.folder + "pyodide.js");
        const python = await loadPyodide({ indexURL: data.folder });
        await python.loadPackage(["cliprl-lite"], { messageCallback() {} });
        postMessage({ answer: await python.runPythonAsync(data.code) });
      } catch (trouble) { postMessage({ trouble: String(trouble) }); }
    };`;
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  const { data } = await new Promise((done) => {
    worker.onmessage = done;
    worker.postMessage({ code, folder: new URL("_live/pyodide/", location.href).href });
  });
  worker.terminate();
  if (data.trouble) throw new Error(data.trouble);
  return data.answer;
}
"""
"""Runs Python code in a Worker of the front page; what its last line says comes back."""

SPEED = """
import time
from cliprl_lite import GridWorld, Learner
learner = Learner(GridWorld.open_map(25), (0, 0), seed=1)
learner.run(1_000)
found = []
for _ in range(5):
    begun = time.perf_counter()
    learner.run(10_000_000)
    found.append(10 / (time.perf_counter() - begun))
max(found)
"""
"""Million steps a second."""

PICTURES = """(root) => new Promise((done) => {
  let pictures = 0;
  const seen = new MutationObserver(() => { pictures += 1; });
  seen.observe(root.querySelector(".cl-chart"), { childList: true });
  setTimeout(() => { seen.disconnect(); done(pictures / 3); }, 3000);
})"""

RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.started; await app.restored;
  const notebook = app.shell.currentWidget;
  await notebook.context.ready; await notebook.sessionContext.ready;
  app.commands.execute("notebook:run-all-cells");
}"""


class Counting(http.server.SimpleHTTPRequestHandler):
    """A plain server that counts what it sends."""

    sent = 0

    def copyfile(self, source: Any, outputfile: Any) -> None:
        Counting.sent += os.fstat(source.fileno()).st_size
        super().copyfile(source, outputfile)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    handler = functools.partial(Counting, directory=str(FOLDER))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def new_reader(browser: Browser) -> Iterator[Page]:
    """A page of somebody who was never here."""
    Counting.sent = 0
    context = browser.new_context(viewport={"width": 1250, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def renderers() -> dict[int, dict[str, str]]:
    """The renderers that this process has started, and what Linux says of each."""
    parents, found = dict[int, int](), dict[int, dict[str, str]]()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            command = (status.parent / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        parents[int(fields["Pid"])] = int(fields["PPid"])
        if "--type=renderer" in command and "VmHWM" in fields:
            found[int(fields["Pid"])] = fields

    def ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return {pid: fields for pid, fields in found.items() if ours(pid)}


def renderer_megabytes() -> float:
    """The largest peak among the renderers."""
    peaks = [int(fields["VmHWM"].split()[0]) / 1024 for fields in renderers().values()]
    return max(peaks, default=float("nan"))


def renderer_seconds() -> float:
    """Processor time that the renderers have taken; others on the machine hardly change it."""
    ticks = 0
    for pid in renderers():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure() -> list[Measurement]:
    """Every figure."""
    if not (FOLDER / "_live").is_dir():
        raise SystemExit(f"{FOLDER} is no live course: make live PYODIDE=<folder>")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=OPTIONS)
        found = [*a_page(browser, address), *a_race(browser, address)]
        found += [*a_notebook(browser, address), loops(browser, address)]
        browser.close()
    return found


def a_page(browser: Browser, address: str) -> list[Measurement]:
    with new_reader(browser) as page:
        page.goto(f"{address}/notebooks/01_grid_world.html", wait_until="networkidle")
        asleep = Counting.sent / 1e6
        begun, before = time.perf_counter(), renderer_seconds()
        page.locator(".cl-wakes").first.click()
        page.locator(".cl-awake").first.wait_for()
        seconds, busy = time.perf_counter() - begun, renderer_seconds() - before
        sent = Counting.sent / 1e6
        note = f"{asleep:.1f} MB before the press"
    return [
        Measurement("tab_page_mb", "a page, to its first live widget", sent, "MB", 15, note=note),
        Measurement("tab_page_s", "… from the press on", seconds, "s", 5),
        Measurement("tab_page_cpu", "… processor time of that", busy, "s"),
    ]  # fmt: skip


def a_race(browser: Browser, address: str) -> list[Measurement]:
    with new_reader(browser) as page:
        page.goto(f"{address}/notebooks/07_clocks.html")
        page.locator(".cl-wakes").first.click()
        race = page.locator(".cl-race").first
        race.get_by_role("button", name="Play").click()
        race.get_by_role("button", name="Pause").wait_for()
        rate = race.evaluate(PICTURES)
        memory = renderer_megabytes()
    return [
        Measurement("tab_race", "a race in a page", rate, "pictures/s", 20, at_least=True),
        Measurement("tab_memory", "peak memory of that page's process", memory, "MB", 500),
    ]


def a_notebook(browser: Browser, address: str) -> list[Measurement]:
    with new_reader(browser) as page:
        begun = time.perf_counter()
        page.goto(f"{address}/lab/lab/index.html?path=00_tour.ipynb")
        page.wait_for_function("window.jupyterapp")
        page.evaluate(RUN_ALL)
        page.locator(".cl-root").first.wait_for(state="attached")
        seconds, busy = time.perf_counter() - begun, renderer_seconds()
        sent = Counting.sent / 1e6
    return [
        Measurement("tab_lab_mb", "notebook 00 in JupyterLite, likewise", sent, "MB", 40),
        Measurement("tab_lab_s", "… from the link on", seconds, "s", 15),
        Measurement("tab_lab_cpu", "… processor time of that", busy, "s"),
    ]  # fmt: skip


def loops(browser: Browser, address: str) -> Measurement:
    with new_reader(browser) as page:
        page.goto(address)
        speed = page.evaluate(IN_A_WORKER, SPEED)
    return Measurement("tab_loop", "Q-learning, 25×25", speed, "million steps/s", 20, at_least=True)


if __name__ == "__main__":
    sys.exit(report(measure))
