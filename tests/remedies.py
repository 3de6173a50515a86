"""Doing what a message says."""

from __future__ import annotations

import re
import subprocess


def follow(message: str) -> None:
    """Run the command that stands in a message before it has the same command run again.

    Parameters
    ----------
    message : str
        As it is printed.
    """
    (command,) = re.findall(r"^  Run the same command again, after: (.*)$", message, re.M)
    subprocess.run(["sh", "-c", command], check=True, cwd="/")
