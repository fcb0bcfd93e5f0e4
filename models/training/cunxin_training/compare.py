"""Champion and challengers on the same folds, with paired tests of the difference in AUC."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cunxin_training.boosted import fit_boosted
from cunxin_training.delong import auc_interval, paired_difference
from cunxin_training.folds import stratified_folds
from cunxin_training.logistic import fit_logistic, fit_scorecard
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.metrics import evaluate
from cunxin_training.settings import settings_for
from cunxin_training.train import train
from cunxin_training.validation import split_by_time

MODELS = ("ebm", "lightgbm", "scorecard", "logistic")
Report = Callable[[str], None]


def compare_across_folds(
    matrix: Matrix,
    features: FeatureList,
    folds: int,
    seed: int,
    pairs_max: int | None,
    n_jobs: int,
    report: Report,
) -> dict[str, object]:
    """EBM, LightGBM, scorecard and logistic regression, each predicting every row out of fold.

    Returns AUC with DeLong's interval and the other measures for each, and the EBM's paired
    difference in AUC from each other.
    """
    assigned = stratified_folds(matrix.ids, matrix.labels, folds, seed)
    log_odds = np.empty((len(MODELS), len(matrix)))
    for fold in range(folds):
        inside, outside = assigned != fold, assigned == fold
        log_odds[:, outside] = _predictions(
            matrix.select(inside), matrix.values[outside], features, seed, pairs_max, n_jobs
        )
        report(f"fold {fold} of {folds} done")
    return {"folds": folds, "seed": seed, **compared(matrix.labels, log_odds, seed)}


def compare_out_of_time(
    matrix: Matrix, features: FeatureList, seed: int, pairs_max: int | None, n_jobs: int
) -> dict[str, object]:
    """The same on the last quarter of the rows by day. Raises ValueError when time can't be split."""
    split = split_by_time(matrix)
    if split is None:
        raise ValueError("the matrix holds too few defaults, or too little time, to split by day")
    earlier, later, first_later_day = split
    log_odds = _predictions(
        matrix.select(earlier), matrix.values[later], features, seed, pairs_max, n_jobs
    )
    return {"heldOutFrom": first_later_day, "seed": seed, **compared(matrix.labels[later], log_odds, seed)}


def compared(labels: np.ndarray, log_odds: np.ndarray, seed: int) -> dict[str, object]:
    """Measures of each model's ``log_odds`` float [models, N], and the EBM's paired differences."""
    models = {}
    for name, row in zip(MODELS, log_odds, strict=True):
        measures = evaluate(labels, row, seed)
        measures["auc"] = auc_interval(labels, row)
        models[name] = measures
    differences = {
        name: paired_difference(labels, log_odds[0], log_odds[index])
        for index, name in enumerate(MODELS)
        if index > 0
    }
    gini = {name: 2 * models[name]["auc"]["value"] - 1 for name in MODELS}
    return {
        "rows": len(labels),
        "defaults": int(labels.sum()),
        "models": models,
        "ebmMinus": differences,
        "ebmShareOfLightgbmGini": gini["ebm"] / gini["lightgbm"],
    }


def comparison_markdown(title: str, comparison: dict[str, object]) -> list[str]:
    """A table of the comparison, lines of Markdown."""
    names = {"ebm": "EBM", "lightgbm": "LightGBM", "scorecard": "Scorecard", "logistic": "Logistic"}
    lines = [
        f"### {title}",
        "",
        f"{comparison['rows']:,} rows, {comparison['defaults']:,} defaulted"
        + (f", {comparison['folds']} folds." if "folds" in comparison else f", held out from {comparison['heldOutFrom']}."),
        "",
        "| Model | AUC | 95 % interval | KS | Brier | EBM's AUC minus its | p |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in MODELS:
        measures = comparison["models"][name]
        area = measures["auc"]
        difference = comparison["ebmMinus"].get(name)
        against = (
            f"{difference['value']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f}) | {difference['pValue']:.3f}"
            if difference
            else " | "
        )
        lines.append(
            f"| {names[name]} | {area['value']:.4f} | {area['low']:.4f} to {area['high']:.4f}"
            f" | {measures['ks']['value']:.4f} | {measures['brier']['value']:.4f} | {against} |"
        )
    return [*lines, ""]


def _predictions(
    training: Matrix,
    values: np.ndarray,
    features: FeatureList,
    seed: int,
    pairs_max: int | None,
    n_jobs: int,
) -> np.ndarray:
    """Log-odds of ``values`` by each of MODELS fitted on ``training``, float [models, N]."""
    settings = settings_for(training.defaults, seed, pairs_max)
    return np.stack(
        [
            train(training, features, settings, n_jobs).additive.log_odds(values),
            fit_boosted(training, features, seed).predict(values, raw_score=True),
            fit_scorecard(training, features, seed).decision_function(values),
            fit_logistic(training, features, seed).decision_function(values),
        ]
    )
