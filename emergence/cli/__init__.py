"""The `emergence` command: look at scores, measure them, compare results, look a number up."""

from emergence.cli.main import main

__all__ = ["main"]
