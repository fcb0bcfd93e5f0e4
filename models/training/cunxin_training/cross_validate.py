"""Cross-validation and one out-of-time split: a full model folder for every fold."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import expit

from cunxin_training.folds import stratified_folds
from cunxin_training.logistic import fit_logistic
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.metrics import evaluate
from cunxin_training.model_folder import write_model_folder
from cunxin_training.settings import settings_for
from cunxin_training.train import train
from cunxin_training.validation import out_of_fold_metrics

Report = Callable[[str], None]


def cross_validate(
    matrix: Matrix,
    features: FeatureList,
    out: Path,
    folds: int,
    seed: int,
    pairs_max: int | None,
    source: str,
    n_jobs: int,
    report: Report,
) -> dict[str, object]:
    """Writes ``fold-<k>/`` (fitted without fold k), predictions.csv and summary.json into ``out``.

    Calibration and every choice are made inside the training folds. The baseline is a logistic
    regression on the same folds. Returns the summary: measures of both, pooled over folds.
    """
    assigned = stratified_folds(matrix.ids, matrix.labels, folds, seed)
    parts = [
        (matrix.select(assigned != fold), matrix.select(assigned == fold)) for fold in range(folds)
    ]
    return _fit_folds(parts, features, out, seed, pairs_max, source, n_jobs, report)


def train_test(
    training: Matrix,
    test: Matrix,
    features: FeatureList,
    out: Path,
    seed: int,
    pairs_max: int | None,
    source: str,
    n_jobs: int,
    report: Report,
) -> dict[str, object]:
    """The same for one split: fits on ``training`` into ``fold-0/``, predicts ``test``."""
    return _fit_folds([(training, test)], features, out, seed, pairs_max, source, n_jobs, report)


def _fit_folds(
    parts: list[tuple[Matrix, Matrix]],
    features: FeatureList,
    out: Path,
    seed: int,
    pairs_max: int | None,
    source: str,
    n_jobs: int,
    report: Report,
) -> dict[str, object]:
    out.mkdir(parents=True, exist_ok=True)
    rows: list[list[object]] = []
    labels, ebm_log_odds, logistic_log_odds = [], [], []
    for fold, (training, test) in enumerate(parts):
        report(f"fold {fold}: fitting on {len(training)} rows, {training.defaults} defaults")
        settings = settings_for(training.defaults, seed, pairs_max)
        trained = train(training, features, settings, n_jobs)
        write_model_folder(
            out / f"fold-{fold}",
            trained,
            training,
            features,
            f"fold-{fold}",
            f"{source}, all but fold {fold}" if len(parts) > 1 else source,
            {"outOfTime": None, "outOfFold": out_of_fold_metrics(trained, training)},
        )
        ebm = trained.additive.log_odds(test.values)
        logistic = fit_logistic(training, features, seed).decision_function(test.values)
        for row in range(len(test)):
            rows.append(
                [
                    test.ids[row],
                    fold,
                    int(test.labels[row]),
                    repr(float(ebm[row])),
                    repr(float(expit(ebm[row]))),
                    repr(float(expit(logistic[row]))),
                ]
            )
        labels.append(test.labels)
        ebm_log_odds.append(ebm)
        logistic_log_odds.append(logistic)

    with (out / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "fold", "label", "ebm_log_odds", "ebm_pd", "logistic_pd"])
        writer.writerows(rows)
    pooled = np.concatenate(labels)
    summary: dict[str, object] = {
        "folds": len(parts),
        "seed": seed,
        "ebm": evaluate(pooled, np.concatenate(ebm_log_odds), seed),
        "logistic": evaluate(pooled, np.concatenate(logistic_log_odds), seed),
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return summary
