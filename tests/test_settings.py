"""The settings: the model, the schema that is made from it, the file of defaults, the rules."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emergence import settings
from emergence.errors import InputError
from emergence.registry import check_against_schema, load_yaml
from emergence.settings import SECTIONS, InferenceSettings, schema, section

ROOT = Path(__file__).resolve().parents[1]
CONFIG: dict[str, Any] = load_yaml(ROOT / "workflow/config.yaml")


def defaults() -> dict[str, Any]:
    """All settings as the model has them."""
    return {name: value for one in SECTIONS.values() for name, value in one().plain().items()}


class TestTheModel:
    def test_has_the_defaults_of_the_file_that_the_workflow_reads(self):
        """Without a project around it, as after `pip install`, the library has these only."""
        assert defaults() == CONFIG

    def test_a_setting_of_several_sections_is_the_same_in_each(self):
        """The schema has it once, and so has the configuration."""
        declared: dict[str, Any] = {}
        for one in SECTIONS.values():
            own = msgspec.json.schema(one)["$defs"][one.__name__]["properties"]
            for name, field in own.items():
                assert declared.setdefault(name, field) == field, name

    @pytest.mark.parametrize(
        "changed",
        [
            {"seed": -1},
            {"seed": 1.5},
            {"seed": "1 or 2"},
            {"level": 0.4},
            {"b_max_beside": [0.0]},
            {"fdr": 0},
            {"exclude_known_bad": "perhaps"},
            {"argmax_groups": "multiple_choice"},
            {"datasets": []},
            {"same_outputs": {**CONFIG["same_outputs"], "metrics": []}},
            {"claims": {**CONFIG["claims"], "p": 0.6}},
            {"claims": {**CONFIG["claims"], "clustering": {"fewest_tasks": 1}}},
            {"sensitivity": {**CONFIG["sensitivity"], "level": [2]}},
        ],
    )
    def test_refuses_what_its_schema_refuses(self, changed):
        """One says it in a person's words, the other is what a library user meets."""
        config = {**CONFIG, **changed}
        with pytest.raises(InputError, match=f"setting '{next(iter(changed))}'"):
            check_against_schema(config, schema(), where="configuration", unit="setting")
        with pytest.raises(InputError, match=r"^configuration: Expected|^configuration: Object"):
            section(config, *SECTIONS)

    def test_refuses_nan(self):
        """It is below no minimum and above no maximum."""
        with pytest.raises(InputError, match="level"):
            InferenceSettings.of({**CONFIG, "level": float("nan")})

    def test_a_section_takes_its_own_and_lacks_none(self):
        """A default in the place of what was forgotten would be a silent change."""
        own = {"seed": 3, "level": 0.9, "b_max": 1, "draws": 100.0}
        found = InferenceSettings.of({**own, "b_max_beside": [2], "top_curves": 3})
        assert (found.draws, found.b_max, found.b_max_beside) == (100, 1.0, (2.0,))
        with pytest.raises(KeyError, match="b_max_beside"):
            InferenceSettings.of(own)


class TestTheSchema:
    def test_the_committed_one_is_in_step(self):
        """Editors and people read it; configurations are checked against the model's own."""
        committed = json.loads(settings.SCHEMA.read_text(encoding="utf-8"))
        assert committed == schema(), "write it anew: .venv/bin/python -m emergence.settings"

    def test_the_command_that_writes_it(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(settings, "SCHEMA", tmp_path / "config.schema.json")
        settings.main()
        assert json.loads(settings.SCHEMA.read_text(encoding="utf-8")) == schema()
        assert capsys.readouterr().out == f"written: {settings.SCHEMA}\n"

    def test_every_setting_has_a_meaning_and_none_is_optional(self):
        """A configuration is complete when it is checked: what is missing was left out."""
        whole = schema()
        for part in (whole, *whole["$defs"].values()):
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False
            for name, field in part["properties"].items():
                group = whole["$defs"][field["$ref"].rsplit("/")[-1]] if "$ref" in field else field
                assert group["description"], name

    def test_what_is_unknown_is_refused_at_every_depth(self):
        """With the name that was meant."""
        config = {**CONFIG, "top_curvez": 3, "claims": {**CONFIG["claims"], "clustring": {}}}
        with pytest.raises(InputError) as error:
            check_against_schema(config, schema(), where="configuration", unit="setting")
        assert "unknown field 'top_curvez': did you mean 'top_curves'?" in str(error.value)
        assert "setting 'claims': unknown field 'clustring': did you mean 'clustering'?" in str(
            error.value
        )


#: The sections that each rule passes to its step.
RULES = {
    rule: re.findall(r'"(\w+)"', sections)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for rule, sections in re.findall(
        r"^rule (\w+):(?:(?!^rule ).)*?settings=section\(([^)]*)\)",
        path.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}


class TestTheRules:
    @pytest.mark.parametrize(
        ("setting", "rules"),
        [
            ("page_rows", {"report"}),
            ("top_curves", {"report", "figures"}),
            ("draws", {"infer", "conclude", "resample", "report"}),
            ("sensitivity", {"conclude", "report"}),
            # What the labels rest on is on all pages.
            # Claim 5 is decided on drawn examples, too.
            ("sharpness", {"conclude", "resample", "report", "figures", "explorer"}),
            ("claims", {"conclude", "resample", "report", "figures"}),
            ("b_max", {"infer", "conclude", "resample", "report", "figures", "explorer"}),
            # Neither changes a result.
            ("allow_full_clone", set()),
            ("shards", set()),
        ],
    )
    def test_run_again_when_a_setting_of_theirs_changes(self, setting, rules):
        """A changed number of drawn curves must not cost an inference."""
        assert {
            rule for rule, names in RULES.items() if setting in section(CONFIG, *names)
        } == rules

    def test_parameters_are_plain(self):
        """Snakemake compares them as text and sends them to other processes."""

        def check(value):
            assert type(value) in (dict, list, str, int, float, bool), value
            for inner in value if isinstance(value, list) else ():
                check(inner)
            for inner in value.values() if isinstance(value, dict) else ():
                check(inner)

        taken = section(CONFIG, *SECTIONS)
        check(taken)
        assert pickle.loads(pickle.dumps(taken)) == taken == CONFIG

    def test_the_same_settings_are_the_same_parameters(self):
        """However they are written: 1 is 1.0 where a number belongs."""
        assert repr(section({**CONFIG, "sharpness": 1}, "page")) == repr(section(CONFIG, "page"))
