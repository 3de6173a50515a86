"""Stage 2, beside it: the examples of each task drawn once for all its models and metrics."""

from __future__ import annotations

from pathlib import Path

from emergence.claims.by_task import compare_kinds
from emergence.progress import Progress
from emergence.samples.joint import resample_jointly
from emergence.samples.resampled_table import TABLES
from emergence.settings import ResamplingSettings
from emergence.study import Study
from emergence.tables import flat_table, long_table, write_csv, write_table

#: The tables beside a page, in the order in which it lists them.
BESIDE = (
    *("resampled.csv", "resampled.parquet", "resampled_points.csv"),
    *("metric_differences.csv", "metric_differences.parquet"),
    *("model_differences.csv", "model_differences.parquet"),
)


def resample(study: Study, progress: Progress | None = None) -> Study:
    """Draw the examples of each task whose single answers are known.

    Parameters
    ----------
    study : Study
        With ``curves`` and ``outcomes``.
    progress : Progress, optional
        Told how many tasks are done.

    Returns
    -------
    Study
        With ``resampled``, ``metric_differences`` and ``model_differences``; the same study where
        no single answers are known.
    """
    if not study.outcomes.num_rows:
        return study
    names = study.curves["metric"].unique().to_pylist()
    higher_is_better = {name: study.metrics[name].higher_is_better for name in names}
    settings = ResamplingSettings.of(study.settings)
    of_answers = (study.curves, study.outcomes)
    found = resample_jointly(*of_answers, higher_is_better, settings, progress).tables()
    found["metric_differences"] = compare_kinds(
        found["metric_differences"], *of_answers, study.metrics, study.settings, progress
    )
    return study.having(**found)


def write_beside(study: Study, folder: Path) -> None:
    """Write what was drawn beside a page, as parquet and CSV; lists are a table of their own.

    Parameters
    ----------
    study : Study
        With ``resampled``, ``metric_differences`` and ``model_differences``.
    folder : Path
        It is there.
    """
    for name, schema in TABLES.items():
        table = getattr(study, name)
        write_table(table, schema, folder / f"{name}.parquet")
        write_csv(flat_table(table), folder / f"{name}.csv")
    write_csv(long_table(study.resampled, "curve_id"), folder / "resampled_points.csv")
