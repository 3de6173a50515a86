"""Progress of long work: a bar on a terminal, otherwise a line in the log every ten seconds.

Nobody need call often: a thread of its own keeps the clock, so that work inside one large
operation on arrays is heard of as well.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm

log = logging.getLogger(__name__)

#: Seconds between two lines in the log.
INTERVAL = 10.0

#: Seconds between two looks at the clock, and between two drawings of a bar that nobody moves.
_BEAT = 1.0

#: How work is drawn of which nobody knows how much there is.
_UNCOUNTED = "{desc} [{elapsed}]"


class Progress:
    """Counts work that is done, and writes a line every ten seconds.

    Parameters
    ----------
    bar : tqdm, optional
        Moved along where there is a terminal.
    interval : float
        Seconds between two lines.
    say : callable, optional
        Takes the lines; the log by default.
    """

    def __init__(
        self,
        bar: tqdm | None = None,
        interval: float = INTERVAL,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._bar = bar
        self._interval = interval
        self._say = say or (lambda text: log.info("%s", text))
        self._last = self._began = time.monotonic()
        self._what, self._done, self._total, self._heard = "", 0, 0, ""

    def doing(self, text: str) -> None:
        """Begin work of unknown length."""
        self._begin(text, 0, 0)
        log.info("%s", text)
        if self._bar is not None:
            self._draw(text, _UNCOUNTED, float("inf"))

    def begin(self, what: str, done: int, total: int) -> None:
        """Begin work of known length, part of which may be done already."""
        self._begin(what, done, total)
        log.info("%s: %d of %d", what, done, total)
        if self._bar is not None:
            self._draw(what, None, total)
            self._bar.update(done)

    def _draw(self, what: str, bar_format: str | None, total: float) -> None:
        self._bar.bar_format = bar_format
        self._bar.set_description_str(what, refresh=False)
        self._bar.set_postfix_str("", refresh=False)
        self._bar.reset(total)

    def _begin(self, what: str, done: int, total: int) -> None:
        self._what, self._done, self._total, self._heard = what, done, total, ""
        self._began = time.monotonic()

    def reached(self, done: int) -> None:
        """Report how many are done."""
        if self._bar is not None:
            self._bar.update(done - self._done)
        self._done = done
        self.beat()

    def heard(self, text: str) -> None:
        """Take a line of another program's progress, or an empty text when time has passed."""
        self._heard = text or self._heard
        if text and self._bar is not None:
            self._bar.set_postfix_str(text.removeprefix("remote: "))
        self.beat()

    def beat(self) -> None:
        """Write a line if the last one is older than the interval."""
        now = time.monotonic()
        if not self._what or now - self._last < self._interval:
            return
        self._last = now
        counted = f": {self._done} of {self._total}" if self._total else ""
        heard = f"; {self._heard}" if self._heard else ""
        self._say(f"{self._what}{counted}{heard}; {now - self._began:.0f} s")

    def redraw(self) -> None:
        """Draw the bar again, with the time that has passed."""
        if self._bar is not None and self._what:
            self._bar.refresh()


@contextmanager
def shown(
    stream: TextIO | None = None, say: Callable[[str], None] | None = None
) -> Iterator[Progress]:
    """Show the progress as a bar if the stream is a terminal, else in lines.

    Parameters
    ----------
    stream : file, optional
        Standard error, when none is given.
    say : callable, optional
        Takes the lines, one every ten seconds; the log by default.

    Yields
    ------
    Progress
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        with _beating(Progress(say=say)) as progress:
            yield progress
        return
    # Lines between two drawings of a bar would tear it: they are the log's alone.
    with (
        tqdm(file=stream, unit="", leave=False, dynamic_ncols=True, bar_format=" ") as bar,
        _beating(Progress(bar)) as progress,
    ):
        yield progress


@contextmanager
def _beating(progress: Progress) -> Iterator[Progress]:
    over = threading.Event()

    def keep_the_clock() -> None:
        while not over.wait(_BEAT):
            progress.redraw()
            progress.beat()

    thread = threading.Thread(target=keep_the_clock, name="progress", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        over.set()
        thread.join()
