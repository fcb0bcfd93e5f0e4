"""The standard error of a PD, from the bags."""

from __future__ import annotations

import numpy as np
import onnxruntime

from conftest import probing_inputs, quick_settings, write_matrix
from cunxin_training.matrix import read_matrix
from cunxin_training.train import train
from cunxin_training.uncertainty_onnx import OUTPUT, uncertainty_onnx


def standard_errors(trained, inputs: np.ndarray) -> np.ndarray:
    content = uncertainty_onnx(trained.ebm, trained.calibration, trained.variance_scale, {})
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {"features": inputs.astype(np.float32)})[0]


def test_standard_error_is_the_scaled_spread_of_the_bags_pairs_included(trained):
    assert trained.pairs
    inputs = probing_inputs(trained.additive, 5_000, seed=12)
    spread = trained.ebm.predict_with_uncertainty(inputs.astype(np.float64))[:, 1]
    expected = trained.calibration.slope * np.sqrt(trained.variance_scale) * spread
    found = standard_errors(trained, inputs)
    assert found.shape == (5_000, 1)
    assert np.abs(found[:, 0] - expected).max() < 1e-5


def test_standard_error_is_near_the_true_spread_over_fresh_books(tmp_path, book):
    """Refits on fresh draws of the same world show how far a PD really moves."""
    random = np.random.default_rng(9)
    probe = random.normal(size=(300, len(book.features))).astype(np.float32)
    log_odds, errors = [], []
    for seed in range(8):
        matrix = read_matrix(write_matrix(tmp_path / "fresh.csv", book.features, 1_500, 50 + seed), book.features)
        fresh = train(matrix, book.features, quick_settings(outer_bags=8, calibration_bags=4))
        log_odds.append(fresh.additive.log_odds(probe.astype(np.float64)))
        errors.append(standard_errors(fresh, probe)[:, 0])
    true_spread = np.sqrt(np.var(log_odds, axis=0, ddof=1).mean())
    reported = np.sqrt(np.square(errors).mean())
    assert 0.7 < reported / true_spread < 1.5


def test_the_model_is_less_sure_where_it_has_seen_less(trained):
    typical = np.zeros((1, trained.additive.feature_count))
    far = np.full((1, trained.additive.feature_count), 3.5)
    assert standard_errors(trained, far)[0, 0] > standard_errors(trained, typical)[0, 0] > 0
