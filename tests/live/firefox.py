"""Firefox, driven as WebDriver BiDi has it: a web socket that takes commands and tells events.

It answers to the few names of Playwright's `Page` that the tests of both browsers use.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlparse

import websocket

BROWSERS = ("firefox-esr", "firefox")

SETTINGS = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """One tab.

    Attributes:
        asked: the hosts that it has asked for something.
        errors: what its console calls an error.
    """

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(
            f"{address}/session", timeout=240, suppress_origin=True
        )
        self.numbers = itertools.count()
        self.asked, self.errors = set[str](), list[str]()
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
        self.context = self.command("browsingContext.create", type="tab")["context"]
        self.command("browsingContext.activate", context=self.context)  # it has the focus

    def command(self, method: str, **parameters: Any) -> Any:
        """Give a command and wait for its result.

        Raises:
            RuntimeError: if the browser says that it failed.
        """
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (told := json.loads(self.socket.recv())).get("id") != number:
            self.hear(told)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['message']}")
        return told["result"]

    def hear(self, event: dict[str, Any]) -> None:
        """Note what a page asked for, and its errors."""
        parameters = event["params"]
        if event["method"] == "network.beforeRequestSent":
            url = urlparse(parameters["request"]["url"])
            if url.scheme not in ("blob", "data"):
                self.asked.add(url.hostname or "")
        elif event["method"] == "log.entryAdded" and parameters["level"] == "error":
            self.errors.append(parameters["text"])

    def goto(self, url: str) -> None:
        """Open a page, and wait until it is there."""
        self.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function in the page, and wait for what it promises."""
        call = f"JSON.stringify(await ({function})(JSON.parse(text)))"
        result = self.command(
            "script.callFunction",
            functionDeclaration=f"async (text) => {call}",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def set_viewport_size(self, size: dict[str, int]) -> None:
        self.command("browsingContext.setViewport", context=self.context, viewport=size)


@contextmanager
def firefox() -> Iterator[Firefox]:
    """A tab of a Firefox that was never used before."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"install Firefox first: one of {', '.join(BROWSERS)}"
    with TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in SETTINGS.items()]
        Path(profile, "user.js").write_text("".join(lines), encoding="utf-8")
        command = [found, "--headless", "--no-remote", "--profile", profile,
                   "--remote-debugging-port", "0", "about:blank"]  # fmt: skip
        said = Path(profile, "said.txt")
        with said.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
        try:
            tab = Firefox(address(said))
            yield tab
            tab.socket.close()
        finally:
            process.terminate()
            process.wait(30)


def address(said: Path) -> str:
    """Where it listens, as it says itself."""
    for _ in range(600):
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said.read_text("utf-8"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError("Firefox has not begun to listen within a minute")
