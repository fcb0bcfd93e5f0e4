"""Writes a model folder: model.onnx, uncertainty.onnx, shapes.json, golden.json, manifest.json, MODEL_CARD.md.

Nothing in it depends on the time, the machine's name or the number of threads: the same matrix,
feature list and seed give the same bytes. No pickle is written.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

from cunxin_training.additive import AdditiveModel, Term
from cunxin_training.calibration import METHOD
from cunxin_training.compact_onnx import compact_onnx
from cunxin_training.ensemble_onnx import ensemble_onnx
from cunxin_training.golden import golden_rows
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.model_card import model_card
from cunxin_training.score_scale import SCORE_SCALE, credit_scores
from cunxin_training.train import TrainedModel
from cunxin_training.tree_ensemble import ML_OPSET, OPSET
from cunxin_training.uncertainty_onnx import OUTPUT, uncertainty_onnx

SCHEMA_VERSION = 1


def write_model_folder(
    folder: Path,
    trained: TrainedModel,
    matrix: Matrix,
    features: FeatureList,
    model_version: str,
    source: str,
    metrics: dict[str, object],
) -> dict[str, object]:
    """Writes the folder (made if needed) and returns the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    model = trained.additive
    metadata = {"modelVersion": model_version, "featureListHash": features.hash}
    onnx_bytes = compact_onnx(model, metadata)
    (folder / "model.onnx").write_bytes(onnx_bytes)
    ensemble, _ = ensemble_onnx(model, boosting_steps(trained), trained.settings.max_leaves, metadata)
    (folder / "baseline-ensemble.onnx").write_bytes(ensemble)
    uncertainty = uncertainty_onnx(trained.ebm, trained.calibration, trained.variance_scale, metadata)
    (folder / "uncertainty.onnx").write_bytes(uncertainty)
    shapes_hash = _write_json(folder / "shapes.json", {"terms": [_shape(term) for term in model.terms]})
    golden_hash = _write_json(folder / "golden.json", {"rows": golden_rows(trained, matrix, features)})
    manifest: dict[str, object] = {
        "schemaVersion": SCHEMA_VERSION,
        "modelVersion": model_version,
        "kind": "ebm",
        "featureListHash": features.hash,
        "features": features.names,
        "terms": [
            {"name": term.name, "features": [axis.feature for axis in term.axes]} for term in model.terms
        ],
        "intercept": float(model.intercept),
        "calibration": {
            "slope": trained.calibration.slope,
            "intercept": trained.calibration.intercept,
            "method": METHOD,
        },
        "scoreScale": SCORE_SCALE,
        "referenceContributions": _reference_contributions(model, matrix),
        "referencePopulation": _reference_population(model, matrix, features),
        "trainingData": {
            "sha256": matrix.sha256,
            "rows": len(matrix),
            "defaults": matrix.defaults,
            "asOfFrom": str(min(matrix.as_of)),
            "asOfTo": str(max(matrix.as_of)),
            "source": source,
        },
        "onnx": {
            "file": "model.onnx",
            "sha256": hashlib.sha256(onnx_bytes).hexdigest(),
            "bytes": len(onnx_bytes),
            "opset": OPSET,
            "mlOpset": ML_OPSET,
        },
        "shapes": {"file": "shapes.json", "sha256": shapes_hash},
        "golden": {"file": "golden.json", "sha256": golden_hash},
        "uncertainty": {
            "file": "uncertainty.onnx",
            "sha256": hashlib.sha256(uncertainty).hexdigest(),
            "output": OUTPUT,
            "varianceScale": trained.variance_scale,
        },
        "metrics": metrics,
        "trainedWith": {
            "interpret": version("interpret-core"),
            "numpy": version("numpy"),
            "onnx": version("onnx"),
            "python": ".".join(platform.python_version_tuple()[:2]),
            "seed": trained.settings.seed,
            "settings": trained.settings.as_json(),
            "boostingSteps": boosting_steps(trained),
            "pairsConsidered": trained.pairs_considered,
        },
    }
    _write_json(folder / "manifest.json", manifest)
    card = model_card(manifest, trained, matrix, features)
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    return manifest


def boosting_steps(trained: TrainedModel) -> int:
    """How many trees one outer bag of the fit grew, pairs included, the mean over bags."""
    return int(round(float(trained.ebm.best_iteration_.sum(axis=0).mean())))


def _shape(term: Term) -> dict[str, object]:
    shape: dict[str, object] = {
        "features": [axis.feature for axis in term.axes],
        "cuts": [_numbers(axis.cuts) for axis in term.axes],
    }
    scores, density = term.scores, term.density
    if scores.ndim == 1:
        return {
            **shape,
            "scores": _numbers(scores[:-1]),
            "missing": float(scores[-1]),
            "density": [int(count) for count in density],
        }
    return {
        **shape,
        "scores": _numbers(scores[:-1, :-1].ravel()),
        "missing": {
            "first": _numbers(scores[-1, :-1]),
            "second": _numbers(scores[:-1, -1]),
            "both": float(scores[-1, -1]),
        },
    }


def _reference_contributions(model: AdditiveModel, matrix: Matrix) -> list[float]:
    good = matrix.values[matrix.labels == 0]
    return _numbers(model.contributions(good).astype(np.float64).mean(axis=0))


def _reference_population(model: AdditiveModel, matrix: Matrix, features: FeatureList) -> dict[str, object]:
    """What the model was fitted on, for population stability: deciles and missing rates."""
    tenths = np.arange(1, 10) / 10
    by_feature = {}
    for position, name in enumerate(features.names):
        column = matrix.values[:, position]
        known = column[~np.isnan(column)]
        by_feature[name] = {
            "missingRate": float(1 - known.size / column.size),
            "deciles": _numbers(np.quantile(known, tenths)) if known.size else [],
        }
    scores = credit_scores(model.log_odds(matrix.values))
    return {"scoreDeciles": _numbers(np.quantile(scores, tenths)), "features": by_feature}


def _numbers(values: np.ndarray) -> list[float]:
    return [float(value) for value in values]


def _write_json(path: Path, document: object) -> str:
    """Writes JSON and returns the SHA-256 of its bytes. Floats are printed round-trip exact."""
    content = (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
