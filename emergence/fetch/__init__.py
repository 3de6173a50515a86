"""Fetching a dataset that lives in a git repository: the files that are needed, no others.

git itself does the work: a partial clone of one commit, then the needed blobs by their ids.
What arrives is what the commit names, since git and this package both take the digests
again. `fetch` is the way in; `verify` checks later that nothing has changed.
"""

from emergence.fetch.addresses import mirrored
from emergence.fetch.fetching import FILES, MANIFEST, MARK, Wanted, fetch
from emergence.fetch.git import Patience
from emergence.fetch.verifying import check_present, verify
from emergence.progress import Progress, shown

__all__ = [
    "FILES",
    "MANIFEST",
    "MARK",
    "Patience",
    "Progress",
    "Wanted",
    "check_present",
    "fetch",
    "mirrored",
    "shown",
    "verify",
]
