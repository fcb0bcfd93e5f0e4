"""What export_classifier does itself; the exporters' own packages are not needed for it."""

import csv

import lightgbm
import numpy as np
import pytest

from cunxin_training.export_classifier import (
    Exported,
    _cuts,
    _float32_at_or_below,
    _with_float32_cuts,
    expected_rows,
    mixed_rows,
    write_export,
)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    random = np.random.default_rng(5)
    drawn = random.normal(size=(1_500, 4)).astype(np.float32).astype(np.float64)
    drawn[random.random(drawn.shape) < 0.1] = np.nan
    return drawn


@pytest.fixture(scope="module")
def booster(values: np.ndarray) -> lightgbm.Booster:
    labels = (np.nan_to_num(values[:, 0]) + np.nan_to_num(values[:, 1]) > 0.5).astype(int)
    settings = {"objective": "binary", "num_leaves": 6, "num_threads": 1, "verbosity": -1, "seed": 3}
    return lightgbm.train(settings, lightgbm.Dataset(values, labels), num_boost_round=25)


def test_a_cut_moves_to_the_float32_at_or_below_it() -> None:
    for cut in (0.1, 0.3, -0.1, 1e-30, 123456.789, 0.5):
        moved = float(_float32_at_or_below(cut))
        assert moved == float(np.float32(moved)) and moved <= cut
        assert float(np.nextafter(np.float32(moved), np.float32(np.inf))) > cut


def test_every_float32_value_stays_on_its_side_of_every_moved_cut(booster, values) -> None:
    moved = _with_float32_cuts(booster)
    cuts = np.concatenate(_cuts(booster, 4))
    near = np.concatenate([np.float32(cuts) - 1e-6, np.float32(cuts), np.nextafter(np.float32(cuts), np.float32(np.inf))])
    rows = np.random.default_rng(1).choice(near.astype(np.float32), (4_000, 4)).astype(np.float64)
    for block in (rows, values):
        assert np.array_equal(moved.predict(block), booster.predict(block))
    assert all(cut == np.float32(cut) for found in _cuts(moved, 4) for cut in found)


def test_expected_rows_are_nobodys_and_ask_at_and_above_cuts(booster, values) -> None:
    moved = _with_float32_cuts(booster)
    rows = expected_rows(values, _cuts(moved, 4), np.random.default_rng(2))
    assert rows.dtype == np.float32 and len(rows) >= 24
    held = {tuple(row) for row in values.astype(np.float32)}
    assert not any(tuple(row) in held for row in rows)
    at_cut, above_cut = rows[4], rows[5]
    asked = [value in found for value, found in zip(at_cut, _cuts(moved, 4), strict=True)]
    assert asked[0] and asked[1]
    assert np.array_equal(above_cut[asked], np.nextafter(at_cut[asked], np.float32(np.inf)))


def test_mixed_rows_leave_a_seventh_of_the_values_out(values) -> None:
    rows = mixed_rows(values, 4_000, np.random.default_rng(3))
    assert 0.13 < np.isnan(rows).mean() < 0.17


def test_what_is_written_reads_back_exactly(tmp_path, booster, values) -> None:
    exported = Exported(b"onnx", lambda rows: booster.predict(rows.astype(np.float64)), [], "LightGBM")
    rows = expected_rows(values, [np.array([])] * 4, np.random.default_rng(4))
    write_export(tmp_path, exported, rows, ["a", "b", "c", "d"])
    assert (tmp_path / "model.onnx").read_bytes() == b"onnx"
    with (tmp_path / "expected.csv").open() as file:
        read = list(csv.DictReader(file))
    again = np.array([[float(row[name] or "nan") for name in "abcd"] for row in read], dtype=np.float32)
    assert np.array_equal(again, rows, equal_nan=True)
    assert [float(row["probability_of_default"]) for row in read] == exported.predict(rows).tolist()
