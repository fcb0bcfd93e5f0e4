"""The command line: ``python -m cunxin_training <command>``; ``--help`` lists the commands."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from threadpoolctl import threadpool_limits

from cunxin_training.benchmark_tables import read_german, read_taiwan
from cunxin_training.compare import compare_across_folds, compare_out_of_time, comparison_markdown
from cunxin_training.cross_validate import cross_validate, train_test
from cunxin_training.matrix import MatrixError, read_feature_list, read_matrix
from cunxin_training.model_folder import write_model_folder
from cunxin_training.saved_model import read_additive_model, write_ensemble
from cunxin_training.settings import settings_for
from cunxin_training.speed import measure_speed
from cunxin_training.train import train
from cunxin_training.validation import out_of_fold_metrics, out_of_time_metrics


def main(arguments: list[str] | None = None) -> int:
    """Runs a command. Returns 0, or 2 with a message on standard error when the input is broken."""
    options = _parser().parse_args(arguments)
    try:
        # One BLAS thread: sums come out the same on any number of cores, and small fits go faster.
        with threadpool_limits(limits=1):
            options.run(options)
    except (MatrixError, ValueError, FileNotFoundError) as error:
        print(f"cunxin_training: {error}", file=sys.stderr)
        return 2
    return 0


def _fit(options: argparse.Namespace) -> None:
    features = read_feature_list(options.features)
    matrix = read_matrix(options.matrix, features)
    _report(f"{len(matrix)} rows, {matrix.defaults} defaults, {len(features)} features")
    out_of_time = out_of_time_metrics(matrix, features, options.seed, options.interactions, options.jobs)
    _report("out of time: " + _line(out_of_time) if out_of_time else "out of time: cannot be measured")
    settings = settings_for(matrix.defaults, options.seed, options.interactions)
    trained = train(matrix, features, settings, options.jobs)
    metrics = {"outOfTime": out_of_time, "outOfFold": out_of_fold_metrics(trained, matrix)}
    _report("out of fold: " + _line(metrics["outOfFold"]))
    manifest = write_model_folder(
        options.out, trained, matrix, features, options.model_version, options.source, metrics
    )
    _report(f"{options.out}: {len(manifest['terms'])} terms, {manifest['onnx']['bytes']} bytes of ONNX")


def _cross_validate(options: argparse.Namespace) -> None:
    features = read_feature_list(options.features)
    matrix = read_matrix(options.matrix, features)
    summary = cross_validate(
        matrix,
        features,
        options.out,
        options.folds,
        options.seed,
        options.interactions,
        options.source,
        options.jobs,
        _report,
    )
    _print_summary(summary)


def _train_test(options: argparse.Namespace) -> None:
    features = read_feature_list(options.features)
    summary = train_test(
        read_matrix(options.train, features),
        read_matrix(options.test, features),
        features,
        options.out,
        options.seed,
        options.interactions,
        options.source,
        options.jobs,
        _report,
    )
    _print_summary(summary)


def _compare(options: argparse.Namespace) -> None:
    features = read_feature_list(options.features)
    matrix = read_matrix(options.matrix, features)
    if options.out_of_time:
        result = compare_out_of_time(matrix, features, options.seed, options.interactions, options.jobs)
    else:
        result = compare_across_folds(
            matrix, features, options.folds, options.seed, options.interactions, options.jobs, _report
        )
    _write_comparison(options.out, {options.source: result})


def _benchmark_tables(options: argparse.Namespace) -> None:
    tables = {}
    for title, read in (("German credit", read_german), ("Taiwan credit cards", read_taiwan)):
        matrix, features = read(options.data)
        _report(f"{title}: {len(matrix)} rows, {matrix.defaults} defaults")
        tables[title] = compare_across_folds(
            matrix, features, options.folds, options.seed, None, options.jobs, _report
        )
    _write_comparison(options.out, tables)


def _write_comparison(out: Path, tables: dict[str, dict[str, object]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "comparison.json").write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    lines = [line for title, table in tables.items() for line in comparison_markdown(title, table)]
    (out / "comparison.md").write_text("\n".join(lines), encoding="utf-8")
    _report("\n".join(lines))


def _speed(options: argparse.Namespace) -> None:
    features = read_feature_list(options.features)
    report = measure_speed(read_matrix(options.matrix, features), features, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for entry in report:
        ratio = report[0]["rowsPerSecond"] / entry["rowsPerSecond"]
        _report(f"{entry['rowsPerSecond']:>12,.0f} rows/s  {ratio:>7.1f}x  {entry['name']}")


def _export_ensemble(options: argparse.Namespace) -> None:
    trees = write_ensemble(read_additive_model(options.model), options.model, options.out, options.trees)
    _report(f"{options.out}: {trees} trees")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cunxin_training", description="Fits, checks and exports models of the probability of default.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run, description: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=description, description=description)
        added.set_defaults(run=run)
        added.add_argument("--out", type=Path, required=True)
        return added

    def fitting(added: argparse.ArgumentParser) -> None:
        added.add_argument("--features", type=Path, required=True, help="features.json")
        added.add_argument("--seed", type=int, default=7)
        added.add_argument("--interactions", type=int, help="most pairwise terms; by default a rule")
        added.add_argument("--source", default="unnamed", help="where the outcomes come from, for the card")
        added.add_argument("--jobs", type=int, default=1, help="processes; results don't depend on it")

    fit = command("fit", _fit, "fit, calibrate, evaluate and write a model folder")
    fit.add_argument("--matrix", type=Path, required=True)
    fit.add_argument("--model-version", required=True)
    fitting(fit)

    validate = command("cross-validate", _cross_validate, "a model folder per fold, with a logistic baseline")
    validate.add_argument("--matrix", type=Path, required=True)
    validate.add_argument("--folds", type=int, default=5)
    fitting(validate)

    split = command("train-test", _train_test, "fit on one matrix, predict another (out of time)")
    split.add_argument("--train", type=Path, required=True)
    split.add_argument("--test", type=Path, required=True)
    fitting(split)

    challengers = command("compare", _compare, "EBM, LightGBM, scorecard and logistic on the same rows")
    challengers.add_argument("--matrix", type=Path, required=True)
    challengers.add_argument("--folds", type=int, default=5)
    challengers.add_argument("--out-of-time", action="store_true", help="hold out the last quarter by day")
    fitting(challengers)

    tables = command("benchmark-tables", _benchmark_tables, "the same on the public Taiwan and German tables")
    tables.add_argument("--data", type=Path, required=True, help="folder holding taiwan/ and german/")
    tables.add_argument("--folds", type=int, default=5)
    tables.add_argument("--seed", type=int, default=7)
    tables.add_argument("--jobs", type=int, default=1, help="processes; results don't depend on it")

    speed = command("speed", _speed, "rows a second on one core, beside the usual exports")
    speed.add_argument("--matrix", type=Path, required=True)
    speed.add_argument("--features", type=Path, required=True, help="features.json")
    speed.add_argument("--seed", type=int, default=7)

    ensemble = command("export-ensemble", _export_ensemble, "a model folder's EBM as many small trees")
    ensemble.add_argument("--model", type=Path, required=True, help="model folder")
    ensemble.add_argument("--trees", type=int, help="how many trees; by default the fit's boosting steps")
    return parser


def _line(measured: dict[str, object]) -> str:
    area = measured["auc"]
    text = f"AUC {area['value']:.4f} ({area['low']:.4f} to {area['high']:.4f}), "
    text += f"KS {measured['ks']['value']:.4f}, Brier {measured['brier']['value']:.4f}, "
    text += f"calibration slope {measured['calibrationSlope']:.3f}"
    if "oracle" in measured:
        text += f", {measured['oracle']['giniShare']:.1%} of the oracle's Gini"
    return text


def _print_summary(summary: dict[str, object]) -> None:
    _report("ebm:      " + _line(summary["ebm"]))
    _report("logistic: " + _line(summary["logistic"]))
    print(json.dumps(summary))


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
