"""Stage 6: the distribution of exponents over the curves of each group."""

from __future__ import annotations

import numpy as np

from emergence.inference.infer import over_subtasks
from emergence.inference.points import Points
from emergence.pooling.population import FEWEST_POINTS, Votes
from emergence.pooling.population import population as of_votes
from emergence.settings import VerdictRules
from emergence.study import Study


def population(study: Study) -> Study:
    """Estimate the distribution of exponents in each group of the curves that count.

    Parameters
    ----------
    study : Study
        With ``pooled`` and ``labels``.

    Returns
    -------
    Study
        With ``population``.
    """
    rules, votes = VerdictRules.of(study.settings), study.votes
    points = Points.of(study.curves, study.metrics, over_subtasks(study.curves))
    law = study.inference["law"].to_pandas()
    known = (law == "share") & (study.frame["n_scales"] >= FEWEST_POINTS)
    known &= study.inference["law_missing"].to_pandas().isna() & study.frame["dispersion"].notna()
    # Over some axes nothing says which exponents are a break.
    known &= study.pooled["p_steep_missing"].to_pandas() != "axis"
    rows = votes.index[known[votes.index]]
    chance = points.chance[rows]
    models = study.lists["models"]
    names = np.full((len(rows), points.scales.shape[1]), None, dtype=object)
    for at, row in enumerate(rows):
        names[at, : len(models[row])] = models[row]
    frame = votes.loc[rows].reset_index(drop=True)
    found = of_votes(
        Votes(
            # Parts of a benchmark have one vote, and are drawn together.
            frame=frame.assign(task=frame["benchmark"]),
            scales=points.scales[rows],
            successes=points.successes[rows],
            trials=points.trials[rows],
            chance=np.where((chance >= 0) & (chance < 1), chance, np.nan),
            models=names,
        ),
        b_max=rules.b_max,
        level=rules.level,
        seed=rules.seed,
        argmax=bool(votes["output_group"].isin(rules.argmax_groups).any()),
    )
    return study.having(population=found)
