"""Run the command as ``python -m emergence.cli``."""

import sys

from emergence.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
