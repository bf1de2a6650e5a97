"""Rig 9, the pages: whatever a page's text holds, it is shown within 100 ms of CPU or refused, and fetches nothing.

The real renderer and reader run under `strace`, which sees every file that Qt would open and every socket.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Any, ClassVar, Self

from tests.faults.pages_child import BEGINS, ENDS
from tests.faults.rig import Broken, Rig

LIMIT_MS = 100.0
"""CPU milliseconds to render and lay out one page."""
PAGES = 40
"""Pages in one trial."""
_FONTS = re.compile(r"/fonts?/|fontconfig|/fonts\.|/locale/|AT_EMPTY_PATH")
"""What Qt may read for letters that it has not drawn before and for its own words, and questions about a file that is
open."""
_FIRST_TAKES = 3
_PATIENCE = 60

ATOMS = (
    "a", " ", "\n", "\n\n", "> ", "- ", "1. ", "    ", "\t", "*", "**", "_", "__", "~~", "`", "```\n", "[", "](", ")",
    "![", "<", ">", "<div>", "<img src=file:///etc/passwd>", "<script>", "<!--", "-->", "&amp;", "&#0;", "&#x110000;",
    "|", "|-|\n", "#", "## ", "=\n", "---\n", "\\", "!", "https://example.org/", "[a](file:///etc/passwd)", "![x](http://127.0.0.1:9/x.png)",
    "[x]: file:///etc/hosts\n", "[x]", "<https://a.b>", "word ", "é", "🦊", "\u202e", "\u0301", "\u05d0", "\0",
    "\ufffd", "☐ ",
    "[ ] ", "- [x] ", "\r\n", "\u2028", "<table><tr><td>", "<style>@import url(file:///etc/passwd)</style>", '"', "'",
)  # fmt: skip


class Pages(Rig):
    """See the module."""

    name: ClassVar[str] = "pages"
    what: ClassVar[str] = (
        "Markdown and HTML bombs: each page is shown in 100 ms of CPU or refused; no file, no network"
    )
    unit: ClassVar[str] = "pages"
    short: ClassVar[int] = 100

    def __enter__(self) -> Self:
        """Start the reader under a watch."""
        if shutil.which("strace") is None:
            raise FileNotFoundError("strace is not installed, so nobody watches which files a page opens")
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the reader end."""
        self._stop()

    def _start(self) -> None:
        self._log = self.folder / "trace"
        calls = "open,openat,openat2,access,stat,newfstatat,statx,connect,sendto,socket"
        self._child = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", str(self._log), "-e", f"trace={calls}",
             sys.executable, "-m", "tests.faults.pages_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        self._read()

    def _stop(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        self._child.stdout.close()
        try:
            self._child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _read(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise Broken(f"the reader ended: {self._child.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def show(self, body: str) -> dict[str, Any]:
        """Show one page; what it took."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(body) + "\n")
        self._child.stdin.flush()
        return self._read()

    def trial(self, seed: int) -> Counter[str]:
        """Some pages that chance wrote, each judged."""
        rng = random.Random(seed)
        counts: Counter[str] = Counter()
        for number in range(PAGES):
            body = bomb(rng)
            try:
                took = self.show(body)
                # Another process may have had the cache or the core; the least of a few is the page's own.
                while took["ms"] > LIMIT_MS and took.setdefault("again", 0) < _FIRST_TAKES:
                    took = min(took, self.show(body), key=lambda one: one["ms"]) | {
                        "again": took["again"] + 1
                    }
            except (Broken, BrokenPipeError):
                self._stop()
                self._start()
                raise
            if took["ms"] > LIMIT_MS:
                raise Broken(
                    f"page {number} of seed {seed} took {took['ms']:.0f} ms: {body[:200]!r} … {len(body)}"
                )
            counts["pages"] += 1
            counts["refused"] += took["refused"]
        if fetched := self.fetched():
            raise Broken(f"the pages of seed {seed} asked for {fetched}")
        return counts

    def fetched(self) -> list[str]:
        """What was asked for between the beginning and the end of a page, fonts aside; the trace is begun anew."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        os.truncate(self._log, 0)
        return fetched_in(lines)


def fetched_in(lines: list[str]) -> list[str]:
    """The calls of a trace that are within a page and not about fonts."""
    found, is_within = [], False
    for line in lines:
        if BEGINS in line:
            is_within = True
        elif ENDS in line:
            is_within = False
        elif is_within and not _FONTS.search(line) and "resumed" not in line:
            found.append(line[:200])
    return found


def bomb(rng: random.Random) -> str:
    """A text meant to be costly: atoms repeated, nested and mixed, often just below a limit."""
    size = rng.choice([200, 2_000, 8_000, 20_000, 24_000, 25_000, 200_000])
    if rng.random() < 0.5:
        pattern = "".join(rng.choices(ATOMS, k=rng.randrange(1, 8)))
        text = pattern * (size // len(pattern) + 1)
        if rng.random() < 0.5:
            closing = "".join(rng.choices(ATOMS, k=rng.randrange(1, 4)))
            text = text[: size // 2] + closing * (size // 2 // len(closing))
        if rng.random() < 0.4:
            # Words between, so that no limit on long words or on marks stops it.
            step = rng.randrange(5, 60)
            text = " ".join(text[at : at + step] for at in range(0, min(len(text), size), step))
        return text[:size]
    return "".join(rng.choices(ATOMS, weights=[rng.random() ** 3 for _ in ATOMS], k=size // 4))[:size]
