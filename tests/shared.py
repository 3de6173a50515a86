"""What is made once a test session, by whichever worker asks for it first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import filelock

#: Where it stands, below the temporary folder of the session: `conftest.py` says where that is.
_session: list[Path] = []


def keep_in(folder: Path) -> None:
    """Say where the session's folder is."""
    _session[:] = [folder]


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made once, and read by all and changed by none.

    Parameters
    ----------
    name : str
        Of the folder.
    make : callable
        Fills it. If it fails, the next who asks begins anew.
    """
    (session,) = _session
    folder, done = session / name, session / f"{name}.done"
    with filelock.FileLock(session / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
