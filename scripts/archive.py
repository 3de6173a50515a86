"""Pack pages, tables, settings, registry entries and code into one archive.

Outputs
-------
- ``archives/emergence-{datasets}.zip``: one folder with a README of its own, ``SHA256SUMS``,
  ``configuration.yaml``, ``registry.yaml``, ``results/`` and ``project/``. Two builds from the
  same content have the same bytes
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from _pages import figures_of
from _step import logged

from emergence.pages.landing import landing_page
from emergence.progress import shown
from emergence.publishing.archive import (
    SUMS,
    archive_readme,
    digest,
    sums_text,
    version_text,
    write_archive,
)

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake

#: Where the project's own settings stand if others took their place.
_ORIGINAL = "workflow/config.original.yaml"

#: What stands at the top of the settings that take the place of the project's own.
_ABOVE_SETTINGS = """\
# The settings with which the archived results were made. What each means stands in
# workflow/config.original.yaml, which has the project's own values and is not read.

"""


def as_yaml(value: Any) -> bytes:
    """Write a value as YAML, in its own order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode()


def results(reports: Path, datasets: list[str]) -> dict[str, Path]:
    """Find the pages and tables of the datasets, by their path below ``reports``."""
    found = {}
    for dataset in datasets:
        for part in ("index.html", "explorer.html", "explorer", "tables"):
            start = reports / dataset / part
            for path in [start] if start.is_file() else sorted(start.rglob("*")):
                # What Snakemake keeps in a folder is not ours.
                if path.is_file() and not path.name.startswith("."):
                    found[path.relative_to(reports).as_posix()] = path
    return found


def project(snakemake: "Snakemake") -> dict[str, Path | bytes]:
    """Return the files of the copy of the project, set up for these datasets."""
    params = snakemake.params
    files: dict[str, Path | bytes] = {
        name: Path(path) for name, path in zip(params.names, snakemake.input.files, strict=True)
    }
    for name, datasets in params.registries.items():
        files[name] = as_yaml({"datasets": {d: params.entries[d] for d in datasets}})
    if params.settings_changed:
        files[_ORIGINAL] = files["workflow/config.yaml"]
        files["workflow/config.yaml"] = _ABOVE_SETTINGS.encode() + as_yaml(params.settings)
    code = {
        name: digest(content)
        for name, content in files.items()
        if name in params.code or name.startswith(tuple(f"{part}/" for part in params.code))
    }
    files["code_version.txt"] = version_text(params.code_version, code)
    return files


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    params = snakemake.params
    archive = Path(snakemake.output.archive)
    with logged(snakemake) as log, shown() as progress:
        summaries = {}
        for path in map(Path, snakemake.input.summaries):
            summary = json.loads(path.read_text(encoding="utf-8"))
            summaries[summary["dataset"]] = summary
        made: dict[str, Path | bytes] = dict(results(Path("reports"), list(params.entries)))
        # Not the landing page that is there: it also lists datasets that were built before.
        page = landing_page(params.titles, summaries, *figures_of(summaries))
        made["index.html"] = page.encode()
        copied = project(snakemake)
        readme = archive_readme(
            entries=params.entries,
            code_version=params.code_version,
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            # Also in an archive that is made from an unpacked one, whose settings they are now.
            settings_changed=_ORIGINAL in copied,
        )
        members: dict[str, Path | bytes] = {
            "README.md": readme.encode(),
            "configuration.yaml": as_yaml(params.settings),
            "registry.yaml": as_yaml({"datasets": params.entries}),
            f"results/{SUMS}": sums_text({name: digest(file) for name, file in made.items()}),
            **{f"results/{name}": content for name, content in made.items()},
            **{f"project/{name}": content for name, content in copied.items()},
        }
        write_archive(archive, archive.stem, members, progress)
        log.info("%d files, %d bytes", len(members) + 1, archive.stat().st_size)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
