"""A dataset so far: its tables and what is known of it, each read when it is first asked for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from emergence.errors import InputError, shorten, to_make_again
from emergence.facts.emergent_annotations import EMERGENT_ANNOTATIONS
from emergence.facts.metric_catalog import METRIC_CATALOG, Metrics, metrics, stated_directions
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.scales import FEWEST_SCALES
from emergence.streams import generator
from emergence.tables import read_table
from emergence.votes import is_vote

#: The tables of a dataset in the order in which the stages make them, with the modules that declare
#: them. By name: a step depends on the tables that it makes, and reads the others as files.
TABLES: Mapping[str, str] = {
    "scores": "emergence.scores_table",
    "rejects": "emergence.scores_table",
    "curves": "emergence.curves_table",
    "inference": "emergence.inference.inference_table",
    "pooled": "emergence.pooling.pooled_table",
    "units": "emergence.pooling.pooled_table",
    "residuals": "emergence.pooling.pooled_table",
    "labels": "emergence.verdicts.labels_table",
}

#: The tables that only datasets with single answers have; of others they are empty.
OF_ANSWERS: Mapping[str, str] = {
    "outcomes": "emergence.samples.outcomes_table",
    "resampled": "emergence.samples.resampled_table",
    "metric_differences": "emergence.samples.resampled_table",
    "model_differences": "emergence.samples.resampled_table",
}

#: What stands beside them as JSON.
DOCUMENTS = ("sources", "population", "claims", "summary", "experiments")

#: The stage that makes each.
_MADE_BY = {
    **dict.fromkeys(("scores", "rejects", "sources", "outcomes"), "tabulate"),
    **dict.fromkeys(("resampled", "metric_differences", "model_differences"), "resample"),
    **{"curves": "measure", "inference": "infer", "labels": "label", "population": "population"},
    **dict.fromkeys(("pooled", "units", "residuals"), "pool"),
    **dict.fromkeys(("claims", "summary"), "decide"),
}

#: Columns of `Study.frame`: all of them take long to copy.
_FRAME = frozenset(
    {
        *("curve_id", "task", "subtask", "metric", "metric_group", "model_family", "condition"),
        *("axis", "main_axis", "size_slope"),
        *("shots", "level", "output_group", "is_preferred", "n_scales", "chance", "sharpness"),
        *("linearity", "discontinuity", "early", "annotation", "p_steep", "counts_missing"),
        *("dispersion", "exponent", "exponent_low", "exponent_high", "exponent_status"),
        *("left_out", "largest_shots", "rises", "rises_missing", "apparent"),
        *("law", "law_missing", "law_kind", "law_floor", "law_ceiling", "law_location"),
        *("law_exponent", "strict", "absent", "verdict"),
    }
)

#: List columns of the curves that claims look at.
_LISTS = ("models", "scales", "scores", "n_examples_by_scale")


def schema_of(name: str) -> pa.Schema:
    """Return the schema of a table.

    Parameters
    ----------
    name : str
        One of `TABLES` or `OF_ANSWERS`.

    Returns
    -------
    pyarrow.Schema
    """
    return getattr(import_module({**TABLES, **OF_ANSWERS}[name]), name.upper())


class Study:
    """A dataset so far.

    A stage (`emergence.stages`) is a function of it that gives back a study with the stage's
    tables as well.

    Parameters
    ----------
    dataset : str
        Its id.
    entry : mapping
        Its registry entry.
    settings : mapping
        The workflow's settings.
    folder : Path, optional
        Where its tables are: ``data/processed/<dataset>``. One that is asked for and missing is
        an `InputError`; without a folder, what is not known is a mistake of the program.
    known : mapping, optional
        What is in memory, by name: tables of `TABLES` and `OF_ANSWERS`, documents of
        `DOCUMENTS`, and in place of the project's own ``metrics``, ``annotations`` and
        ``inventory``.
    """

    def __init__(
        self,
        dataset: str,
        entry: Mapping[str, Any],
        settings: Mapping[str, Any],
        folder: Path | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.dataset, self.entry, self.settings, self.folder = dataset, entry, settings, folder
        self._known = dict(known or {})

    def having(self, **known: Any) -> Self:
        """Return the study with more that is known, or with other tables in place of its own.

        Parameters
        ----------
        **known
            By name, as for the class.

        Returns
        -------
        Study
        """
        more = {**self._known, **known}
        return type(self)(self.dataset, self.entry, self.settings, self.folder, more)

    def under(self, **settings: Any) -> Self:
        """Return the study with other settings, and the same tables.

        Parameters
        ----------
        **settings
            By name, in place of its own.

        Returns
        -------
        Study
        """
        changed = {**self.settings, **settings}
        return type(self)(self.dataset, self.entry, changed, self.folder, self._known)

    @classmethod
    def compute(
        cls,
        dataset: str,
        entry: Mapping[str, Any],
        settings: Mapping[str, Any],
        sources: Path,
        upto: str = "decide",
    ) -> Self:
        """Run the stages on a dataset in this process, without Snakemake.

        Parameters
        ----------
        dataset, entry, settings
            As for the class.
        sources : Path
            The folder from which the paths of the entry's sources start.
        upto : str, default "decide"
            The last stage: tabulate, measure, infer, pool, label, population or decide.

        Returns
        -------
        Study
            Its tables are those that the workflow writes, to the last byte.

        Raises
        ------
        InputError
            If a source cannot be used.
        """
        # By name: a step depends on the stages that it runs, and not on all of them.
        stages = import_module("emergence.stages.run")
        return stages.run(cls(dataset, entry, settings), sources, upto)

    @property
    def scores(self) -> pa.Table:
        """One row a score: schema `SCORES`."""
        return self._table("scores")

    @property
    def rejects(self) -> pa.Table:
        """The entries that made no score: schema `REJECTS`."""
        return self._table("rejects")

    @property
    def curves(self) -> pa.Table:
        """One row a scale curve: schema `CURVES`."""
        return self._table("curves")

    @property
    def outcomes(self) -> pa.Table:
        """What each single answer came to, one row a score: schema `OUTCOMES`; may be empty."""
        return self._of_answers("outcomes")

    @property
    def resampled(self) -> pa.Table:
        """What the drawn examples show of each curve with answers: schema `RESAMPLED`."""
        return self._of_answers("resampled")

    @property
    def metric_differences(self) -> pa.Table:
        """What they show of two metrics of the same answers: schema `METRIC_DIFFERENCES`."""
        return self._of_answers("metric_differences")

    @property
    def model_differences(self) -> pa.Table:
        """What they show of two models: schema `MODEL_DIFFERENCES`."""
        return self._of_answers("model_differences")

    @property
    def inference(self) -> pa.Table:
        """What each curve alone shows: schema `INFERENCE`, rows as in `curves`."""
        return self._table("inference")

    @property
    def pooled(self) -> pa.Table:
        """What needs the other tasks: schema `POOLED`, rows as in `curves`."""
        return self._table("pooled")

    @property
    def units(self) -> pa.Table:
        """The units in which tasks lend each other strength: schema `UNITS`."""
        return self._table("units")

    @property
    def residuals(self) -> pa.Table:
        """Each model's mean residual in a unit: schema `RESIDUALS`."""
        return self._table("residuals")

    @property
    def labels(self) -> pa.Table:
        """What belongs to the whole dataset: schema `LABELS`, rows as in `curves`."""
        return self._table("labels")

    @property
    def sources(self) -> Mapping[str, Any]:
        """The files that were read, with checksums."""
        return self._document("sources")

    @property
    def population(self) -> Mapping[str, Any]:
        """The distribution of exponents in each group of curves: `emergence.pooling.groups`."""
        return self._document("population")

    @property
    def claims(self) -> Mapping[str, Any]:
        """The published claims, decided."""
        return self._document("claims")

    @property
    def summary(self) -> Mapping[str, Any]:
        """The numbers that the pages state."""
        return self._document("summary")

    @property
    def experiments(self) -> Mapping[str, Any] | None:
        """What was found of networks that were trained here; None for all other datasets."""
        there = self.folder is not None and (self.folder / "experiments.json").is_file()
        return self._document("experiments") if there or "experiments" in self._known else None

    def stored(self, name: str) -> pa.Table:
        """Return a table as it is at hand: its texts may be dictionaries, which is faster.

        Parameters
        ----------
        name : str
            One of `TABLES` or `OF_ANSWERS`.

        Returns
        -------
        pyarrow.Table
        """
        if name not in self._known:
            self._known[name] = read_table(self._path(name, "parquet"), schema_of(name))
        return self._known[name]

    def _of_answers(self, name: str) -> pa.Table:
        there = self.folder is not None and (self.folder / f"{name}.parquet").is_file()
        return self._table(name) if there or name in self._known else schema_of(name).empty_table()

    def _table(self, name: str) -> pa.Table:
        table = self.stored(name)
        if any(pa.types.is_dictionary(kind) for kind in table.schema.types):
            table = self._known[name] = table.cast(schema_of(name))
        return table

    def _document(self, name: str) -> Mapping[str, Any]:
        if name not in self._known:
            path = self._path(name, "json")
            try:
                self._known[name] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise InputError(
                    f"cannot be read: {error}", where=str(path), remedy=to_make_again(path)
                ) from error
        return self._known[name]

    def _path(self, name: str, ending: str) -> Path:
        stage = _MADE_BY.get(name)
        if self.folder is None:
            raise LookupError(f"{name!r} of {self.dataset!r} is not there before stage {stage!r}")
        path = self.folder / f"{name}.{ending}"
        if not path.is_file():
            raise InputError(
                f"is missing: stage '{stage}' makes it",
                where=str(path),
                remedy=f"Make it: make report DATASETS={shlex.quote(self.dataset)}",
            )
        return path

    @cached_property
    def metrics(self) -> Metrics:
        """What is known of each metric, the sources' own word included."""
        if "metrics" in self._known:
            return self._known["metrics"]
        return metrics(
            METRIC_CATALOG.rows,
            self.entry.get("metrics", {}),
            f"entry {self.dataset!r}",
            stated_directions(self.sources["files"]),
        )

    @cached_property
    def annotations(self) -> Mapping[str, Mapping[str, Any]]:
        """Hand annotations by task; empty where the dataset's tasks have none."""
        if "annotations" in self._known:
            return self._known["annotations"]
        if self.entry.get("task_names") != "bigbench":
            return {}
        return {row["task"]: row for row in EMERGENT_ANNOTATIONS.rows}

    @cached_property
    def inventory(self) -> Sequence[Mapping[str, Any]]:
        """BIG-bench's tasks and subtasks: rows of `emergence.facts.task_inventory`."""
        if "inventory" in self._known:
            return self._known["inventory"]
        return TASK_INVENTORY.rows

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a curve: what claims and figures look at of the tables of curves."""
        seen: set[str] = set()
        parts = []
        for table in (self.curves, self.inference, self.pooled, self.labels):
            names = [name for name in table.column_names if name in _FRAME - seen]
            seen.update(names)
            parts.append(table.select(names).to_pandas())
        frame = pd.concat(parts, axis=1)
        return frame.assign(benchmark=self._benchmarks(frame["task"]))

    def _benchmarks(self, task: pd.Series) -> pd.Series:
        """Return what each task is a part of: parts of a benchmark are no independent votes."""
        whole = dict(self.entry.get("benchmark_of", {}))
        unknown = sorted(set(whole) - set(task))
        if unknown:
            raise InputError(
                f"benchmark_of names {', '.join(map(repr, unknown))}, which is no task here",
                where=f"entry {self.dataset!r}",
                remedy=f"Tasks are: {shorten(', '.join(sorted(set(task))))}.",
            )
        return task.map(lambda name: whole.get(name, name)) if whole else task

    @cached_property
    def lists(self) -> Mapping[str, list]:
        """List columns of the curves by name, one entry a row of `frame`."""
        return {name: self.curves[name].to_pylist() for name in _LISTS}

    @cached_property
    def votes(self) -> pd.DataFrame:
        """The curves that claims rest on: `emergence.votes.is_vote`."""
        return self.frame[is_vote(self.frame)]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Those of `votes` with enough scales for a sharpness."""
        votes = self.votes
        return votes[(votes["n_scales"] >= FEWEST_SCALES) & votes["sharpness"].notna()]

    def generator(self, seed: int, purpose: str) -> np.random.Generator:
        """Return the random stream of one purpose.

        Parameters
        ----------
        seed : int
        purpose : str
            What it draws: two purposes have independent streams.

        Returns
        -------
        numpy.random.Generator
        """
        return generator(seed, self.dataset, purpose)

    def of_rows(self, rows: Sequence[int], labels: pa.Table) -> Self:
        """Return some of the curves, with labels under another setting.

        Parameters
        ----------
        rows : sequence of int
            Of `curves`.
        labels : pyarrow.Table
            Of these curves, in this order.

        Returns
        -------
        Study
        """
        some = self.having(labels=labels)
        names = [name for name in labels.column_names if name in _FRAME - {"curve_id"}]
        other = labels.select(names).to_pandas()
        frame = self.frame.iloc[rows].reset_index(drop=True)
        some.frame = frame.assign(**{name: other[name] for name in names})
        some.lists = {name: [values[row] for row in rows] for name, values in self.lists.items()}
        return some
