"""The landing page: what the datasets say together, claim by claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from emergence.pages.cited import cited, shown_by
from emergence.pages.figures.same_outputs import LEAST, MOST, same_outputs
from emergence.pages.render import render
from emergence.pages.words import strict


def landing_page(
    titles: Mapping[str, str],
    summaries: Mapping[str, Mapping[str, Any]],
    figures: Mapping[str, Mapping[str, Any]],
    pairs: Mapping[str, pd.DataFrame],
) -> str:
    """Write the landing page.

    Parameters
    ----------
    titles : mapping of str to str
        Title of each dataset of the registry, in its order.
    summaries : mapping of str to mapping
        Summaries of those that were built.
    figures : mapping of str to mapping
        The numbers of their figures, as ``figures.json`` has them.
    pairs : mapping of str to pandas.DataFrame
        Their pairs of curves of the same outputs, as `emergence.pages.figures.metric_switch`
        tabulates them; datasets without pairs are left out.

    Returns
    -------
    str
        A self-contained HTML document.
    """
    built = [summaries[name] for name in titles if name in summaries]
    real = [summary for summary in built if not summary["apart"]]
    apart = [summary for summary in built if summary["apart"]]
    return render(
        "landing.html.j2",
        groups={
            "real": _group("real", real, titles, pairs),
            "apart": _group("apart", apart, titles, pairs),
        },
        figures=figures,
        missing={name: title for name, title in titles.items() if name not in summaries},
        ends=(LEAST, MOST),
    )


def _group(
    name: str,
    summaries: list[Mapping[str, Any]],
    titles: Mapping[str, str],
    pairs: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """Gather what one part of the page shows: its figure, its claims, its datasets."""
    drawn = {s["dataset"]: pairs[s["dataset"]] for s in summaries if s["dataset"] in pairs}
    return {
        "datasets": summaries,
        "paired": [summary for summary in summaries if summary["dataset"] in drawn],
        "figure": Markup(same_outputs(f"same-outputs-{name}", drawn, titles)) if drawn else "",
        "claims": _claims(summaries),
    }


def _claims(summaries: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Order what the datasets say by claim: one row a dataset to which it applies."""
    claims: dict[str, dict[str, Any]] = {}
    for summary in summaries:
        tables = f"reports/{summary['dataset']}/tables"
        for claim in summary["claims"]:
            entry = claims.setdefault(claim["id"], {**claim, "rows": [], "lacking": []})
            row = {
                "dataset": summary["dataset"],
                "claim": claim,
                "value": strict(claim["value"]),
                "range": _range(claim["interval"]),
                "sentence": cited(
                    claim["sentence"],
                    f"claim-{claim['number']}",
                    shown_by(f"summary:claims:{claim['id']}.sentence --processed {tables}"),
                ),
            }
            # An existence proof needs none of what the test over tasks lacks.
            lacking = claim["outcome"] == "does not apply" and not claim["existence"]
            entry["lacking" if lacking else "rows"].append(row)
    return sorted(claims.values(), key=lambda claim: claim["number"])


def _range(interval: Mapping[str, Any]) -> str:
    if interval["low"]["status"] == "unknown":
        return ""
    return f"{strict(interval['low'])} to {strict(interval['high'])}"
