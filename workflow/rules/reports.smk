# Stage 3: the pages, with all tables beside them.


# Only datasets with trained networks have it, and no rule of all datasets can name it.
rule experiments:
    input:
        # Experiments stand beside the scores; the manifest says that they are whole.
        manifest="data/raw/{dataset}/manifest.json",
    output:
        processed=report(
            "data/processed/{dataset}/experiments.json",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "experiments"},
        ),
        table=report(
            "reports/{dataset}/tables/experiments.json",
            caption="../report/tables.rst",
            category="Tables",
            labels={"dataset": "{dataset}", "what": "table"},
        ),
    log:
        "logs/{dataset}/experiments.log",
    benchmark:
        "logs/{dataset}/experiments.benchmark.tsv"
    wildcard_constraints:
        dataset=only(filter(trains_networks, REGISTRY)),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(500),
        runtime=grown(5),
    params:
        library=step_code("experiments"),
        experiments="data/raw/{dataset}/files/experiments.json",
    message:
        "{wildcards.dataset}: copying the experiments with trained networks"
    script:
        "../../scripts/experiments.py"


rule report:
    input:
        scores="data/processed/{dataset}/scores.parquet",
        rejects="data/processed/{dataset}/rejects.parquet",
        curves="data/processed/{dataset}/curves.parquet",
        inference="data/processed/{dataset}/inference.parquet",
        pooled="data/processed/{dataset}/pooled.parquet",
        units="data/processed/{dataset}/units.parquet",
        residuals="data/processed/{dataset}/residuals.parquet",
        labels="data/processed/{dataset}/labels.parquet",
        population="data/processed/{dataset}/population.json",
        claims="data/processed/{dataset}/claims.json",
        summary="data/processed/{dataset}/summary.json",
        annotations=facts("emergent_annotations"),
        human=facts("human_scores"),
        inventory=facts("task_inventory"),
        metrics=facts("metric_catalog"),
        calibration=facts("verdict_calibration"),
        experiments=experiments_table,
        drawn=drawn,
        answers=drawn_beside,
        # Among the results as well, where the step looks for them.
        study=experiments,
    output:
        page=report(
            "reports/{dataset}/index.html",
            caption="../report/page.rst",
            category="Reports",
            labels={"dataset": "{dataset}", "what": "page"},
        ),
        tables=report(
            multiext(
                "reports/{dataset}/tables/",
                "scores.csv",
                "scores.parquet",
                "rejects.csv",
                "rejects.parquet",
                "curves.csv",
                "curves.parquet",
                "curve_points.csv",
                "inference.csv",
                "inference.parquet",
                "pooled.csv",
                "pooled.parquet",
                "units.csv",
                "units.parquet",
                "residuals.csv",
                "residuals.parquet",
                "labels.csv",
                "labels.parquet",
                "tasks.csv",
                "metrics.csv",
                "families.csv",
                "population.csv",
                "population.json",
                "claims.json",
                "summary.json",
                "figures.json",
            ),
            caption="../report/tables.rst",
            category="Tables",
            labels={"dataset": "{dataset}", "what": "table"},
        ),
        figures=report(
            directory("reports/{dataset}/tables/figures"),
            patterns=["{figure}.csv"],
            caption="../report/figures.rst",
            category="Figures",
            labels={"dataset": "{dataset}", "what": "{figure}"},
        ),
    log:
        "logs/{dataset}/report.log",
    benchmark:
        "logs/{dataset}/report.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1500),
        runtime=grown(5),
    params:
        library=step_code("report"),
        entry=entry,
        settings=section("page"),
        # A commit makes every page new, so only this rule has it.
        code_version=lookups.code_version(),
        command=command,
    message:
        "{wildcards.dataset}: writing the page and the tables"
    script:
        "../../scripts/report.py"


rule figures:
    input:
        curves="data/processed/{dataset}/curves.parquet",
        inference="data/processed/{dataset}/inference.parquet",
        pooled="data/processed/{dataset}/pooled.parquet",
        labels="data/processed/{dataset}/labels.parquet",
        population="data/processed/{dataset}/population.json",
        summary="data/processed/{dataset}/summary.json",
        annotations=facts("emergent_annotations"),
        inventory=facts("task_inventory"),
        experiments=experiments,
        drawn=drawn,
    output:
        figures=report(
            directory("reports/{dataset}/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figures.rst",
            category="Figures for papers",
            labels={"dataset": "{dataset}", "what": "{figure}"},
        ),
    log:
        "logs/{dataset}/figures.log",
    benchmark:
        "logs/{dataset}/figures.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1500),
        runtime=grown(5),
    params:
        library=step_code("figures"),
        entry=entry,
        settings=section("figures"),
    message:
        "{wildcards.dataset}: drawing the figures for papers"
    script:
        "../../scripts/figures.py"


rule landing:
    input:
        summaries=expand("data/processed/{dataset}/summary.json", dataset=SELECTED),
        # Of these it draws the pairs of metrics.
        figures=expand("reports/{dataset}/tables/figures", dataset=SELECTED),
    output:
        page=report(
            "reports/index.html",
            caption="../report/landing.rst",
            category="Reports",
            labels={"dataset": "all", "what": "page"},
        ),
    log:
        "logs/landing.log",
    benchmark:
        "logs/landing.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(5),
    params:
        library=step_code("landing"),
        titles={name: fields["title"] for name, fields in REGISTRY.items()},
        others=other_summaries,
    message:
        "all datasets: writing the landing page"
    script:
        "../../scripts/landing.py"


rule explorer:
    input:
        curves="data/processed/{dataset}/curves.parquet",
        inference="data/processed/{dataset}/inference.parquet",
        pooled="data/processed/{dataset}/pooled.parquet",
        labels="data/processed/{dataset}/labels.parquet",
    output:
        page=report(
            "reports/{dataset}/explorer.html",
            caption="../report/explorer.rst",
            category="Reports",
            labels={"dataset": "{dataset}", "what": "explorer"},
        ),
        # One page a task that has subtasks: too many for Snakemake's own report.
        subtasks=directory("reports/{dataset}/explorer"),
    log:
        "logs/{dataset}/explorer.log",
    benchmark:
        "logs/{dataset}/explorer.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(2000),
        runtime=grown(5),
    params:
        library=step_code("explorer"),
        entry=entry,
        settings=section("verdicts"),
    message:
        "{wildcards.dataset}: writing the explorer"
    script:
        "../../scripts/explorer.py"
