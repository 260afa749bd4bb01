"""A small client of Debian's headless Chromium over its DevTools pipe.

The protocol is JSON messages that end with a zero byte, on file descriptors 3 and 4 (`--remote-debugging-pipe`,
https://chromedevtools.github.io/devtools-protocol/): no port, no driver, no package.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_FLAGS = (
    "--headless",
    # In a container the user is root, and Chromium has no sandbox for root. The pages are files of the tests.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # No requests besides the page: no look-up, no update, no first-run page.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_TIMEOUT_SECONDS = 60.0
"""Wall seconds after which a missing answer is an error."""

CHROMIUM = shutil.which("chromium")
"""Path of Chromium, ``None`` when it is not installed."""


class BrowserError(Exception):
    """Chromium did not answer, or refused a command."""


@dataclass
class Page:
    """One page in its own tab.

    Attributes:
        browser: its browser.
        session: id of the DevTools session of its tab.
        errors: errors and warnings of its console, and uncaught exceptions.
        requests: URL of each request.
    """

    browser: Browser
    session: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        answer = self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def scheme(self, name: str, media: str = "screen") -> None:
        """Set the colour scheme (``light`` or ``dark``) and the medium (``screen`` or ``print``)."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self._send("Emulation.setEmulatedMedia", media=media, features=features)

    def viewport(self, width: int, height: int, *, phone: bool) -> None:
        """Set the size in CSS pixels; a phone has touch events and two device pixels for each CSS pixel."""
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self._send("Emulation.setTouchEmulationEnabled", enabled=phone)

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a point of the viewport."""
        self._send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def tap(self, x: float, y: float) -> None:
        """Tap a point of the viewport."""
        self._send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self._send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        """Press a key, by its name (``ArrowRight``)."""
        # A button listens to the character of Enter, not to its name.
        typed = {"text": "\r", "windowsVirtualKeyCode": 13} if key == "Enter" else {}
        for event_type in ("keyDown", "keyUp"):
            self._send("Input.dispatchKeyEvent", type=event_type, key=key, code=key, **typed)

    def screenshot(self, path: Path) -> None:
        """Write a screenshot (PNG) of the whole page."""
        data = self._send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=self._page_area()
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data["data"]))

    def print_pdf(self, path: Path) -> None:
        """Write the printed page (PDF, A4)."""
        data = self._send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data["data"]))

    def _page_area(self) -> dict[str, Any]:
        size = self._send("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.send(method, self.session, **parameters)


class Browser:
    """One headless Chromium. A context manager: it runs from enter to exit.

    Args:
        executable: path of Chromium.
        folder: an empty folder for its profile.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        self._executable = executable
        self._folder = folder
        self._last_id = 0
        self._received = b""
        self._pages: dict[str, Page] = {}
        self._loaded: set[str] = set()

    def __enter__(self) -> Self:
        # Numbers from 10, so that the copies to 3 and 4 in the child overwrite neither.
        child_in, self._out = (_from_10(descriptor) for descriptor in os.pipe())
        self._in, child_out = (_from_10(descriptor) for descriptor in os.pipe())

        def move_descriptors() -> None:
            os.dup2(child_in, 3)
            os.dup2(child_out, 4)

        self._log = (self._folder / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            [self._executable, *_FLAGS, f"--user-data-dir={self._folder / 'profile'}"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=move_descriptors,
            pass_fds=(3, 4),
        )
        os.close(child_in)
        os.close(child_out)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Chromium ends when its pipe is closed.
        os.close(self._out)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        self._log.close()

    @contextmanager
    def open(
        self, file: Path, width: int, height: int, *, phone: bool = False, scheme: str = "light"
    ) -> Iterator[Page]:
        """Open a file in a tab of its own and wait until it has loaded.

        Args:
            file: the page.
            width, height: viewport, CSS pixels.
            phone: whether it is a phone (``Page.viewport``).
            scheme: ``light`` or ``dark``.
        """
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable", session)
        page.viewport(width, height, phone=phone)
        page.scheme(scheme)
        self._loaded.discard(session)
        self.send("Page.navigate", session, url=file.resolve().as_uri())
        while session not in self._loaded:
            self._read(_TIMEOUT_SECONDS)
        yield page
        self.send("Target.closeTarget", targetId=target)

    def send(self, method: str, session: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer.

        Raises:
            BrowserError: Chromium refused the command, or does not answer.
        """
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            answer = self._read(end - time.monotonic())
            if answer.get("id") == self._last_id:
                break
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self, seconds: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._in], [], [], max(seconds, 0))
            part = os.read(self._in, 1 << 20) if ready else b""
            if not part:
                raise BrowserError(
                    f"no answer; {(self._folder / 'chromium.log').read_text(errors='replace')[-2000:]}"
                )
            self._received += part
        line, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._add_to_page(message)
        return message

    def _add_to_page(self, message: dict[str, Any]) -> None:
        page, event = self._pages.get(message.get("sessionId", "")), message.get("params", {})
        if page is None:
            return
        match message.get("method"):
            case "Runtime.exceptionThrown":
                page.errors.append(json.dumps(event["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if event["type"] in ("error", "warning", "assert"):
                page.errors.append(json.dumps(event["args"]))
            case "Log.entryAdded" if event["entry"]["level"] in ("error", "warning"):
                page.errors.append(event["entry"]["text"])
            case "Network.requestWillBeSent":
                page.requests.append(event["request"]["url"])
            case "Page.loadEventFired":
                self._loaded.add(page.session)


def _from_10(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved
