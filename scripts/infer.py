"""Infer each scale curve of one shard.

A shard is cut by `curve_id`. Its result keeps the digest of all that it was computed from: if
that is unchanged, the result that is there already stays as it is.

Outputs
-------
- ``data/processed/{dataset}/inference/{scatteritem}.parquet``: one row a curve of the shard,
  `emergence.inference.inference_table.INFERENCE`
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.files import replacing
from emergence.inference.infer import over_subtasks
from emergence.inference.shards import digest_of, input_digest, members, tagged
from emergence.progress import shown
from emergence.stages.infer import infer
from emergence.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    number, shards = (int(part) for part in snakemake.wildcards.scatteritem.split("-of-"))
    output = Path(snakemake.output.inference)
    with logged(snakemake) as log, shown() as progress:
        study = study_of(snakemake)
        rows = members(study.curves["curve_id"].to_pylist(), number, shards)
        curves, mean = study.curves.take(rows), over_subtasks(study.curves)[rows]
        code = snakemake.params.library
        digest = input_digest(curves, study.metrics, study.settings, mean, code)
        if digest_of(output) == digest:
            # Written anew, so that Snakemake sees the rule's output, and not computed.
            with replacing(output) as partial:
                shutil.copyfile(output, partial)
            log.info("%d curves: unchanged, copied", curves.num_rows)
            return
        write_table(infer(study, rows=rows, progress=progress).inference, tagged(digest), output)
        log.info("%d curves: computed", curves.num_rows)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
