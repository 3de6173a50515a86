"""`--metric`: a metric that no catalogue has, declared on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from emergence.cli import main
from emergence.cli.declared import declared_metrics
from emergence.errors import InputError

HEADER = "task,metric,model_family,model,n_params,score,n_examples\n"


@pytest.fixture(autouse=True)
def scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"t,my_loss,f,m{i},{4**i}e6,{5 - i * i / 4},100\n" for i in range(5)]
    Path("scores.csv").write_text(HEADER + "".join(lines))


def sharpness(capsys: pytest.CaptureFixture[str], *options: str) -> float:
    assert main(["score", "scores.csv", "--output", "json", *options]) == 0
    (curve,) = json.loads(capsys.readouterr().out)
    return curve["sharpness"]


def test_lower_is_better_turns_the_curve(capsys):
    """Without a word a metric is taken as one where higher is better."""
    assert sharpness(capsys) < 0
    assert sharpness(capsys, "--metric", "my_loss=continuous:lower") > 0


def test_an_entry_keeps_it(capsys):
    """What `check --fix` writes is read by the workflow."""
    options = ["--metric", "my_loss=continuous:lower", "--fix", "--registry", "mine.yaml"]
    assert main(["check", "scores.csv", "--id", "mine", *options]) == 0
    entry = yaml.safe_load(Path("mine.yaml").read_text())["datasets"]["mine"]
    assert entry["metrics"] == {
        "my_loss": {"group": "continuous", "higher_is_better": False, "is_share_of_examples": False}
    }
    capsys.readouterr()


def test_a_share_of_examples():
    """Said by a third word; a name may have any sign, the equals sign too."""
    found = declared_metrics(["pass=1=discontinuous:higher:share"])
    assert found["pass=1"]["is_share_of_examples"] is True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("my_loss", "no metric is named"),
        ("=continuous:lower", "no metric is named"),
        ("my_loss=continous:lower", "did you mean 'continuous'?"),
        ("my_loss=continuous", "seen where higher or lower is required"),
        ("my_loss=continuous:down", "'down' seen where higher or lower is required"),
        ("my_loss=continuous:lower:yes", "'yes' seen where only share is allowed"),
    ],
)
def test_what_cannot_be_read_is_said(given, said):
    """With what to write instead."""
    with pytest.raises(InputError) as error:
        declared_metrics([given])
    assert said in str(error.value) and "NAME=GROUP:BETTER" in str(error.value)


def test_twice_is_refused():
    with pytest.raises(InputError, match="declared twice"):
        declared_metrics(["a=other:lower", "a=other:higher"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("my_los=continuous:lower", "did you mean 'my_loss'?"),
        ("acc=continuous:higher", "acc"),
    ],
)
def test_of_no_score_or_of_the_catalogue_is_refused(given, said, capsys):
    """A word that changes nothing, and one against the catalogue."""
    assert main(["check", "scores.csv", "--metric", given]) != 0
    assert said in capsys.readouterr().err
