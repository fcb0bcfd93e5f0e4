"""The standard error of a PD, from the bags."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from conftest import probing_inputs
from cunxin_training.uncertainty_onnx import OUTPUT, jackknife_factor, uncertainty_onnx


def standard_errors(trained, inputs: np.ndarray) -> np.ndarray:
    content = uncertainty_onnx(trained.ebm, trained.calibration, trained.settings.validation_size, {})
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {"features": inputs.astype(np.float32)})[0]


def test_standard_error_is_the_jackknifed_spread_of_the_bags_pairs_included(trained):
    assert trained.pairs
    inputs = probing_inputs(trained.additive, 5_000, seed=12)
    spread = trained.ebm.predict_with_uncertainty(inputs.astype(np.float64))[:, 1]
    factor = jackknife_factor(trained.settings.validation_size)
    expected = trained.calibration.slope * np.sqrt(factor) * spread
    found = standard_errors(trained, inputs)
    assert found.shape == (5_000, 1)
    assert np.abs(found[:, 0] - expected).max() < 1e-5


def test_jackknife_of_a_mean_gives_its_known_standard_error():
    random = np.random.default_rng(1)
    sample = random.normal(size=400)
    held_out = 60
    means = [np.delete(sample, random.choice(400, held_out, replace=False)).mean() for _ in range(4_000)]
    variance = jackknife_factor(held_out / 400) * np.mean((np.array(means) - np.mean(means)) ** 2)
    assert variance == pytest.approx(sample.var(ddof=1) / 400, rel=0.1)


def test_the_model_is_less_sure_where_it_has_seen_less(trained):
    typical = np.zeros((1, trained.additive.feature_count))
    far = np.full((1, trained.additive.feature_count), 3.5)
    assert standard_errors(trained, far)[0, 0] > standard_errors(trained, typical)[0, 0] > 0
