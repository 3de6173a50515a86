# What all stages share: the settings, checked; the registry; the grammar of the paths.
#
#   {dataset}   id of a registry entry: lower-case letters, digits and hyphens
#
# Every input that belongs to the project is an absolute path from its own folder: relative
# paths would break under --directory and inside a module.

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(workflow.current_basedir).parent.parent

for folder in (ROOT, ROOT / "workflow"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import archiving
import lookups
from emergence import settings
from emergence.errors import InputError
from emergence.sources import has_answers, path_fields
from snakemake.exceptions import WorkflowError

# Several threads of BLAS change the last bits of sums, and cost time at this size: the
# steps take their parallelism from processes.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

# Snakemake puts the interpreter's path unquoted into the shell command of a script.
if os.path.exists(sys.executable):
    sys.executable = shlex.quote(sys.executable)

try:
    lookups.complete_settings(config)
    REGISTRY = lookups.registry(config["registries"])
    SELECTED = lookups.selected(config["datasets"], REGISTRY)
except InputError as error:
    raise WorkflowError(str(error))


wildcard_constraints:
    dataset="[a-z0-9][a-z0-9-]*",


def grown(first):
    """What a step asks for at its first attempt, and twice as much at each further one.

    The first is for a dataset of BIG-bench's size (docs/scaling.md); a profile says how many
    attempts there are.
    """
    return lambda wildcards, attempt: first * 2 ** (attempt - 1)


def step_code(step):
    """A digest of what a step runs: editing it reruns the step, a comment does not."""
    return lookups.step_code(step)


def facts(name):
    """A facts table of the project."""
    return str(ROOT / "emergence/facts" / f"{name}.csv")


def section(*names):
    """Sections of the settings, as a parameter: a rule runs again when one of its own changes."""
    return lambda wildcards: settings.section(config, *names)


def entry(wildcards):
    """The registry entry of a dataset, without its place on this machine."""
    fields = REGISTRY[known(wildcards.dataset)]
    return {name: value for name, value in fields.items() if name != "registry"}


def kind_of(dataset):
    """The kind of a dataset's sources."""
    return lookups.kind_of(REGISTRY[known(dataset)])


def only(datasets):
    """A pattern for the ids of the datasets that a rule is for; one that fits none without any."""
    return "|".join(datasets) or "(?!)"


def raw_files(dataset):
    """What stands in data/raw of a fetched or computed dataset; nothing for others.

    The manifest, and what a step reads beside it, so that it is made again if it is missing.
    """
    names = {"git": ["manifest.json"], "computed": ["manifest.json", "files/scores.csv"]}
    return [f"data/raw/{dataset}/{name}" for name in names.get(kind_of(dataset), [])]


def source_files(wildcards):
    """The files from which a dataset is read."""
    fields = REGISTRY[known(wildcards.dataset)]
    return raw_files(wildcards.dataset) or [
        str(Path(fields["registry"]) / source[name])
        for source in fields["sources"]
        for name in path_fields(source)
    ]


def source_states(wildcards):
    """What tells that a file in a source's folder was changed; nothing for single files."""
    fields = REGISTRY[known(wildcards.dataset)]
    return [
        lookups.folder_state(source, Path(fields["registry"]))
        for source in fields["sources"]
        if source["kind"] == "file" and Path(fields["registry"], source["path"]).is_dir()
    ]


def source_folder(wildcards):
    """The folder from which the paths of a dataset's sources start."""
    fields = REGISTRY[known(wildcards.dataset)]
    if lookups.asked(fields):
        return f"data/raw/{wildcards.dataset}/files"
    return fields["registry"]


def asked(wildcards):
    """What is fetched or computed for a dataset."""
    return lookups.asked(REGISTRY[wildcards.dataset])


def trains_networks(dataset):
    """Whether a dataset has experiments with trained networks."""
    return (lookups.asked(REGISTRY[known(dataset)]) or {}).get("program") == "induced"


def holds_answers(dataset):
    """Whether single answers stand in a dataset's sources."""
    fields = REGISTRY[known(dataset)]
    folder = Path(fields["registry"])
    try:
        return any(has_answers(source, folder) for source in fields["sources"])
    except InputError:
        # The step that reads the folder says what is wrong with it.
        return False


def drawn(wildcards):
    """What the drawn examples of a dataset show; nothing where no single answers are known."""
    if not holds_answers(wildcards.dataset):
        return []
    return expand(
        "data/processed/{dataset}/{table}.parquet",
        dataset=wildcards.dataset,
        table=["resampled", "metric_differences", "model_differences"],
    )


def drawn_beside(wildcards):
    """The same as tables beside the page."""
    return (
        expand(rules.resample.output.tables, dataset=wildcards.dataset) if drawn(wildcards) else []
    )


def experiments(wildcards):
    """The experiments of trained networks among the results; nothing for other datasets."""
    if not trains_networks(wildcards.dataset):
        return []
    return [f"data/processed/{wildcards.dataset}/experiments.json"]


def experiments_table(wildcards):
    """The table of these experiments beside the page; nothing for other datasets."""
    return (
        [f"reports/{wildcards.dataset}/tables/experiments.json"] if experiments(wildcards) else []
    )


def program_code(wildcards):
    """The same of the program that computes a dataset."""
    return lookups.program_code(asked(wildcards)["program"])


def known(dataset):
    try:
        return lookups.selected([dataset], REGISTRY)[0]
    except InputError as error:
        raise WorkflowError(str(error))


def other_summaries(wildcards):
    """Summaries of datasets that were built before and are not built now.

    They are parameters and no inputs: an input would be rebuilt when it is out of date.
    """
    others = [
        name
        for name in REGISTRY
        if name not in SELECTED and Path(f"reports/{name}/index.html").is_file()
    ]
    return lookups.file_digests(
        {name: Path(f"data/processed/{name}/summary.json") for name in others}
    )


def command(wildcards):
    """The command that builds a dataset's page again."""
    return lookups.command(wildcards.dataset, REGISTRY[known(wildcards.dataset)], config)


def title(wildcards):
    return REGISTRY[known(wildcards.dataset)]["title"]


def archived_files():
    """What an archive copies, by its name in the archive's copy of the project."""
    try:
        return archiving.archived_files(REGISTRY, SELECTED)
    except InputError as error:
        raise WorkflowError(str(error))


def archived_settings():
    """The settings that were used, and whether they are not the project's own."""
    return archiving.archived_settings(config, REGISTRY, SELECTED)
