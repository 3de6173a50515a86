"""Stage 5: the verdict on each curve, which depends on the whole dataset."""

from __future__ import annotations

from emergence.settings import VerdictRules
from emergence.study import Study
from emergence.verdicts import labels


def label(study: Study) -> Study:
    """Label the curves.

    Parameters
    ----------
    study : Study
        With ``curves``, ``inference`` and ``pooled``.

    Returns
    -------
    Study
        With ``labels``.
    """
    rules = VerdictRules.of(study.settings)
    found = labels.label(study.curves, study.inference, study.pooled, rules)
    return study.having(labels=found)
