"""Curves over other axes: which scores they join, what they are called, and what stays."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from emergence import Study
from emergence.axes import AXES, axes_of, axis_said, sizes_along
from emergence.curves import build_curves
from emergence.errors import InputError
from emergence.facts.metric_catalog import Metric, Metrics
from emergence.identity import measured
from emergence.pages.words import extent, place
from emergence.scores import assemble
from emergence.scores_table import SOURCE_REJECTS
from emergence.settings import defaults
from emergence.sources import cells
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.summary import summarize

PARAMS, TOKENS, FLOPS, LOSS = AXES.values()

SIZES = (1e7, 1e8, 1e9, 1e10)
RATIOS = (1, 4)


def grid(**fields):
    """Sizes by token ratios: tokens follow from both, and loss falls with FLOPs."""
    rows = []
    for size in SIZES:
        for ratio in RATIOS:
            flops = 6 * size * 20 * ratio * size
            rows.append(
                {
                    "model": f"{size:g}-{ratio}",
                    "scale": size,
                    "condition": f"token_ratio={ratio}",
                    "tokens": 20 * ratio * size,
                    "flops": flops,
                    "loss": 40 * flops**-0.05,
                    "score": 0.1 + 0.05 * math.log10(flops / 1e15),
                    "n_examples": 100,
                    **fields,
                }
            )
    return rows


@pytest.fixture
def curves_over(source_rows, known_metrics):
    def make(entries, *axes):
        rows = source_rows(entries)
        found = assemble("data", rows, SOURCE_REJECTS.empty_table(), known_metrics)
        return build_curves(found.scores, known_metrics, axes=axes)

    return make


class TestWhichScores:
    def test_over_flops_all_ratios_make_one_curve(self, curves_over):
        (curve,) = curves_over(grid(), FLOPS).to_pylist()
        assert curve["condition"] == "" and curve["n_scales"] == 8
        assert curve["scales"] == sorted(curve["scales"])
        assert curve["scores"] == sorted(curve["scores"])
        assert (curve["axis"], curve["main_axis"]) == ("flops", True)

    def test_loss_goes_from_high_to_low(self, curves_over):
        (curve,) = curves_over(grid(), LOSS).to_pylist()
        assert curve["scales"] == sorted(curve["scales"], reverse=True)
        assert curve["scores"] == sorted(curve["scores"])
        # A straight line in ln FLOPs is one in ln loss: the same measures.
        (over_flops,) = curves_over(grid(), FLOPS).to_pylist()
        assert curve["models"] == over_flops["models"]
        assert curve["sharpness"] == over_flops["sharpness"]
        assert curve["onset"] == pytest.approx(over_flops["onset"])

    def test_over_tokens_the_size_is_fixed(self, curves_over):
        rows = curves_over(grid(), TOKENS).to_pylist()
        sizes = [f"n_params={size:.0f}" for size in SIZES]
        assert sorted(row["condition"] for row in rows) == sorted(sizes)
        assert [row["n_scales"] for row in rows] == [2] * 4

    def test_other_conditions_stay(self, curves_over):
        rows = [
            {**row, "condition": f"{row['condition']};corpus={corpus}"}
            for row in grid()
            for corpus in "ab"
        ]
        found = curves_over(rows, FLOPS).to_pylist()
        assert [row["condition"] for row in found] == ["corpus=a", "corpus=b"]

    def test_an_axis_absorbs_what_the_entry_says(self, curves_over):
        (axis,) = axes_of({"axes": [{"axis": "flops", "absorbs": []}]})
        found = curves_over(grid(), axis).to_pylist()
        assert [row["condition"] for row in found] == ["token_ratio=1", "token_ratio=4"]

    def test_models_of_one_loss_are_a_tie(self, curves_over):
        rows = grid()
        rows[3]["loss"] = rows[2]["loss"]
        (curve,) = curves_over(rows, LOSS).to_pylist()
        assert (curve["n_scales"], curve["n_ties"]) == (7, 1)
        assert " = " in curve["models"][2]

    def test_a_larger_model_may_have_the_higher_loss(self, curves_over):
        rows = grid()
        rows[0]["loss"], rows[-1]["loss"] = rows[-1]["loss"], rows[0]["loss"]
        (curve,) = curves_over(rows, LOSS).to_pylist()
        assert curve["models"][0] == rows[-1]["model"]
        assert curve["size_slope"] is None or curve["size_slope"] > 0

    def test_without_a_place_a_score_is_dropped_and_counted(self, curves_over):
        rows = grid()
        rows[0]["flops"], rows[1]["flops"] = None, 0.0
        (curve,) = curves_over(rows, FLOPS).to_pylist()
        assert (curve["n_scales"], curve["n_dropped"]) == (6, 2)

    def test_curves_without_any_place_are_not_there(self, curves_over):
        rows = [*grid(), *grid(task="other", flops=None)]
        assert curves_over(rows, FLOPS)["task"].to_pylist() == ["arithmetic"]
        assert curves_over(grid(flops=None), FLOPS).num_rows == 0

    def test_replicates_may_have_losses_of_their_own(self, curves_over):
        rows = [
            {**row, "replicate": seed, "loss": row["loss"] + shift}
            for row in grid()
            for seed, shift in (("1", 0.0), ("2", 1e-3))
        ]
        (curve,) = curves_over(rows, LOSS).to_pylist()
        assert curve["n_scales"] == 16 and curve["n_ties"] == 0
        (over_flops,) = curves_over(rows, FLOPS).to_pylist()
        assert over_flops["n_scales"] == 8


class TestNames:
    def test_another_axis_is_one_more_field_of_the_id(self, curves_over):
        (curve,) = curves_over(grid(), FLOPS).to_pylist()
        fields = ("data", "arithmetic", "", "accuracy", "family", "", "", "flops")
        digest = hashlib.sha256(b"".join(map(measured, fields))).hexdigest()
        assert curve["curve_id"] == digest[:16] == "e4a0e076b2bd7215"

    def test_adding_an_axis_leaves_the_rows_of_the_others(self, curves_over):
        alone = curves_over(grid(), PARAMS)
        both = curves_over(grid(), PARAMS, FLOPS, LOSS)
        assert both.slice(0, alone.num_rows).equals(alone)
        assert both["main_axis"].to_pylist() == [True] * alone.num_rows + [False] * 2
        assert (
            both.filter(both["axis"].to_numpy() == "flops")
            .drop_columns("main_axis")
            .equals(curves_over(grid(), FLOPS).drop_columns("main_axis"))
        )
        assert len(set(both["curve_id"].to_pylist())) == both.num_rows

    def test_the_order_of_rows_changes_nothing(self, curves_over):
        rows = grid() + grid(task="other")
        assert curves_over(rows, FLOPS, LOSS).equals(curves_over(rows[::-1], FLOPS, LOSS))

    @pytest.mark.parametrize(
        ("axis", "places", "said"),
        [
            ("params", [2.1e6, 3e11], "2.1M to 300B parameters"),
            ("tokens", [2.1e6, 3e11], "2.1M to 300B tokens"),
            ("flops", [1.816e15, 2.3e20], "1.82e15 to 2.3e20 FLOPs"),
            ("loss", [5.97492, 2.5], "loss 5.97 to 2.50"),
            ("tokens", [3e11], "300B tokens"),
        ],
    )
    def test_places_are_said_with_the_units_of_their_axis(self, axis, places, said):
        assert extent(places, axis) == said

    def test_a_place(self):
        assert place(9.999e17, "flops") == "1e18" and place(1.3e9, "params") == "1.3B"


class TestSlopes:
    def test_over_flops_half_of_the_logarithm_is_the_size(self, curves_over):
        rows = [row for row in grid() if row["condition"] == "token_ratio=1"]
        (curve,) = curves_over(rows, FLOPS).to_pylist()
        assert curve["size_slope"] == pytest.approx(0.5)
        (curve,) = curves_over(rows, LOSS).to_pylist()
        assert curve["size_slope"] == pytest.approx(0.5 / 0.05)

    def test_over_parameters_it_is_one_and_of_one_size_unknown(self, curves_over):
        found = curves_over(grid(), PARAMS, TOKENS)
        slopes = dict(zip(found["axis"].to_pylist(), found["size_slope"].to_pylist(), strict=True))
        assert slopes == {"params": 1.0, "tokens": None}

    def test_it_depends_on_the_curve_alone(self, curves_over):
        alone = curves_over(grid(), FLOPS)
        shorter = [row for row in grid(task="shorter") if row["scale"] < 1e10]
        together = curves_over([*grid(), *shorter, *grid(task="x")], FLOPS)
        (same,) = together.filter(together["task"].to_numpy() == "arithmetic").to_pylist()
        assert same == alone.to_pylist()[0]

    def test_sizes_rise_towards_better_models(self):
        scales = np.array([[8.0, 4.0, 2.0], [1.0, 2.0, 4.0]])
        slope = np.array([[2.0], [np.nan]])
        found = sizes_along(scales, scales[:, -1:], slope, np.array([[True], [False]]))
        # Halving the loss is worth four times the size; without a slope a place is its own size.
        np.testing.assert_allclose(found, [[1 / 16, 1 / 4, 1.0], [1.0, 2.0, 4.0]])


class TestWhatRestsOnThem:
    @pytest.fixture(scope="class")
    @classmethod
    def study(cls, source_rows):
        metric = Metric(group="discontinuous", is_share_of_examples=True, flags=())
        known_metrics = Metrics(accuracy=metric)
        rng = np.random.default_rng(1)
        rows = []
        for number in range(8):
            for row in grid(task=f"t{number}", low_score=0.0, n_examples=500):
                share = 0.05 + 0.8 * math.exp(-math.exp(2 - 0.6 * math.log(row["scale"] / 1e8)))
                rows.append({**row, "score": rng.binomial(500, share) / 500})
        rows = source_rows(rows)
        found = assemble("data", rows, SOURCE_REJECTS.empty_table(), known_metrics)
        files = [{"entries": rows.num_rows, "files": 1, "path": "x", "notes": []}]
        entry = {
            "axes": ["params", "flops", "loss"],
            "title": "x",
            "synthetic": True,
            "sources": [{"kind": "file", "format": "tidy", "path": "x"}],
        }
        known = {
            **{"scores": found.scores, "rejects": found.rejects, "sources": {"files": files}},
            **{"metrics": known_metrics},
        }
        started = Study("data", entry, {**defaults(), "draws": 100}, known=known)
        return label(pool(infer(measure(started))))

    def test_votes_are_over_the_first_axis(self, study):
        assert set(study.votes["axis"]) == {"params"} and len(study.votes) == 16
        assert summarize(study)["curves"]["total"] == 16
        assert [axis["curves"] for axis in summarize(study)["axes"]] == [16, 8, 8]

    def test_axes_have_units_of_their_own(self, study):
        units = study.units.to_pylist()
        assert [(row["axis"], row["tasks"]) for row in units] == [
            ("params", 8),
            ("params", 8),
            ("flops", 8),
            ("loss", 8),
        ]
        residuals = study.residuals.to_pandas()
        of_loss = residuals[residuals["axis"] == "loss"]["scale"]
        assert of_loss.is_monotonic_decreasing and len(of_loss)

    def test_exponents_are_in_parameters_over_every_axis(self, study):
        """The scores follow the law in the size, with b = .6; over loss it is ten times as much."""
        frame = study.frame
        for axis in ("flops", "loss"):
            assert frame[frame["axis"] == axis]["exponent"].median() == pytest.approx(0.6, rel=0.35)

    def test_there_is_no_break_over_loss(self, study):
        frame = study.pooled.to_pandas().assign(axis=study.curves["axis"].to_pandas())
        over_loss = frame[frame["axis"] == "loss"]
        assert set(over_loss["p_steep_missing"]) == {"axis"} and over_loss["p_steep"].isna().all()
        assert frame[frame["axis"] == "flops"]["p_steep"].notna().all()
        verdicts = study.labels.filter(study.curves["axis"].to_numpy() == "loss")["verdict"]
        assert not {"beyond_smooth", "smooth_suffices"} & set(verdicts.to_pylist())


class TestWhatIsSaid:
    def test_an_axis_twice(self):
        with pytest.raises(InputError, match="named twice"):
            axes_of({"axes": ["flops", {"axis": "flops", "absorbs": []}]})

    def test_of_the_command_line(self):
        assert axis_said("flops") == "flops"
        assert axis_said("loss=a,b") == {"axis": "loss", "absorbs": ["a", "b"]}
        with pytest.raises(InputError, match="flops"):
            axis_said("flop")
        with pytest.raises(InputError, match="no condition varies"):
            axis_said("params=a")

    def test_an_axis_of_which_the_scores_say_nothing(self, command, tmp_path):
        (tmp_path / "s.csv").write_text(
            "task,metric,model_family,model,n_params,score\nt,acc,F,m,1e9,0.5\n"
        )
        status, _, error = command("score", "s.csv", "--axis", "loss")
        assert status == 1 and "no score has loss" in error and "--column loss=COLUMN" in error

    def test_a_report_over_flops(self, command, tmp_path):
        lines = ["task,metric,model_family,model,n_params,training,score,n_examples,low_score"]
        for i in range(6):
            lines.append(f"t,acc,F,m{i},1e{7 + i},{10.0 ** (15 + 2 * i):g},{0.1 * i},100,0")
        (tmp_path / "s.csv").write_text("\n".join(lines))
        mapped = ("--column", "flops=training")
        status, said, error = command("score", "s.csv", *mapped)
        assert status == 0 and "--axis params flops" in error
        status, said, error = command("score", "s.csv", *mapped, "--axis", "flops")
        assert (status, error) == (0, "") and "flops" in said
        status, said, _ = command("check", "s.csv", *mapped, "--axis", "params", "flops")
        assert status == 0 and "- flops" in said
        status, said, _ = command("report", "s.csv", *mapped, "--axis", "flops", "--out", "out")
        assert status == 0 and "1e15 to 1e25 FLOPs" in said and "of 1 curves rise" in said
        page = (tmp_path / "out/index.html").read_text()
        assert "1e15 to 1e25 FLOPs" in page and "0M parameters" not in page
        assert "--axis flops" in page
        axes = ("--axis", "params", "flops")
        status, said, _ = command("report", "s.csv", *mapped, *axes, "--out", "out")
        assert status == 0 and "of 1 curves rise" in said, "the second axis counts nothing twice"
        page = (tmp_path / "out/index.html").read_text()
        assert "10M to 1T parameters" in page and "1e15 to 1e25 FLOPs" in page
        assert "emergence show summary:axes:1.curves" in page
        status, said, _ = command("show", "summary:axes:1.curves", "--processed", "out/tables")
        assert (status, said.split()[0]) == (0, "1")


class TestCells:
    @pytest.mark.parametrize(
        ("cell", "value"),
        [("", None), ("0", 0.0), ("300B", 3e11), ("1.8e21", 1.8e21), ("nan", None)],
    )
    def test_amounts(self, cell, value):
        assert cells.amount(cell) == value

    @pytest.mark.parametrize(
        ("parse", "cell", "reason"),
        [
            (cells.amount, "-1", "out_of_range"),
            (cells.amount, "1e70", "out_of_range"),
            (cells.amount, "many", "not_a_number"),
            (cells.loss, "0", "out_of_range"),
            (cells.loss, "-2", "out_of_range"),
            (cells.loss, "inf", "out_of_range"),
        ],
    )
    def test_what_cannot_be_one(self, parse, cell, reason):
        with pytest.raises(cells.Unusable) as caught:
            parse(cell)
        assert caught.value.reason == reason
