"""Evaluate the tiny language models with lm-evaluation-harness: `python run_harness.py MODELS OUT`.

For each model and task the harness itself writes ``results_*.json`` and ``samples_*.jsonl``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from corpus import World, evaluation
from lm_eval.__main__ import cli_evaluate
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model
from network import CONTEXT, SIZES, Transformer
from torch.nn import functional

_CHOICE = """\
task: tiny_{name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {file}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{prompt}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{gold}}}}"
{delimiter}
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
  - {{metric: brier_score, aggregation: brier_score, higher_is_better: false}}
metadata: {{version: 1.0}}
"""
_GENERATION = """\
task: tiny_{name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {file}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "{{{{answer}}}}"
target_delimiter: " "
generation_kwargs: {{until: ["\\n"], max_gen_toks: 40, do_sample: false}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
filter_list:
  - name: none
    filter:
      - function: remove_whitespace
      - function: take_first
metadata: {{version: 1.0}}
"""


@register_model("tiny")
class Tiny(LM):
    """A tiny language model, as the harness asks for one: bytes in, log-likelihoods out."""

    def __init__(self, pretrained: str, folder: str, **_: object) -> None:
        super().__init__()
        self.network = Transformer(*SIZES[pretrained])
        weights = torch.load(Path(folder) / f"{pretrained}.pt", weights_only=True)
        self.network.load_state_dict(weights)
        self.network.eval()

    @torch.no_grad()
    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """Return the log-likelihood of each continuation, and whether it is the greedy one."""
        found = []
        for request in requests:
            context, continuation = (text.encode() for text in request.args)
            # Each question begins a line, as all lines of the training text do.
            tokens = torch.tensor(list(b"\n" + context + continuation))
            assert len(tokens) <= CONTEXT
            logits = self.network(tokens[None, :-1])[0, -len(continuation) :]
            target = tokens[-len(continuation) :]
            chosen = functional.log_softmax(logits.double(), -1).gather(1, target[:, None])
            greedy = bool((logits.argmax(-1) == target).all())
            found.append((float(chosen.sum()), greedy))
        return found

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Refuse: the harness's interface has it, and no task here asks for it."""
        raise NotImplementedError("no task here scores whole texts by likelihood")

    @torch.no_grad()
    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Return the greedy continuation of each context, up to the end of the line."""
        answers = []
        for request in requests:
            context, settings = request.args
            tokens = list(b"\n" + context.encode())
            begin = len(tokens)
            while len(tokens) < CONTEXT and len(tokens) - begin < settings["max_gen_toks"]:
                following = int(self.network(torch.tensor([tokens]))[0, -1].argmax())
                if following == ord("\n"):
                    break
                tokens.append(following)
            answers.append(bytes(tokens[begin:]).decode("utf-8", "replace"))
        return answers


def write_tasks(folder: Path) -> list[str]:
    """Write the questions and the harness's description of each task; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, questions in evaluation(World()).items():
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(question) + "\n" for question in questions))
        template = _CHOICE if "choices" in questions[0] else _GENERATION
        # A bracket follows at once, everything else after a blank.
        delimiter = f'target_delimiter: "{"" if name == "brackets" else " "}"'
        text = template.format(name=name, file=file, delimiter=delimiter)
        (folder / f"{name}.yaml").write_text(text)
        names.append(f"tiny_{name}")
    return names


def main(models: str, out: str, *more: str) -> None:
    """Evaluate every model on every task; what else is given are options of the harness."""
    tasks = write_tasks(Path(out) / "tasks")
    torch.set_num_threads(1)
    for name in SIZES:
        sys.argv = [
            "lm_eval",
            *("--model", "tiny", "--model_args", f"pretrained={name},folder={models}"),
            *("--tasks", ",".join(tasks), "--include_path", str(Path(out) / "tasks")),
            *("--output_path", str(Path(out) / "logs" / name), "--log_samples"),
            *more,
        ]
        cli_evaluate()


if __name__ == "__main__":
    main(*sys.argv[1:])
