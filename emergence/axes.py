"""Axes of scale curves: parameters, tokens, FLOPs or loss.

Which axis a curve is drawn over decides what looks sudden. A table of scores has a column for each;
an entry of the registry names the axes that curves are made over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.errors import InputError, did_you_mean

Floats = NDArray[np.float64]

#: What makes models of one size differ in how long they were trained.
_TRAINING = ("step", "token_ratio", "tokens")


@dataclass(frozen=True)
class Axis:
    """An axis of scale curves.

    Attributes
    ----------
    name : str
    column : str
        Of the table of scores.
    title : str
        What people call it.
    unit : str
        Of its values; empty where they have none that is known.
    absorbs : tuple of str
        Keys of the condition that are not fixed along its curves: they move along the axis.
    falls : bool
        The values fall from the worst model to the best.
    fixes_size : bool
        The number of parameters is fixed along its curves.
    has_bound : bool
        Whether an exponent over it can be told from a break: its largest exponent without one
        follows from that over parameters.
    """

    name: str
    column: str
    title: str
    unit: str = ""
    absorbs: tuple[str, ...] = ()
    falls: bool = False
    fixes_size: bool = False
    has_bound: bool = False


#: By name; the first is that of a dataset that names none.
AXES: Mapping[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("params", "scale", "model size", "parameters", has_bound=True),
        Axis("tokens", "tokens", "training tokens", "tokens", _TRAINING, fixes_size=True),
        Axis("flops", "flops", "training compute", "FLOPs", _TRAINING, has_bound=True),
        Axis("loss", "loss", "loss", "", _TRAINING, falls=True),
    )
}

DEFAULT = AXES["params"]

#: Of which an exponent can be told from a break, and over which better models have less.
BOUNDED = [axis.name for axis in AXES.values() if axis.has_bound]
FALLING = [axis.name for axis in AXES.values() if axis.falls]

#: In a condition: the number of parameters that is fixed along a curve over training.
SIZE_KEY = "n_params"


def axes_of(entry: Mapping[str, Any]) -> tuple[Axis, ...]:
    """Return the axes over which the curves of a dataset are made.

    Parameters
    ----------
    entry : mapping
        Of the registry. Its field ``axes`` lists names of `AXES`, or mappings with ``axis`` and
        the conditions that it ``absorbs`` instead of its own.

    Returns
    -------
    tuple of Axis
        Counts and claims rest on the first one.

    Raises
    ------
    InputError
        If one stands there twice.
    """
    found = []
    for said in entry.get("axes", [DEFAULT.name]):
        if isinstance(said, str):
            found.append(AXES[said])
        else:
            found.append(replace(AXES[said["axis"]], absorbs=tuple(said["absorbs"])))
    names = [axis.name for axis in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the axis {twice[0]} is named twice", where="field 'axes'")
    return tuple(found)


def axis_said(text: str) -> str | dict[str, Any]:
    """Parse an axis of the command line: ``flops``, or ``flops=token_ratio,corpus``.

    Parameters
    ----------
    text : str
        A name, and after a sign of equality the conditions that it absorbs.

    Returns
    -------
    str or dict
        As the field ``axes`` of an entry has it.

    Raises
    ------
    InputError
        If there is no such axis.
    """
    name, equals, absorbs = text.partition("=")
    if name not in AXES:
        raise InputError(
            f"there is no axis '{name}': {did_you_mean(name, AXES)}",
            where="option --axis",
            remedy="Write --axis flops, or with the conditions that it absorbs "
            "--axis flops=token_ratio,step.",
        )
    if not equals:
        return name
    if name == DEFAULT.name:
        raise InputError(
            "no condition varies along parameters",
            where="option --axis",
            remedy=f"Write --axis {name}.",
        )
    return {"axis": name, "absorbs": [key for key in absorbs.split(",") if key]}


def sizes_along(scales: Floats, last: Floats, slope: Floats, falls: NDArray[np.bool_]) -> Floats:
    """Return the size that each place on an axis corresponds to, in units of the last place.

    Parameters
    ----------
    scales : ndarray of float64
        Places on the axis.
    last : ndarray of float64
        Place of the best model of each curve.
    slope : ndarray of float64
        d ln parameters / d ln place along each curve; NaN counts as 1.
    falls : ndarray of bool
        Where better models have less of it.

    Returns
    -------
    ndarray of float64
        Rising from the worst model to the best. Over parameters, with a slope of 1, the places
        themselves.

    Notes
    -----
    The law depends on b ln N alone. Over another axis x with ln N = s ln x + constant its exponent
    is b s: fitted over these sizes, exponents of all axes are in parameters, and one largest
    exponent holds for all.
    """
    power = np.where(np.isnan(slope), 1.0, slope) * np.where(falls, -1.0, 1.0)
    with np.errstate(invalid="ignore"):
        return np.where(power == 1.0, scales, (scales / last) ** power)
