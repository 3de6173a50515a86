"""Stage 4: the verdict on each curve, which depends on the whole dataset."""

from __future__ import annotations

from emergence.settings import VerdictRules
from emergence.study import Study
from emergence.verdicts import labels


def label(study: Study) -> Study:
    """Label the curves.

    Parameters
    ----------
    study : Study
        With ``curves`` and ``inference``.

    Returns
    -------
    Study
        With ``labels``.
    """
    return study.having(
        labels=labels.label(study.curves, study.inference, VerdictRules.of(study.settings))
    )
