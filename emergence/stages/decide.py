"""Stage 7: the claims, and the counts on the pages."""

from __future__ import annotations

from emergence.claims.base import BRIEF
from emergence.claims.decide import decide as decide_claims
from emergence.prediction.of_study import predictions
from emergence.progress import Progress
from emergence.stages.sensitivity import counts_otherwise, other_settings
from emergence.study import Study
from emergence.summary import summarize
from emergence.verdicts.counts import verdict_counts


def decide(study: Study, progress: Progress | None = None) -> Study:
    """Decide the claims and count verdicts.

    Parameters
    ----------
    study : Study
        With all tables.
    progress : Progress, optional
        Told what is being done.

    Returns
    -------
    Study
        With ``claims`` and ``summary``.
    """
    progress = progress or Progress()
    progress.doing("other settings")
    others = list(other_settings(study))
    progress.doing("claims")
    claims = decide_claims(study, others)
    progress.doing("counts")
    summary = summarize(study)
    summary["verdicts"] = {
        **verdict_counts(study),
        "otherwise": counts_otherwise(study.curves, others),
    }
    progress.doing("predictions")
    summary["prediction"] = predictions(study)
    proofs = _existence_proofs(study)
    summary["claims"] = [
        {
            **{name: claim[name] for name in BRIEF},
            "existence": proofs.get(claim["number"], []),
        }
        for claim in claims["claims"]
    ]
    return study.having(claims=claims, summary=summary)


def _existence_proofs(study: Study) -> dict[int, list[dict[str, str]]]:
    """Return which experiments with trained networks are existence proofs of a claim.

    There one case is enough, and there is no test over tasks.
    """
    found: dict[int, list[dict[str, str]]] = {}
    for experiment in (study.experiments or {"experiments": []})["experiments"]:
        if experiment["claim"] is not None:
            brief = {name: experiment[name] for name in ("name", "outcome")}
            found.setdefault(experiment["claim"], []).append(brief)
    return found
