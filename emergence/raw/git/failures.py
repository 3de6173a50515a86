"""What git says when it fails, and what that means."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A line of git's progress, which is no message: "Receiving objects:  45% (9/20), 1 MiB".
PROGRESS = re.compile(r"(remote: )?[A-Z][a-z]+( [a-z]+)*: +\d+(%|, done|$)")

#: What git says, and what that means; the first that fits wins. Tried with git 2.39 where a
#: test can bring it about. Words that are not known are those of a line that broke off: they
#: are tried again and then shown.
_MEANINGS = (
    ("no_filter", r"filtering not recognized by server"),
    ("disk_full", r"No space left on device|[Oo]ut of diskspace|Disk quota exceeded"),
    (
        "certificate",
        r"SSL certificate|server certificate|certificate verif|SSL_ERROR|SSL connect error"
        r"|SSL routines|gnutls_handshake|CAfile",
    ),
    (
        "authentication",
        r"could not read (Username|Password)|Authentication failed|Invalid username"
        r"|returned error: 40[13]|(code|response) 407|Permission denied \(publickey",
    ),
    (
        "unreachable",
        r"Could not resolve|Failed to connect|Couldn't connect|Connection refused"
        r"|Network is unreachable|No route to host|Connection timed out|connection timeout"
        r"|name resolution",
    ),
    (
        "not_found",
        r"repository '.*' not found|returned error: (404|410)"
        r"|does not appear to be a git repository|is this a git repository"
        r"|Repository not found|Protocol .* not supported|unable to find remote helper",
    ),
    (
        "unknown_object",
        r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref",
    ),
    ("incomplete", r"did not send all necessary objects|bad object|expected .* not sent"),
)


class GitFailure(Exception):
    """A git command that failed.

    Parameters
    ----------
    kind : str
        What it means: ``no_git``, ``old_git``, ``no_filter``, ``disk_full``,
        ``certificate``, ``authentication``, ``unreachable``, ``not_found``,
        ``unknown_object``, ``incomplete``, ``silent``, ``damaged`` or ``broken_off``,
        which is everything else.
    words : str
        What git said last.
    """

    def __init__(self, kind: str, words: str) -> None:
        self.kind = kind
        self.words = words
        super().__init__(f"{kind}: {words}")


def failure(lines: Iterable[str]) -> GitFailure:
    """Classify the failure that git reports.

    Parameters
    ----------
    lines : iterable of str
        What it wrote to its standard error.

    Returns
    -------
    GitFailure
    """
    words = [line.strip() for line in lines if line.strip() and not PROGRESS.match(line)]
    kind = meaning("\n".join(words))
    # A server that ignores the filter was allowed to, if we came this far.
    if kind == "no_filter":
        kind = meaning("\n".join(w for w in words if meaning(w) != "no_filter"))
    telling = [word for word in words if kind != "broken_off" and meaning(word) == kind]
    telling += [word for word in words if word.startswith(("fatal:", "error:"))]
    return GitFailure(kind, " ".join(telling[:1] or words[-1:]))


def meaning(text: str) -> str:
    """Return the kind of failure that a text of git tells of; see `GitFailure`."""
    for kind, pattern in _MEANINGS:
        if re.search(pattern, text):
            return kind
    return "broken_off"
