"""The browser in which pages are tested."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from typing import Any

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Browser:
    """A browser that empties contexts and gives them out again.

    The first page of a new context takes a second of CPU, three times as much as the next one.
    """

    def __init__(self, browser: Any):
        self.browser = browser
        self.free: dict[str, list[Any]] = defaultdict(list)  # contexts by their options

    def new_context(self, viewport: dict[str, int], offline: bool = False, **options: Any):
        """Return a context in which nothing is stored, routed or open that a test could see."""
        free = self.free[repr(options)]
        if not free:
            free.append(self.browser.new_context(**options))
            free[-1].new_page()  # stays open: with the last one, its window would go
        context = free.pop()
        context.set_offline(offline)
        return Context(context, viewport, free)


class Context:
    """A context for one test; whatever it does not know itself is Playwright's."""

    def __init__(self, context: Any, viewport: dict[str, int], free: list[Any]):
        self.context, self.viewport, self.free = context, viewport, free

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)

    def new_page(self) -> Any:
        page = self.context.new_page()
        page.set_viewport_size(self.viewport)
        return page

    def close(self) -> None:
        """Take back all that a test may have left, and let others have the context."""
        first, *others = self.context.pages
        for page in others:
            page.close()
        self.context.unroute_all()
        if first.evaluate("Date.name") != "Date":  # Playwright's clock, which would stay
            self.context.close()
            return
        storage = self.context.new_cdp_session(first)
        storage.send("Storage.clearDataForOrigin", {"origin": "file://", "storageTypes": "all"})
        storage.detach()
        self.free.append(self.context)


class Tab:
    """A tab without network, and what went wrong in it, but for what is expected.

    ``timeout`` is in milliseconds: a busy machine trains slowly.
    """

    def __init__(self, browser: Browser, timeout: int = 60_000, **options: Any):
        self.complaints: list[str] = []
        self.expected: str | None = None
        self.context = browser.new_context(**options)
        self.context.set_offline(True)
        self.context.route(re.compile("^(?!file:|data:|blob:|about:)"), self.refuse)
        self.page = self.context.new_page()
        self.page.set_default_timeout(timeout)
        self.page.on("console", lambda message: self.complain(message.text))
        self.page.on("pageerror", lambda error: self.complain(str(error)))

    def refuse(self, route: Any) -> None:
        self.complain(f"asked for {route.request.url}")
        route.abort()

    def complain(self, text: str) -> None:
        if not (self.expected and self.expected in text):
            self.complaints.append(text)
