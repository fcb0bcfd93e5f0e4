"""Rows a second on one core: the compact export beside the usual ones, in one run.

Reasons included: only the compact export and LightGBM's SHAP values (TreeSHAP) give contributions.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import ebm2onnx
import numpy as np
import onnxruntime
import pandas as pd
from onnx import ModelProto

from cunxin_training.additive import additive_model
from cunxin_training.boosted import fit_boosted
from cunxin_training.calibration import Calibration
from cunxin_training.compact_onnx import compact_onnx
from cunxin_training.ebm import fit_mains
from cunxin_training.ensemble_onnx import ensemble_onnx
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.pairs import add_pairs, choose_pairs
from cunxin_training.settings import settings_for

BLOCK_ROWS = 8_192
REPEATS = 7


def measure_speed(matrix: Matrix, features: FeatureList, seed: int) -> list[dict[str, object]]:
    """Fits one EBM (pairs included) and one LightGBM, and times each way of scoring 8,192 rows.

    Each entry: ``name``, ``rowsPerSecond`` (the best of seven runs, CPU time of this one thread),
    ``contributions`` (whether reasons come along) and ``maxPdDifference`` from the EBM.
    """
    settings = settings_for(matrix.defaults, seed)
    ebm = fit_mains(matrix.values, matrix.labels, features, settings)
    pairs = choose_pairs(ebm, matrix.values, matrix.labels, features, settings)
    ebm = add_pairs(ebm, matrix.values, matrix.labels, features, settings, pairs)
    boosted = fit_boosted(matrix, features, seed)
    model = additive_model(ebm, Calibration(1.0, 0.0))
    steps = int(round(float(ebm.best_iteration_.sum(axis=0).mean())))
    ensemble, trees = ensemble_onnx(model, steps, settings.max_leaves, {})

    rows = np.random.default_rng(seed).integers(len(matrix), size=BLOCK_ROWS)
    block = matrix.values[rows].astype(np.float32)
    expected = ebm.predict_proba(block.astype(np.float64))[:, 1]
    by_name = {
        name: column.reshape(-1) for name, column in zip(features.names, block.T, strict=True)
    }
    frame = pd.DataFrame(by_name)
    converted = ebm2onnx.to_onnx(
        ebm, ebm2onnx.get_dtype_from_pandas(frame), predict_proba=True, probabilities_name="probabilities"
    )
    compact = _session(compact_onnx(model, {}))
    usual = _session(ensemble)
    by_feature = _session(converted)
    fed = {entry.name: by_name[entry.name] for entry in by_feature.get_inputs()}
    cases: list[tuple[str, bool, Callable[[], np.ndarray], bool]] = [
        ("EBM, compact: one tree per term", True, lambda: compact.run(None, {"features": block})[0][:, 0], True),
        (f"EBM, boosted ensemble of {trees} trees", False, lambda: usual.run(None, {"features": block})[0][:, 0], True),
        ("EBM, ebm2onnx", False, lambda: np.asarray(by_feature.run(["probabilities"], fed)[0])[:, 1], True),
        ("LightGBM, score alone", False, lambda: boosted.predict(block, num_threads=1), False),
        (
            "LightGBM with SHAP values",
            True,
            lambda: boosted.predict(block[:1_024], pred_contrib=True, num_threads=1),
            False,
        ),
    ]
    report = []
    for name, contributions, score, is_the_ebm in cases:
        answer = score()
        difference = float(np.abs(answer - expected).max()) if is_the_ebm else None
        report.append(
            {
                "name": name,
                "rowsPerSecond": len(answer) / _best_seconds(score),
                "contributions": contributions,
                "maxPdDifference": difference,
            }
        )
    return report


def _session(model: bytes | ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    content = model if isinstance(model, bytes) else model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _best_seconds(run: Callable[[], np.ndarray]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)
