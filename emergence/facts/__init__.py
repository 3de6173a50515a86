"""The facts tables about metrics, tasks and raters, checked when read.

A table is declared in a module of its name, beside it; `README.md` has where each is from.
"""
