#!/bin/sh
# Check what was given to make, before anything is done: `sh scripts/options.sh KNOWN GIVEN CORES`.
#
#   KNOWN   the variables that the Makefile knows
#   GIVEN   those that stand on make's command line. One that is not known would be ignored in
#           silence: `make report DATASET=x` would build something else than was asked for.
#   CORES   the value of that variable
#
# Prints what is wrong, if anything is, and ends with status 2.
set -eu
set -f

known=$1 given=$2 cores=$3

# Name the variable that was meant: it begins with the same four letters, in whichever case.
meant() {
    word=$(printf '%s' "$1" | tr '[:lower:]' '[:upper:]')
    for name in $known; do
        stem=$(printf '%.4s' "$name")
        case $word in "$stem"*) echo "$name" && return ;; esac
    done
}

for variable in $given; do
    case " $known SHELL " in *" $variable "*) continue ;; esac
    suggestion=$(meant "$variable")
    {
        echo "error: make has no variable $variable here${suggestion:+: did you mean $suggestion?}"
        echo "  There are: $known. The Makefile says what each is for."
        echo "  What is meant for the environment stands before make: $variable=... make"
    } >&2
    exit 2
done

case $cores in
    all) exit ;;
    *[!0-9]*) ;;
    *[1-9]*) exit ;;
esac
echo "error: CORES is '$cores': allowed are whole numbers from 1 on, and all" >&2
exit 2
