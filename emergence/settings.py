"""The settings: one section a stage, each with type, range, meaning and default.

A configuration is flat: the fields of all sections together. `workflow/config.yaml` is the one
that the workflow reads, with a comment on when to change each. From here comes the JSON schema
that configurations are checked against; ``python -m emergence.settings`` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta, Struct, field

from emergence.errors import InputError

SCHEMA = Path(__file__).parent / "schemas/config.schema.json"

#: Levels of tests, and the share of false discoveries.
_Small = Annotated[float, Meta(gt=0, le=0.5)]
_Level = Annotated[float, Meta(ge=0.5, le=0.999)]
_Exponent = Annotated[float, Meta(ge=0.01, le=20)]
_Sharpness = Annotated[float, Meta(ge=0)]
_Seed = Annotated[int, Meta(ge=0)]
_Draws = Annotated[int, Meta(ge=100, le=1_000_000)]
#: With a mean and a spread.
_FewestTwo = Annotated[int, Meta(ge=2)]


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings, which refuses unknown ones."""


class SameOutputs(_Strict):
    """Model families that repeat the outputs of another family."""

    families: Annotated[
        dict[str, str], Meta(description="The family that is left out, and the one that stays")
    ] = field(default_factory=lambda: {"BIG-G T=1": "BIG-G T=0"})
    output_groups: Annotated[
        tuple[str, ...], Meta(description="Output groups of the metrics for which this holds")
    ] = ("multiple_choice",)


class PreferredMetrics(_Strict):
    """Claim 1, on preferred metrics."""

    most: Annotated[
        int, Meta(ge=0, description="Supported if at most this many metrics have an apparent task")
    ] = 5
    fewest_metrics: Annotated[
        int, Meta(ge=1, description="Not decidable with fewer preferred metrics")
    ] = 10
    fewest_tasks: Annotated[
        int, Meta(ge=1, description="Not decidable with fewer apparent tasks")
    ] = 5


class Clustering(_Strict):
    """Claim 3, on discontinuous and continuous metrics."""

    fewest_tasks: Annotated[_FewestTwo, Meta(description="Fewest tasks with both kinds")] = 10


class Agreement(_Strict):
    """Claim 4, on hand annotations."""

    fewest_positives: Annotated[
        _FewestTwo, Meta(description="Fewest tasks annotated as emergent")
    ] = 5
    fewest_negatives: Annotated[_FewestTwo, Meta(description="Fewest other annotated tasks")] = 5
    families: Annotated[
        dict[str, str], Meta(description="Annotated model family, and the family in the data")
    ] = field(default_factory=lambda: {"LaMDA": "BIG-G T=0", "GPT-3": "GPT"})
    by_discontinuity: Annotated[
        dict[str, str],
        Meta(description="The same for families with too few scales for a sharpness"),
    ] = field(default_factory=lambda: {"PaLM": "PaLM"})


class Switching(_Strict):
    """Claim 5, on pairs of metrics of the same outputs."""

    fewest_tasks: Annotated[
        _FewestTwo, Meta(description="Fewest tasks on which the two kinds of metric disagree")
    ] = 6
    draws: Annotated[
        int, Meta(ge=1, le=10_000, description="Draws of the noise that matches the two curves")
    ] = 20


class Resolution(_Strict):
    """Claim 6, on the number of examples."""

    fewest_curves: Annotated[_FewestTwo, Meta(description="Fewest curves")] = 10
    share: Annotated[float, Meta(gt=0, lt=1, description="Share of tasks that decides")] = 0.5
    power: Annotated[
        float,
        Meta(gt=0, lt=1, description="Power of the test for the number of examples needed"),
    ] = 0.8


class Claims(_Strict):
    """Rules of the claims."""

    p: Annotated[
        _Small, Meta(description="Largest p-value that supports or contradicts a claim")
    ] = 0.05
    draws: Annotated[_Draws, Meta(description="Shuffles of labels")] = 20_000
    bootstrap: Annotated[_Draws, Meta(description="Resamples of tasks for the intervals")] = 2_000
    preferred_metrics: PreferredMetrics = PreferredMetrics()
    clustering: Clustering = Clustering()
    agreement: Agreement = Agreement()
    switching: Switching = Switching()
    resolution: Resolution = Resolution()


class Sensitivity(_Strict):
    """Other values of three settings, one at a time."""

    sharpness: Annotated[tuple[_Sharpness, ...], Meta(description="Other values of sharpness")] = (
        0.75,
        1.5,
        2.0,
    )
    fdr: Annotated[tuple[_Small, ...], Meta(description="Other values of fdr")] = (0.01, 0.1)
    level: Annotated[tuple[_Level, ...], Meta(description="Other values of level")] = (0.9, 0.99)


class Section(_Strict):
    """The settings that a stage of the workflow reads."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Take the section's own settings from a configuration.

        Parameters
        ----------
        settings : mapping
            Flat; what belongs to other sections is passed over.

        Returns
        -------
        Section

        Raises
        ------
        KeyError
            If it lacks one of them: a default in its place would be a silent change.
        InputError
            If a value is of another type, or out of its range.
        """
        own = {name: settings[name] for name in cls.__struct_fields__}
        try:
            # Not strict: to JSON Schema 3.0 is an integer.
            return msgspec.convert(own, cls, strict=False)
        except msgspec.ValidationError as error:
            raise InputError(str(error), where="configuration") from error

    def plain(self) -> dict[str, Any]:
        """Return the settings by name, as plain JSON types."""
        # By way of text: tuples become lists.
        return json.loads(json.dumps(msgspec.to_builtins(self)))


