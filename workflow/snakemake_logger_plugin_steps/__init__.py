"""Snakemake's log in one line a step, for `workflow/run.py`."""

from __future__ import annotations

import logging
import re
import sys
import time
from logging import ERROR, WARNING, LogRecord

import failures
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

#: What Snakemake says after a step has itself said what is wrong.
_SAID_ALREADY = (
    "CalledProcessError",
    "At least one job did not complete",
    "Exiting because a job execution failed",
)

#: Steps that take more than 20 s on two processors, by rule and dataset, and how long.
_LONG = {
    ("compute", "induced"): "about 2 minutes",
    ("fetch", "bigbench"): "some minutes, by the network",
    ("infer", "bigbench"): "about 3 minutes",
    ("conclude", "bigbench"): "about 80 s",
}

#: A useless warning: the step whose record is half written runs again.
_USELESS = "Ignore corrupted or currently written metadata record"


def _is_target(message: str) -> bool:
    """Say whether a rule only collects files and does no work of its own."""
    return re.fullmatch("all(_[a-z]+)?", message) is not None


class LogHandler(LogHandlerBase):
    """Prints a line when a step ends, with its time, and errors without their wrapping.

    A long step has a line when it begins as well. Of a dry run every step that would run has one.
    """

    def __post_init__(self) -> None:
        """Begin with no step known."""
        self._messages: dict[int, str] = {}
        self._started: dict[int, float] = {}
        self._failed = False
        self._last_error = ""
        # On a full disk Snakemake's own log would end in a traceback, before it can say so.
        logging.raiseExceptions = False

    def emit(self, record: LogRecord) -> None:
        """Print what a person needs to know of a record."""
        event = getattr(record, "event", None)
        if event is LogEvent.JOB_INFO:
            message = record.rule_msg or record.rule_name
            self._messages[record.jobid] = message
            self._started[record.jobid] = time.monotonic()
            expected = _LONG.get((record.rule_name, (record.wildcards or {}).get("dataset")))
            if self.common_settings.dryrun:
                self._print("" if _is_target(message) else f"would run: {message}")
            elif expected:
                self._print(f"{message}: takes {expected}; its log: {record.log[0]}")
        elif event is LogEvent.JOB_FINISHED:
            job = record.job_id
            if job in self._started and not _is_target(self._messages[job]):
                seconds = time.monotonic() - self._started[job]
                self._print(f"{self._messages[job]:.<60} {seconds:5.1f} s")
        elif event is LogEvent.JOB_ERROR:
            self._failed = True
            for log in record.log or ():
                self._print(f"failed; its log: {log}")
        elif event is LogEvent.ERROR or (event is None and record.levelno >= ERROR):
            self._print_error(record.getMessage(), getattr(record, "exception", ""))
        elif event is None and record.levelno == WARNING:
            if not record.getMessage().startswith(_USELESS):
                self._print(record.getMessage())
        elif event is None and str(record.msg).startswith("Nothing to be done"):
            self._print("nothing to do: everything is up to date")

    def _print_error(self, message: str, exception: str) -> None:
        if any(phrase in message for phrase in _SAID_ALREADY):
            return
        if self._failed and failures.NOT_RECORDED in message:
            return  # What kept the step from its work keeps Snakemake from noting that.
        text = failures.said(message, exception)
        if text != self._last_error:  # Snakemake may fail once more while it ends.
            self._print(text)
        self._last_error = text

    def _print(self, text: str) -> None:
        if text:
            # On a terminal another step's bar may stand in the line: it is drawn again below.
            clear = "\r\x1b[K" if sys.stderr.isatty() else ""
            print(f"{clear}{text}", file=sys.stderr, flush=True)

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of Snakemake's own output."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake keeps its full log by itself."""
        return False

    @property
    def has_filter(self) -> bool:
        """All records are wanted."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Lines are made here."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """The graph is not shown."""
        return False
