"""Hand a command over to a Python that has imported already (`warm.py`), and end as it ends."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence


def hand_over(
    address: str,
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    files: Sequence[int],
) -> int:
    """Run a command in a copy of the server.

    Parameters
    ----------
    address : str
        Of the server's socket.
    arguments : sequence of str
        What stands behind ``python``.
    folder : str
        Where it runs.
    environment : mapping of str to str
        Its variables.
    files : sequence of int
        Its standard input, output and error.

    Returns
    -------
    int
        Its exit code; a negative one names the signal that ended it.

    Raises
    ------
    RuntimeError
        If the server has ended.
    """
    asked = {"arguments": [*arguments], "folder": folder, "environment": {**environment}}
    text = json.dumps(asked).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        sent = socket.send_fds(server, [text], files)
        server.sendall(text[sent:])
        answer = server.recv(16)
    if not answer:
        raise RuntimeError("the server has ended before the command")
    return int(answer)


if __name__ == "__main__":
    status = hand_over(sys.argv[1], sys.argv[2:], os.getcwd(), os.environ, [0, 1, 2])
    sys.exit(status if status >= 0 else 128 - status)
