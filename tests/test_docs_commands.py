"""Every command in the documentation is run by a test, or can be parsed and says it is not run.

docs/extending.md is run as a whole by `tests/test_docs_extending.py`. Here the commands of all
other pages are parsed by the programs' own parsers, and the examples of settings and entries are
checked against their schemas.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from emergence.cli.main import parser as emergence_parser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import run  # noqa: E402

NOT_RUN = "not run: network / over a minute"
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")),
]
BLOCK = re.compile(r"^( *)```(\w*) ?(.*?)\n(.*?)^\1```$", re.M | re.S)

#: A program at the beginning of a text in backticks makes it a command.
_PROGRAMS = ("make ", ".venv/bin/", "emergence ", "git clone", "conda env", "hf ")

#: Programs of the system that need no more than to be there, with what is documented of them.
_OF_THE_SYSTEM = {"cd", "sha256sum"}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Language, note and text of each block."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(language, note, text) for _, language, note, text in found]


def commands(text: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", text).strip().split("\n")
    return [line.strip() for line in joined if line.strip()]


def documented() -> list[tuple[str, str]]:
    """Page and command of all that stands in blocks and in lines of text."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for language, note, block in blocks(page):
            if language == "sh" and (page.name != "extending.md" or note):
                found += [(page.name, command) for command in commands(block)]
        for code in re.findall(r"`([^`]+)`", BLOCK.sub("", text)):
            if code.startswith(_PROGRAMS):
                found.append((page.name, " ".join(code.split())))
    return list(dict.fromkeys(found))


def assert_make(arguments: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    variables = set(re.findall(r"^([A-Z]+) \?=", makefile, re.M))
    for word in arguments:
        name, equals, _ = word.partition("=")
        assert (name in variables) if equals else (word in targets), word


def assert_snakemake(arguments: list[str]) -> None:
    from snakemake.cli import get_argument_parser

    get_argument_parser().parse_args(arguments)


def assert_git(arguments: list[str]) -> None:
    while arguments[0] == "-C":
        arguments = arguments[2:]
    usage = subprocess.run(["git", arguments[0], "-h"], capture_output=True, text=True, check=False)
    for option in (word for word in arguments if word.startswith("-")):
        form = option.replace("--", "--[no-]")
        assert option in usage.stdout or form in usage.stdout, option


def assert_hub(arguments: list[str]) -> None:
    """The hub's client shows its options; nothing is sent."""
    program = [str(Path(sys.executable).with_name("hf"))]
    names = [word for word in arguments if not word.startswith("-")]
    depth = 2 if names[0] == "auth" else 1
    usage = subprocess.run(
        [*program, *names[:depth], "--help"], capture_output=True, text=True, check=False
    )
    assert usage.returncode == 0
    for option in (word for word in arguments if word.startswith("-")):
        assert option in usage.stdout, option


def assert_parses(command: str) -> None:
    """Let the parser of its program take a command; placeholders are in capitals or dots."""
    program, *arguments = shlex.split(command, comments=True)
    name = Path(program).name
    if name == "make":
        assert_make(arguments)
    elif name == "emergence":
        # A text that names a command leaves its files out.
        if len(arguments) == 1 and not arguments[0].startswith("-"):
            arguments = [arguments[0], "--help"]
        try:
            emergence_parser().parse_args(arguments)
        except SystemExit as end:
            assert end.code == 0, command
    elif name == "snakemake":
        assert_snakemake(arguments)
    elif name == "python" and arguments[0] == "workflow/run.py":
        options, more = run.parser().parse_known_args(arguments[1:])
        assert (Path(options.workflow_profile) / "config.yaml").is_file()
        assert_snakemake(more)
    elif name == "git":
        assert_git(arguments)
    elif name == "hf":
        assert_hub(arguments)
    elif name == "conda":
        assert (ROOT / arguments[arguments.index("--file") + 1]).is_file()
    else:
        assert name in _OF_THE_SYSTEM, f"no test knows how to parse: {command}"


@pytest.mark.parametrize(("page", "command"), documented())
def test_it_can_be_parsed(page, command):
    assert_parses(command)


@pytest.mark.parametrize(
    "command",
    [
        *(
            "make reports",
            "make report DATASET=x",
            "emergence check --fixx s.csv",
            "emergence chek",
        ),
        *(".venv/bin/python workflow/run.py --job 20", "git clone --mirrored x", "curl x"),
        ".venv/bin/hf upload x --publicly",
    ],
)
def test_what_cannot_be_parsed_is_found(command):
    """The check can fail."""
    with pytest.raises((AssertionError, SystemExit)):
        assert_parses(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_is_run_or_says_that_it_is_not(page):
    """Only docs/extending.md is run from top to end."""
    text = page.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks(page)), "a block that this test does not see"
    for language, note, block in blocks(page):
        if language == "sh" and page.name != "extending.md":
            assert note == NOT_RUN, block
        assert language, "a block without a language could be a command"


def site_options() -> list[str]:
    page = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
    return re.findall(r"^\|[^|]*\| `(--[^`]+)` \|$", page, re.M)


@pytest.mark.parametrize("option", site_options())
def test_what_sites_ask_for_beside_the_profile_is_snakemakes(option):
    assert_snakemake(shlex.split(option))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_python_are_python(page):
    """What they print is tested where the page is run, or where their function is."""
    for language, _, text in blocks(page):
        if language == "python":
            compile(text, page.name, "exec")


def schema(name: str) -> dict:
    path = ROOT / f"emergence/schemas/{name}.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def examples() -> list[tuple[str, dict]]:
    return [
        (page.name, yaml.safe_load(text))
        for page in PAGES
        for language, _, text in blocks(page)
        if language == "yaml"
    ]


@pytest.mark.parametrize(("page", "example"), examples())
def test_examples_of_entries_and_settings_fit_their_schema(page, example):
    """A registry, a part of an entry, or settings; nothing else is written in YAML."""
    registry, settings = schema("registry"), schema("config")
    if "datasets" in example and isinstance(example["datasets"], dict):
        jsonschema.validate(example, registry)
    elif example.keys() <= settings["properties"].keys():
        for name, value in example.items():
            part = {**settings["properties"][name], "$defs": settings.get("$defs", {})}
            jsonschema.validate(value, part)
    else:
        whole = {"title": "t", "synthetic": False, "licence": "l", "citation": ["c"]}
        whole["sources"] = [{"kind": "file", "format": "tidy", "path": "s.csv"}]
        jsonschema.validate({"datasets": {"example": {**whole, **example}}}, registry)
