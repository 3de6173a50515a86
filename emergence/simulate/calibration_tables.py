"""Tables of the simulation studies: whole ones as CSV, and short ones for the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emergence.files import replacing


def slug(study: str) -> str:
    """Return the name of a study's file: lower-case letters, digits, hyphens."""
    return study.replace("_", "-").replace(" ", "-")


def write_results(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the whole table of a study.

    Parameters
    ----------
    rows : sequence of mapping
        One a design; numbers of curves and seeds among the columns.
    path : Path
    """
    frame = pd.DataFrame(list(rows))
    with replacing(path) as partial:
        # Three digits are what 1,000 curves tell, and the same on every machine.
        frame.to_csv(partial, index=False, lineterminator="\n", float_format="%.3f")


def read_results(path: Path) -> pd.DataFrame:
    """Read the whole table of a study."""
    return pd.read_csv(path)


def note(frame: pd.DataFrame) -> str:
    """Say how many curves, units or datasets a row rests on, and what that leaves open."""
    what = next(what for what in ("units", "datasets", "curves") if what in frame)
    least, most = int(frame[what].min()), int(frame[what].max())
    error, half = (math.sqrt(p * (1 - p) / least) for p in (0.05, 0.5))
    curves = f"{least}" if least == most else f"{least} to {most}"
    seeds = ", ".join(str(seed) for seed in sorted(set(frame["seed"])))
    return (
        f"{len(frame)} designs, {curves} {what} each, seed {seeds}: Monte Carlo error "
        f"{error:.3f} at 5 %, {half:.3f} at 50 %."
    )


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as a table; rates with three digits."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _grouped(
    frame: pd.DataFrame, by: Sequence[str], columns: Mapping[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Summarise designs: for each new column the old one, and ``min``, ``max`` or ``mean``."""
    rows = []
    for key, group in frame.groupby(list(by), sort=True):
        values = {new: float(group[old].agg(how)) for new, (old, how) in columns.items()}
        designs = {"designs": len(group)}
        rows.append(dict(zip(by, key, strict=True)) | designs | values)
    return rows


def _size_of_rise(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = ("rise 1%", "rise 5%", "order 5%")
    return _grouped(
        frame,
        ("scatter", "scales"),
        {"most missing": ("missing", "max")} | {f"most {n}": (n, "max") for n in names},
    )


def _size_of_steep(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = ("steep 1%", "steep 5%")
    return _grouped(frame, ("scatter", "scales"), {f"most {n}": (n, "max") for n in names})


def _exponent(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return _grouped(
        frame,
        ("truth", "scatter"),
        {
            "least coverage": ("coverage", "min"),
            "least coverage, rising": ("coverage, rising", "min"),
            "most too high, rising": ("too high, rising", "max"),
            "lowest median": ("median estimate", "min"),
            "highest median": ("median estimate", "max"),
        },
    )


def is_jump(frame: pd.DataFrame) -> pd.Series:
    """Say which designs of the hold-out jump at the last model."""
    return frame["truth"].str.startswith("last model")


def _hold_out(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # A share among few predictions says little: at least a hundred of them.
    enough = (1 - frame["missing"]) * frame["curves"] >= 100
    return _grouped(
        frame[enough & ~is_jump(frame)],
        ("scatter", "scales"),
        {
            "least inside": ("inside", "min"),
            "mean inside": ("inside", "mean"),
            "most above": ("above", "max"),
            "most uninformative": ("uninformative", "max"),
        },
    )


def caught(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how often the hold-out catches a jump at the last model, with 200 examples.

    Parameters
    ----------
    frame : pandas.DataFrame
        The study of the hold-out.

    Returns
    -------
    list of dict
    """
    columns = ["truth", "scales", "scatter", "said to be above", "uninformative", "median width"]
    shown = is_jump(frame) & (frame["missing"] < 0.9) & (frame["examples"] == 200)
    return frame.loc[shown, columns].to_dict("records")


def _verdicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = ("no test", "apparent", "beyond smooth", "smooth suffices")
    names += ("law does not fit", "not decidable")
    return _grouped(
        frame[frame["kind"] != "flat"],
        ("kind", "scales", "examples", "scatter"),
        {f"most {n}": (n, "max") for n in names},
    )


def _rises_in_units(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = ("false discoveries", "size 5%", "size 1%", "most scattered 5%", "most scattered 1%")
    columns = {"mean false discoveries": ("false discoveries", "mean")}
    columns |= {f"most {name}": (name, "max") for name in ("false discoveries",)}
    columns |= {f"mean {name}": (name, "mean") for name in names[1:]}
    return _grouped(frame, ("scatter", "tasks"), columns | {"least rise 1%": ("rise 1%", "min")})


def _verdicts_by_truth(frame: pd.DataFrame) -> list[dict[str, Any]]:
    some = frame[(frame["examples"] == 200) & (frame["scales"] != 5)]
    names = ("rise 1%", "steep 2%", "beyond smooth", "smooth suffices", "law does not fit")
    columns = {f"mean {name}": (name, "mean") for name in names}
    columns |= {"most beyond smooth": ("beyond smooth", "max")}
    columns |= {"most smooth suffices": ("smooth suffices", "max")}
    columns |= {"least covered": ("covered", "min")}
    return _grouped(some, ("truth", "scatter"), columns)


def _population(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: (name, "mean") for name in ("mean chance", "mean open", "covers", "width")}
    return _grouped(frame, ("truth", "scatter"), columns | {"least covers": ("covers", "min")})


def _joint(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Put the metrics together: the least and most of each rate."""

    def of(row: pd.Series, name: str) -> pd.Series:
        return row[[column for column in frame if column.startswith(f"{name} ")]].astype(float)

    return [
        {
            **{name: row[name] for name in ("truth", "scales", "examples")},
            "least scores": of(row, "scores").min(),
            "most scores": of(row, "scores").max(),
            "most refused": of(row, "refused").max(),
            "least sharpness": of(row, "sharpness").min(),
            "least in the limit": of(row, "in the limit").min(),
            "least bias": of(row, "bias").min(),
            "most bias": of(row, "bias").max(),
        }
        for _, row in frame.iterrows()
    ]


def _other_laws(frame: pd.DataFrame) -> list[dict[str, Any]]:
    flat, law = frame["truth"].str.contains(": flat"), frame["truth"].str.contains(": law")
    at_most = law & (frame["exponent"] <= 0.5)
    frame = frame.assign(
        **{f"{name}, flat": frame[name].where(flat) for name in ("rise 1.0%", "rise 5.0%")},
        **{f"{name}, b <= .5": frame[name].where(at_most) for name in ("steep 0.2%", "steep 1.0%")},
        ratio=(frame["median exponent"] / frame["exponent"]).where(law),
        scales=frame["scales"].map(lambda scales: "5" if scales == 5 else "6 to 12"),
    )
    return _grouped(
        frame,
        ("metric", "variance", "scales"),
        {
            **{
                f"most {name}": (name, "max")
                for name in frame
                if name.endswith(("flat", "b <= .5"))
            },
            "lowest exponent over truth": ("ratio", "min"),
            "highest": ("ratio", "max"),
            "least coverage": ("coverage", "min"),
        },
    )


def _claims(frame: pd.DataFrame) -> list[dict[str, Any]]:
    outcomes = ("supported", "contradicted", "not supported", "not decidable")
    columns = {f"mean {name}": (name, "mean") for name in outcomes}
    return _grouped(
        # Copies of one metric at four ratios of noise are one row.
        frame.assign(truth=frame["truth"].str.replace(r", noise .*", "", regex=True)),
        ("claim", "truth", "wrong"),
        columns
        | {"most errors": ("errors", "max"), "at least": ("errors at least", "max")}
        | {"at most": ("errors at most", "max")},
    )


def _axes(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.drop(columns=["units", "seed"]).to_dict("records")


#: The short table of each study; that of the power has a figure only.
SHORT: Mapping[str, Callable[[pd.DataFrame], list[dict[str, Any]]]] = {
    "size of p_rise": _size_of_rise,
    "size of p_steep": _size_of_steep,
    "exponent": _exponent,
    "hold-out": _hold_out,
    "caught": caught,
    "joint resampling": _joint,
    "other laws": _other_laws,
    "verdicts": _verdicts,
    "rises in units": _rises_in_units,
    "verdicts by truth": _verdicts_by_truth,
    "population": _population,
    "claims": _claims,
    "axes": _axes,
}
