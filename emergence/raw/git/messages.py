"""Messages for datasets that cannot be fetched."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

from emergence.errors import InputError, shorten, to_make_again
from emergence.raw.git.command import OLDEST
from emergence.raw.git.failures import GitFailure
from emergence.raw.git.store import Store

#: What happened, by kind of failure. `{address}` is where it was fetched from, `{host}` its
#: host, `{commit}` what was asked for.
_WHAT = {
    "authentication": "{host} asks for a password or refuses access to {address}; "
    "passwords are never asked for here",
    "broken_off": "the connection to {address} broke several times in a row",
    "certificate": "the certificate of {host} is not accepted; to add your own bundle, use "
    "the git setting http.sslCAInfo or the variable GIT_SSL_CAINFO",
    "damaged": "what was fetched earlier is damaged on this disk",
    "disk_full": "the disk is full",
    "incomplete": "{address} did not send what the commit names",
    "no_filter": "{host} cannot send a part of a repository (partial clone), and all of it may "
    "be very large; nothing large was fetched",
    "no_git": "git cannot be run; it fetches this dataset",
    "not_found": "there is no git repository at {address}",
    "old_git": "git is too old: {oldest} or later is needed",
    "silent": "{host} gave no sign of life",
    "unknown_object": "{address} does not have the commit {commit}, or does not send it",
    "unreachable": "{host} cannot be reached: there is no network, its name is wrong, or a "
    "firewall stands between",
}

_NEXT = {
    "damaged": "{removing_the_store}",
    "disk_full": "Free some space and run the same command again: it goes on where it stopped.",
    "no_filter": "With the setting `allow_full_clone: true` all of it is fetched. A server of "
    "your own needs uploadpack.allowFilter.",
    "no_git": "Install git.",
    "not_found": "Correct `url` in the registry, or the mirror in git's settings.",
    "old_git": "Install a newer git.",
    "unknown_object": "Correct `commit` in the registry. A mirror of your own must have that "
    "commit, and needs uploadpack.allowAnySHA1InWant.",
}

_AGAIN = "Run the same command again later: it goes on where it stopped."

#: Failures that another server does not have.
_ELSEWHERE = (
    "authentication",
    "broken_off",
    "certificate",
    "incomplete",
    "no_filter",
    "not_found",
    "silent",
    "unknown_object",
    "unreachable",
)


def explained(failure: GitFailure, store: Store, commit: str) -> InputError:
    """Describe a failure of git to a person.

    Parameters
    ----------
    failure : GitFailure
        What went wrong.
    store : Store
        What was fetched up to now, and from where.
    commit : str
        What was asked for.

    Returns
    -------
    InputError
        With what happened, what git said, what to do, what still works, and how to name a
        mirror.
    """
    elsewhere = failure.kind in _ELSEWHERE
    url = store.url
    address = store.address() if elsewhere else url
    facts = {
        "address": address,
        "host": urlsplit(address).hostname or address,
        "commit": commit,
        "removing_the_store": to_make_again(store.folder),
        "oldest": ".".join(map(str, OLDEST)),
    }
    lines = [_NEXT.get(failure.kind, _AGAIN).format(**facts)]
    lines += [f"Seen: {shorten(failure.words, 300)}"] if failure.words else []
    lines += ["What still works: `make report` builds the bundled datasets without a network."]
    if elsewhere:
        prefix = url[: url.index("/", url.index("://") + 3) + 1]
        setting = ["url.https://mirror.example.org/.insteadOf", prefix]
        lines += [
            "Where a mirror can be reached, name it to git, with as much of the address as it",
            "stands for:",
            f"    {shlex.join(['git', 'config', '--global', *setting])}",
        ]
        if address != url:
            lines += [f"A mirror was used already: {address} for {url}."]
    return InputError(
        f"cannot be fetched: {_WHAT[failure.kind].format(**facts)}", remedy="\n  ".join(lines)
    )
