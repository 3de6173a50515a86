#!/bin/sh
# Install what the project needs into .venv: `sh scripts/install.sh run` (to build reports) or
# `sh scripts/install.sh dev` (to test as well). `make report` and `make test` call it.
#
#   PYTHON=/path/to/python3.12   use this Python; otherwise the one that made .venv, or the first
#                                that fits of python3, python3.13, python3.12, python3.11
#   V=1                          show what pip and uv print, which otherwise is in the log only
#
# This file finds a Python, and scripts/install.py does the rest with it. POSIX sh and the tools
# of Linux and macOS only.
set -u

fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}

# advice MACOS DEBIAN FEDORA OTHER: the one for this system.
advice() {
    if [ "$(uname -s)" = Darwin ]; then
        echo "$1"
    elif command -v apt-get >/dev/null 2>&1; then
        echo "$2"
    elif command -v dnf >/dev/null 2>&1; then
        echo "$3"
    else
        echo "$4"
    fi
}

case ${1:-} in
    run | dev) ;;
    *) fail "usage: sh scripts/install.sh run|dev" ;;
esac
cd "$(dirname "$0")/.." || exit 1

# Each candidate is really run: a name on the PATH can be a stub that starts nothing. The answer
# is the program behind a virtual environment, since .venv itself may be made anew; one that was
# half removed no longer knows it, but its link does.
examine='import os, sys
version = "%d.%d.%d" % sys.version_info[:3]
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    print("is " + version)
    sys.exit(1)
try:
    import ensurepip, venv
except ImportError:
    print("is %s without the modules venv and ensurepip" % version)
    sys.exit(1)
program = getattr(sys, "_base_executable", "") or sys.executable
if program.startswith(os.path.join(os.getcwd(), ".venv", "")):
    program = os.path.realpath(program)
print(program)'

kind=$1
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- .venv/bin/python python3 python3.13 python3.12 python3.11
fi
python=
found=
for candidate do
    if answer=$("$candidate" -I -c "$examine" 2>/dev/null); then
        python=$answer
        break
    elif command -v "$candidate" >/dev/null 2>&1; then
        found="$found${found:+, }$candidate ${answer:-does not run as Python 3}"
    fi
done
[ -n "$python" ] || fail "needs Python 3.11, 3.12 or 3.13, but ${found:-there is none${PYTHON:+ at $PYTHON}}; $(advice \
    "'brew install python@3.12'" \
    "'sudo apt install python3-venv', or python3.11-venv (3.12, 3.13) where python3 is another" \
    "'sudo dnf install python3.12'" \
    "install Python 3.12"), then again, or PYTHON=/path/to/python3.12 before the command"
git --version >/dev/null 2>&1 || fail "needs git, which is not there; $(advice \
    "'xcode-select --install'" "'sudo apt install git'" "'sudo dnf install git'" "install git"), then again"

exec "$python" -I -u scripts/install.py "$kind"
