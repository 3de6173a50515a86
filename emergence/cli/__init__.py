"""The `emergence` command: check, measure and report scores, compare and look up results."""

from emergence.cli.main import main

__all__ = ["main"]
