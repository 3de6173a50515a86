"""The predictions under other settings than those that decide them.

The first trial had a threshold of 1, five seeds a size, and a smaller range of sizes for parity.
They are a part of what is trained now: so a reader sees what each change did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emergence.induced.experiments import experiments
from emergence.induced.network_results import Results
from emergence.induced.pairs import FIRST_THRESHOLD, HIGH_THRESHOLD, THRESHOLD

#: Networks of each size in the first trial.
FIRST_SEEDS = 5

#: Hidden units of the largest network of the trial, where its sizes are a part of those of now.
_FIRST_LARGEST: Mapping[str, int] = {"parity": 256}


def under_other_settings(
    results: Results, decided: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Decide the predictions under other settings, on the same networks.

    Parameters
    ----------
    results : Results
    decided : sequence of mapping
        The predictions as they were decided, from `experiments`.

    Returns
    -------
    list of dict
        For each prediction, in the order of those decided: ``id``, ``name``, ``outcome``, and
        ``others``, of which each has the ``setting`` and the ``outcome`` under it.
    """
    first = results.restricted(FIRST_SEEDS, _FIRST_LARGEST)
    at_first = f"threshold {FIRST_THRESHOLD:g}, as first written"
    seeds = f"{FIRST_SEEDS} seeds, parity to {_FIRST_LARGEST['parity']} units"
    others = {
        at_first: experiments(results, FIRST_THRESHOLD),
        f"threshold {HIGH_THRESHOLD:g}": experiments(results, HIGH_THRESHOLD),
        seeds: experiments(first, THRESHOLD),
        f"{seeds}, threshold {FIRST_THRESHOLD:g}": experiments(first, FIRST_THRESHOLD),
    }
    outcomes = {
        setting: {one["name"]: one["outcome"] for one in found} for setting, found in others.items()
    }
    return [
        {
            "id": one["id"],
            "name": one["name"],
            "outcome": one["outcome"],
            "others": [
                {"setting": setting, "outcome": found[one["name"]]}
                for setting, found in outcomes.items()
            ],
        }
        for one in decided
    ]