class WorkflowSettings(Section):
    """Datasets to build, and the number of parts."""

    datasets: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=1)] | str,
        Meta(description="Ids of datasets to build; all: those that need no network"),
    ] = ("bigbench-public", "metric-pairs", "open-lm")
    registries: Annotated[
        tuple[str, ...] | str, Meta(description="Paths of registries beside the project's own")
    ] = ()
    shards: Annotated[
        int, Meta(ge=1, le=1000, description="Number of parts of an inference, each one job")
    ] = 2


class FetchSettings(Section):
    """How files are fetched. No result depends on it."""

    allow_full_clone: Annotated[
        bool, Meta(description="Fetch a whole repository from a server that cannot send a part")
    ] = False


class _Common(Section):
    """Settings that nearly every stage reads."""

    seed: Annotated[_Seed, Meta(description="Seed of all random draws")] = 20230428
    level: Annotated[_Level, Meta(description="Level of all intervals and ranges")] = 0.95
    b_max: Annotated[_Exponent, Meta(description="Largest exponent of the smooth law")] = 0.5
    b_max_beside: Annotated[
        tuple[_Exponent, ...],
        Meta(description="Other values of b_max", extra_json_schema={"uniqueItems": True}),
    ] = (0.25, 1.0)


#: Of the ranges.
_Resamples = Annotated[_Draws, Meta(description="Resamples of each curve")]


class InferenceSettings(_Common):
    """Settings of the inference."""

    draws: _Resamples = 1000


class ResamplingSettings(Section):
    """Settings of the joint resampling of examples."""

    seed: Annotated[_Seed, Meta(description="Seed of all random draws")] = 20230428
    level: Annotated[_Level, Meta(description="Level of all intervals and ranges")] = 0.95
    draws: Annotated[_Draws, Meta(description="Resamples of each curve")] = 1000


class PoolingSettings(_Common):
    """Settings of pooling."""

    exclude_known_bad: Annotated[
        bool, Meta(description="Exclude data that are known to be bad from verdicts and claims")
    ] = True
    same_outputs: SameOutputs = SameOutputs()


#: Read by the verdicts, and by a claim.
_Apparent = Annotated[
    _Sharpness, Meta(description="Sharpness above which a rising curve looks emergent (apparent)")
]


class VerdictRules(PoolingSettings):
    """Rules of the labels and verdicts."""

    fdr: Annotated[_Small, Meta(description="Level of the false discovery rate for a rise")] = 0.05
    fdr_steep: Annotated[
        _Small, Meta(description="Level of the false discovery rate for a break")
    ] = 0.02
    fdr_steep_bounded: Annotated[
        _Small, Meta(description="The same for a break under a bounded score")
    ] = 0.002
    sharpness: _Apparent = 1.0
    argmax_groups: Annotated[
        tuple[str, ...],
        Meta(description="Output groups that take the likeliest choice"),
    ] = ("multiple_choice", "loglikelihood")


class ClaimRules(_Common):
    """Settings of the claims."""

    sharpness: _Apparent = 1.0
    claims: Claims = Claims()


class SensitivitySettings(Section):
    """Other settings under which verdicts and claims are shown."""

    sensitivity: Sensitivity = Sensitivity()


class FigureSettings(VerdictRules):
    """Settings of the figures, which show verdicts and claims and name their rules."""

    claims: Claims = Claims()
    top_curves: Annotated[int, Meta(ge=0, le=100, description="Curves drawn on the page")] = 12


class PageSettings(FigureSettings):
    """Settings of the page, which lists all of them."""

    page_rows: Annotated[int, Meta(ge=0, description="Rows of the page's table of curves")] = 500
    draws: _Resamples = 1000
    sensitivity: Sensitivity = Sensitivity()


#: Sections by the names that rules use.
SECTIONS: dict[str, type[Section]] = {
    "workflow": WorkflowSettings,
    "fetching": FetchSettings,
    "inference": InferenceSettings,
    "resampling": ResamplingSettings,
    "pooling": PoolingSettings,
    "verdicts": VerdictRules,
    "claims": ClaimRules,
    "sensitivity": SensitivitySettings,
    "figures": FigureSettings,
    "page": PageSettings,
}


def section(settings: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Take some sections from a configuration, as plain data: the parameters of a step.

    Parameters
    ----------
    settings : mapping
        The configuration.
    *names : str
        Of `SECTIONS`.

    Returns
    -------
    dict
        The settings of all of them by name; a whole number where a whole number belongs.
    """
    taken: dict[str, Any] = {}
    for name in names:
        taken |= SECTIONS[name].of(settings).plain()
    return taken


def defaults() -> dict[str, Any]:
    """Return a whole configuration with every default, as plain data.

    Returns
    -------
    dict
        Equal to `workflow/config.yaml` as it is shipped.
    """
    whole: dict[str, Any] = {}
    for one in SECTIONS.values():
        whole |= one().plain()
    return whole


def schema() -> dict[str, Any]:
    """Return the JSON schema of a whole configuration, draft 2020-12."""
    _, groups = msgspec.json.schema_components(SECTIONS.values(), ref_template="#/$defs/{name}")
    properties: dict[str, Any] = {}
    for one in SECTIONS.values():
        properties |= groups.pop(one.__name__)["properties"]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of the workflow",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": groups,
    }
    _finish(whole)
    return json.loads(json.dumps(whole))


def _finish(part: Any) -> None:
    """Ask for every setting, since configurations are whole; and name either of two types."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            part["required"] = list(part["properties"])
        if "anyOf" in part:
            # One list of types, of which a message can say what belongs there.
            options = part.pop("anyOf")
            part["type"] = [option.pop("type") for option in options]
            for option in options:
                part |= option
        for value in part.values():
            _finish(value)


def main() -> None:
    """Write the schema."""
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
    print(f"written: {SCHEMA}")


if __name__ == "__main__":
    main()
