"""One archive with results, code, sums, and how to rebuild it.

The same content gives the same bytes: members come in the order of their names, at one fixed
time, with permissions that follow from the content.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from emergence.files import replacing
from emergence.progress import Progress
from emergence.publishing.markdown import block, code

#: Holds the sum of each file, in the form of ``sha256sum``.
SUMS = "SHA256SUMS"

#: The earliest time that a zip file can hold. Any other would say when it was packed.
_TIME = (1980, 1, 1, 0, 0, 0)

_UNIX = 3
_REGULAR_FILE = 0o100000


def write_archive(
    path: Path,
    top: str,
    members: Mapping[str, Path | bytes],
    progress: Progress | None = None,
) -> None:
    """Write a zip file in which everything stands in one folder, with a file of sums.

    Parameters
    ----------
    path : Path
        Where to write.
    top : str
        Name of the folder.
    members : mapping of str to Path or bytes
        Files by their name in the folder, with slashes.
    progress : Progress, optional
        Told how many files are packed.

    Raises
    ------
    ValueError
        If a name leads out of the folder, or would need an escape in the file of sums.
    """
    for name in members:
        if not name.isprintable() or "\\" in name or {"", ".", ".."} & set(name.split("/")):
            raise ValueError(f"no name for a member of an archive: {name!r}")
    progress = progress or Progress()
    progress.doing("taking the sums")
    everything = dict(members)
    everything[SUMS] = sums_text({name: digest(content) for name, content in members.items()})
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        progress.begin("files packed", 0, len(everything))
        for done, name in enumerate(sorted(everything), 1):
            with _opened(everything[name]) as content:
                script = content.read(2) == b"#!"
                size = content.seek(0, 2)
                content.seek(0)
                info = zipfile.ZipInfo(f"{top}/{name}", _TIME)
                info.create_system = _UNIX
                info.external_attr = (_REGULAR_FILE | (0o755 if script else 0o644)) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                # From it the library sees whether a member needs the fields for large ones.
                info.file_size = size
                with archive.open(info, "w") as member:
                    shutil.copyfileobj(content, member, 1 << 20)
            progress.reached(done)


def _opened(content: Path | bytes) -> BinaryIO:
    return BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def digest(content: Path | bytes) -> str:
    """Return the SHA-256 of a file or of bytes, in hex digits.

    Parameters
    ----------
    content : Path or bytes

    Returns
    -------
    str
    """
    with _opened(content) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sums_text(digests: Mapping[str, str]) -> bytes:
    """Write sums as ``sha256sum`` does, in the order of the names.

    Parameters
    ----------
    digests : mapping of str to str
        SHA-256 by name, in hex digits.

    Returns
    -------
    bytes
    """
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def version_text(version: str, digests: Mapping[str, str]) -> bytes:
    """Write the version of the code, with a digest of the code that it belongs to.

    Parameters
    ----------
    version : str
        The commit of the project, or ``unknown``.
    digests : mapping of str to str
        SHA-256 of each file of the code, by its name.

    Returns
    -------
    bytes
    """
    return f"{version}\n{digest(sums_text(digests))}\n".encode()


def carried_version(text: str, digests: Mapping[str, str]) -> str:
    """Return the version that an archive carries, and whether the code was changed since.

    Parameters
    ----------
    text : str
        From `version_text`.
    digests : mapping of str to str
        SHA-256 of each file of the code that is there now, by its name.

    Returns
    -------
    str
        As the archive has it, with `` (changed since)`` behind a commit if the code is another.
    """
    version, _, known = text.strip().partition("\n")
    same = known == digest(sums_text(digests))
    if same or version == "unknown" or version.endswith(" (changed since)"):
        return version
    return f"{version} (changed since)"


def archive_readme(
    *,
    entries: Mapping[str, Mapping[str, Any]],
    code_version: str,
    python: str,
    settings_changed: bool,
) -> str:
    """Write the README of an archive: what it is, how to check and rebuild it.

    Parameters
    ----------
    entries : mapping of str to mapping
        Registry entry of each archived dataset, by its id.
    code_version : str
        The commit of the project, or ``unknown``.
    python : str
        Version of Python with which it was made, without the patch version.
    settings_changed : bool
        Whether the results were made with other settings than the project's own.

    Returns
    -------
    str
        Markdown. Texts from the data stand in code, where nothing is markup.
    """
    datasets = " ".join(entries)
    settings = (
        "The settings differ from the project's own, which "
        "`project/workflow/config.original.yaml` has and explains."
        if settings_changed
        else "The settings are the project's own."
    )
    parts = [
        f"# Emergence scores of {datasets}",
        "Emergence scores of language-model benchmarks, with what the evidence supports: pages, "
        "tables, and the code that makes them.",
        "| what | where |\n"
        "| --- | --- |\n"
        "| pages, to open in a browser; they need no network | `results/index.html` |\n"
        "| tables as CSV and parquet, with units and meanings in the metadata of the parquet "
        "| `results/<dataset>/tables/` |\n"
        "| settings with which they were made | `configuration.yaml` |\n"
        "| registry entries: sources, checksums, licences, citations | `registry.yaml` |\n"
        "| code, bundled data, locked versions of all packages, environment for conda "
        "| `project/` |\n"
        f"| SHA-256 of every file | `{SUMS}` |",
        f"Version of the code: {code(code_version)}. Made with Python {python}. {settings}",
        "## Check the sums",
        f"```sh\nsha256sum -c {SUMS}          # macOS: shasum -a 256 -c {SUMS}\n```",
        "## Rebuild",
        "On Linux or macOS, with Python, git and make; the packages come over the network:",
        f'```sh\ncd project\nmake report DATASETS="{datasets}"\n```',
        "The pages are then in `project/reports/`. Compare them with the archived ones:",
        f"```sh\ncd reports\nsha256sum -c ../../results/{SUMS}\n```",
        f"They have the same bytes with Python {python}, the locked versions and the same kind of "
        "processor; on another kind the numbers agree within 1e-9. "
        "`project/code_version.txt` has the version of the code and a digest of it: a page from "
        "changed code says so.",
        "With conda: `conda env create --file environment.yml`, and in that environment "
        f'`python workflow/run.py --datasets "{datasets}"`. Its versions are not locked.',
        "## Datasets",
    ]
    for name, entry in entries.items():
        kinds = {source["kind"] for source in entry["sources"]}
        parts += [
            f"### {name}",
            *(["**Synthetic:** drawn from a model."] if entry["synthetic"] else []),
            block([entry["title"], f"Licence: {entry['licence']}", *entry["citation"]]),
        ]
        if "git" in kinds:
            parts.append("Its files are not in the archive: the rebuild fetches them, by commit.")
        elif "computed" in kinds:
            parts.append("The rebuild computes it again.")
    return "\n\n".join(parts) + "\n"
