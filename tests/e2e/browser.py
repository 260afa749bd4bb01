"""Debian's Chromium, headless, over its DevTools pipe: a small client, so that a test sees a page as a reader does.

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
    # In a container the user is root, for whom Chromium has no sandbox; the pages are our own files.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # Nothing but the page: no look-up, no update, no first-run page.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_PATIENCE = 60.0
"""Wall seconds until an answer that does not come is an error."""

CHROMIUM = shutil.which("chromium")
"""Where Chromium is; none where it is not installed."""


class BrowserError(Exception):
    """Chromium did not answer, or refused a command."""


@dataclass
class Page:
    """One page in its own tab.

    Attributes:
        errors: what its console called an error, and exceptions nobody caught.
        requests: every address that it asked for.
    """

    browser: Browser
    session: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        answer = self._do(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def scheme(self, name: str, media: str = "screen") -> None:
        """Ask for ``light`` or ``dark``, on ``screen`` or in ``print``."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self._do("Emulation.setEmulatedMedia", media=media, features=features)

    def viewport(self, width: int, height: int, *, phone: bool) -> None:
        """Size in CSS pixels; a phone has fingers and a dense screen."""
        self._do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self._do("Emulation.setTouchEmulationEnabled", enabled=phone)

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place of the viewport."""
        self._do("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def tap(self, x: float, y: float) -> None:
        """Touch a place of the viewport and let go."""
        self._do("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self._do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        """Press a key, by its name (``ArrowRight``)."""
        for kind in ("keyDown", "keyUp"):
            self._do("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Keep a picture (PNG) of the whole page, or of what the viewport shows."""
        data = self._do(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole, **self._clip(whole)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data["data"]))

    def paper(self, path: Path) -> None:
        """Keep what a printer would get (PDF, A4)."""
        data = self._do("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data["data"]))

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self._do("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.do(method, self.session, **parameters)


class Browser:
    """One headless Chromium. A context manager: it runs from enter to exit.

    Args:
        executable: path of Chromium.
        folder: an empty folder for its profile.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        self._executable = executable
        self._folder = folder
        self._last = 0
        self._rest = b""
        self._pages: dict[str, Page] = {}
        self._loaded: set[str] = set()

    def __enter__(self) -> Self:
        # Above 9, so that moving them to 3 and 4 in the child overwrites neither.
        ours_in, self._out = (_high(fd) for fd in os.pipe())
        self._in, ours_out = (_high(fd) for fd in os.pipe())

        def hand_over() -> None:
            os.dup2(ours_in, 3)
            os.dup2(ours_out, 4)

        self._log = (self._folder / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            [self._executable, *_FLAGS, f"--user-data-dir={self._folder / 'profile'}"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=hand_over,
            pass_fds=(3, 4),
        )
        os.close(ours_in)
        os.close(ours_out)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The end of its pipe is the end of Chromium.
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
            phone: whether it is a phone: touch, and a dense screen.
            scheme: ``light`` or ``dark``.
        """
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable", session)
        page.viewport(width, height, phone=phone)
        page.scheme(scheme)
        self._loaded.discard(session)
        self.do("Page.navigate", session, url=file.resolve().as_uri())
        while session not in self._loaded:
            self._read(_PATIENCE)
        yield page
        self.do("Target.closeTarget", targetId=target)

    def do(self, method: str, session: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer.

        Raises:
            BrowserError: Chromium refused it, or does not answer.
        """
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _PATIENCE
        while True:
            answer = self._read(end - time.monotonic())
            if answer.get("id") == self._last:
                break
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self, seconds: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(seconds, 0))
            part = os.read(self._in, 1 << 20) if ready else b""
            if not part:
                raise BrowserError(
                    f"no answer; {(self._folder / 'chromium.log').read_text(errors='replace')[-2000:]}"
                )
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        page, said = self._pages.get(message.get("sessionId", "")), message.get("params", {})
        if page is None:
            return
        match message.get("method"):
            case "Runtime.exceptionThrown":
                page.errors.append(json.dumps(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if said["type"] in ("error", "warning", "assert"):
                page.errors.append(json.dumps(said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] in ("error", "warning"):
                page.errors.append(said["entry"]["text"])
            case "Network.requestWillBeSent":
                page.requests.append(said["request"]["url"])
            case "Page.loadEventFired":
                self._loaded.add(page.session)


def _high(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved
