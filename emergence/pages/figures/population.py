"""The distribution of exponents over all curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from emergence.errors import shorten
from emergence.inference.integrated import PRIORS
from emergence.pages.cited import SETTING, Cited, Sentence, shown_by
from emergence.pages.figures.base import COLOURS, GROUP_NAMES, HATCHES, REFERENCE, Drawing, finished
from emergence.pages.svg import INK
from emergence.pages.words import count
from emergence.pooling.population import MISSING
from emergence.study import Study

#: The prior whose distribution is drawn; the intervals are over both.
_PRIOR = next(iter(PRIORS))


def draw(study: Study) -> Drawing:
    """Draw the distribution of exponents by metric group, with the bound of the smooth law.

    Parameters
    ----------
    study : Study
        With the population.

    Returns
    -------
    Drawing
    """
    name, title = "population", "Distribution of exponents over all curves"
    found = study.population
    groups = found["groups"]
    known = [group for group in groups if group["estimates"]]
    whole = next((group for group in known if group["kind"] is None), None)
    if whole is None:
        reason = groups[0]["missing"] if groups else "too_few_tasks"
        missing = (
            f"The distribution of exponents is unknown: {MISSING[reason]}. It takes scores of at "
            "least four models of a family, as shares of a known number of examples.",
        )
        return Drawing(name, title, missing)
    drawn = [group for group in known if group["kind"] == "metric_group"] or [whole]

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 2.9), layout="constrained")
        places = np.arange(len(found["exponents"]))
        width = 0.8 / len(drawn)
        for at, group in enumerate(drawn):
            axes.bar(
                places - 0.4 + (at + 0.5) * width,
                group["estimates"][_PRIOR]["weights"],
                width,
                color=COLOURS.get(group["name"], INK),
                hatch=HATCHES.get(group["name"], ""),
                edgecolor="white",
                linewidth=0.5,
                label=f"{GROUP_NAMES.get(group['name'], 'all')}: {count(group['curves'])} curves",
            )
        bound = sum(
            e == "constant" or (e != "step" and e <= found["b_max"]) for e in found["exponents"]
        )
        axes.axvline(bound - 0.5, color=INK, linewidth=0.8, linestyle=REFERENCE)
        labels = [e if isinstance(e, str) else f"{e:g}" for e in found["exponents"]]
        axes.set_xticks(places, labels, rotation=40, ha="right", fontsize=8.5)
        axes.set_xlabel("exponent b of the smooth law")
        axes.set_ylabel("share of tasks")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=3)
        described = "; ".join(
            f"{GROUP_NAMES.get(group['name'], 'all')}: "
            + ", ".join(
                f"{weight:.2f} at {label}"
                for label, weight in zip(labels, group["estimates"][_PRIOR]["weights"], strict=True)
                if weight >= 0.005
            )
            for group in drawn
        )
        return figure, described + "."

    table = [
        {"group": group["id"], "prior": prior, "exponent": str(exponent), "weight": weight}
        for group in known
        for prior, estimate in group["estimates"].items()
        for exponent, weight in zip(found["exponents"], estimate["weights"], strict=True)
    ]
    return finished(name, title, plotted, _caption(found, whole), table, reading=_READING)


#: How to read it.
_READING = (
    "The maximum-likelihood distribution of exponents over all curves of counted answers, without "
    "any selection; each task has one vote. A small share beyond b_max supports the mirage, and a "
    "large share speaks against it. It decides nothing about single curves. Where the metric picks "
    "the likeliest of several choices, a high share is no sign of a break: curves of the "
    "mathematical model are smooth and have one too.",
)


def _field(key: str, name: str) -> str:
    return f"{key}.{name}" if ":" in key else f"{key}:{name}"


def _cited(value: float, key: str) -> Cited:
    return Cited(f"{value:.2f}", "def-population", shown_by(f"population:{key}"))


def _share(group: Mapping[str, Any], key: str) -> Sentence:
    """Write a share with its interval."""
    return (
        _cited(group["share"], _field(key, "share")),
        " (",
        _cited(group["low"], _field(key, "low")),
        " to ",
        _cited(group["high"], _field(key, "high")),
        ")",
    )


def _caption(found: Mapping[str, Any], whole: Mapping[str, Any]) -> Sentence:
    """Say the share beyond the smooth law, and what it depends on."""
    key = f"groups:{whole['id']}"
    if whole["missing"]:
        parts = [f"The share beyond b_max is unknown: {MISSING[whole['missing']]}"]
    else:
        parts = [
            "Among rising curves, the share with an exponent above b_max is ",
            *_share(whole, key),
        ]
        for end, says in (("lowest", "; without the model "), ("highest", ", without ")):
            if whole["without"]:
                model, at = whole["without"][end], _field(key, f"without.{end}")
                name = shown_by(f"population:{at}.model")
                parts += [
                    says,
                    Cited(shorten(model["model"], 40), "def-population", name),
                    " ",
                    _cited(model["share"], f"{at}.share"),
                ]
    parts += [
        " (b_max = ",
        Cited(f"{found['b_max']:g}", "def-law", SETTING),
        ", dashed).",
    ]
    if found["argmax"]:
        parts += [
            " Multiple-choice curves that are smooth by construction give ",
            *_share(found["argmax"], "argmax"),
            ".",
        ]
    return tuple(parts)
