"""The command line writes whole, reproducible model folders."""

from __future__ import annotations

import csv
import hashlib
import json

import numpy as np
import onnxruntime
import pytest

from conftest import write_matrix
from cunxin_training import cli, cross_validate, validation
from cunxin_training.golden import golden_inputs
from cunxin_training.saved_model import read_additive_model
from cunxin_training.validation import split_by_time
from conftest import quick_settings


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The commands as they are, with fits of a second."""

    def settings(defaults, seed, pairs_max):
        return quick_settings(seed=seed, pairs_max=2 if pairs_max is None else pairs_max)

    for module in (cli, cross_validate, validation):
        monkeypatch.setattr(module, "settings_for", settings)


def fit(book, out, jobs="1"):
    arguments = ["fit", "--matrix", str(book.matrix_path), "--features", str(book.features_path)]
    arguments += ["--out", str(out), "--model-version", "pd-test.1", "--jobs", jobs, "--source", "a test"]
    assert cli.main(arguments) == 0
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, book):
    with pytest.MonkeyPatch.context() as patch:
        for module in (cli, cross_validate, validation):
            patch.setattr(module, "settings_for", lambda d, seed, p: quick_settings(seed=seed, pairs_max=2))
        out = tmp_path_factory.mktemp("models") / "pd-test.1"
        fit(book, out)
    return out


def test_two_fits_are_equal_to_the_byte_whatever_the_number_of_processes(tmp_path, book, folder):
    again = fit(book, tmp_path / "again", jobs="2")
    assert again == {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert sorted(again) == [
        "MODEL_CARD.md", "baseline-ensemble.onnx", "golden.json", "manifest.json", "model.onnx", "shapes.json",
        "uncertainty.onnx",
    ]


def test_manifest_names_the_bytes_of_every_file_and_the_matrix(folder, book):
    manifest = json.loads((folder / "manifest.json").read_text())
    for part in ("onnx", "shapes", "golden", "uncertainty"):
        content = (folder / manifest[part]["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == manifest[part]["sha256"]
    assert manifest["onnx"]["bytes"] == (folder / "model.onnx").stat().st_size
    assert manifest["trainingData"]["sha256"] == hashlib.sha256(book.matrix_path.read_bytes()).hexdigest()
    assert manifest["features"] == book.features.names
    assert len(manifest["referenceContributions"]) == len(manifest["terms"])
    assert manifest["calibration"]["slope"] > 0


def test_golden_rows_are_met_by_the_onnx(folder):
    rows = json.loads((folder / "golden.json").read_text())["rows"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert len(rows) >= 24
    assert any(all(value is None for value in row["features"]) for row in rows)
    inputs = np.array([[np.nan if v is None else v for v in row["features"]] for row in rows], np.float32)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    probability, contributions = session.run(
        ["probability_of_default", "contributions"], {"features": inputs}
    )
    assert np.abs(probability[:, 0] - [row["probabilityOfDefault"] for row in rows]).max() < 1e-6
    assert np.abs(contributions - [row["contributions"] for row in rows]).max() < 1e-5
    log_odds = contributions.sum(axis=1, dtype=np.float64) + manifest["intercept"]
    assert np.abs(log_odds - [row["logOdds"] for row in rows]).max() < 1e-5


def test_golden_rows_are_no_applicants(book, trained):
    inputs = golden_inputs(trained.additive, book.matrix, np.random.default_rng(1))
    known = {tuple(row) for row in np.nan_to_num(book.matrix.values, nan=1e9)}
    assert not any(tuple(row) in known for row in np.nan_to_num(inputs, nan=1e9))


def test_shapes_read_back_are_the_leaves_of_the_onnx(folder, book):
    model = read_additive_model(folder)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    contributions = session.run(["contributions"], {"features": book.matrix.values.astype(np.float32)})[0]
    assert np.array_equal(contributions, model.contributions(book.matrix.values))
    shapes = json.loads((folder / "shapes.json").read_text())["terms"]
    mains = [shape for shape in shapes if len(shape["features"]) == 1]
    assert all(sum(shape["density"]) == len(book.matrix) for shape in mains)
    assert any(len(shape["features"]) == 2 for shape in shapes)


def test_export_ensemble_of_a_folder_scores_as_the_folder(folder, tmp_path, book):
    out = tmp_path / "ensemble.onnx"
    assert cli.main(["export-ensemble", "--model", str(folder), "--out", str(out), "--trees", "800"]) == 0
    inputs = {"features": book.matrix.values.astype(np.float32)}
    compact = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    for path in (out, folder / "baseline-ensemble.onnx"):
        ensemble = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        difference = ensemble.run(None, inputs)[0] - compact.run(["probability_of_default"], inputs)[0]
        assert np.abs(difference).max() < 1e-5


def test_metrics_are_out_of_time_with_the_oracles_share(folder, book):
    metrics = json.loads((folder / "manifest.json").read_text())["metrics"]
    measured = metrics["outOfTime"]
    earlier, later, first_later_day = split_by_time(book.matrix)
    assert measured["heldOutFrom"] == first_later_day
    assert max(book.matrix.as_of[earlier]) < first_later_day <= min(book.matrix.as_of[later])
    assert measured["rows"] == later.sum() and measured["fittedOnRows"] == earlier.sum()
    assert measured["auc"]["low"] < measured["auc"]["value"] < measured["auc"]["high"]
    assert 0.5 < measured["oracle"]["giniShare"] < 1.05
    card = (folder / "MODEL_CARD.md").read_text()
    assert "Best possible on these loans" in card
    boosted = measured["boosted"]
    gini = 2 * measured["auc"]["value"] - 1
    assert boosted["giniShare"] == pytest.approx(gini / (2 * boosted["auc"] - 1))
    difference = boosted["aucDifference"]
    assert difference["value"] == pytest.approx(measured["auc"]["value"] - boosted["auc"])
    assert difference["low"] < difference["value"] < difference["high"]
    assert f"{boosted['giniShare']:.1%} of its Gini" in card
    assert f"{measured['auc']['value']:.4f}" in card


def test_a_matrix_of_one_day_has_no_out_of_time_figure_and_the_card_says_so(tmp_path, book):
    path = write_matrix(tmp_path / "matrix.csv", book.features, rows=600, seed=3, days=1)
    arguments = ["fit", "--matrix", str(path), "--features", str(book.features_path), "--model-version", "v"]
    assert cli.main([*arguments, "--out", str(tmp_path / "model")]) == 0
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["metrics"]["outOfTime"] is None
    assert "No out-of-time figure" in (tmp_path / "model" / "MODEL_CARD.md").read_text()


def test_cross_validation_predicts_every_row_with_the_model_that_never_saw_it(tmp_path, book):
    path = write_matrix(tmp_path / "matrix.csv", book.features, rows=700, seed=4)
    out = tmp_path / "cv"
    arguments = ["cross-validate", "--matrix", str(path), "--features", str(book.features_path)]
    assert cli.main([*arguments, "--out", str(out), "--folds", "3", "--seed", "5"]) == 0
    with (out / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "fold", "label", "ebm_log_odds", "ebm_pd", "logistic_pd"]
    assert sorted(row["id"] for row in rows) == sorted(f"app_{i}" for i in range(700))
    with path.open() as file:
        inputs = {row["id"]: row for row in csv.DictReader(file)}
    for fold in range(3):
        session = onnxruntime.InferenceSession(out / f"fold-{fold}" / "model.onnx", providers=["CPUExecutionProvider"])
        mine = [row for row in rows if row["fold"] == str(fold)]
        values = np.array(
            [[np.float32(inputs[row["id"]][n] or "nan") for n in book.features.names] for row in mine], np.float32
        )
        probability = session.run(["probability_of_default"], {"features": values})[0][:, 0]
        assert np.abs(probability - [float(row["ebm_pd"]) for row in mine]).max() < 1e-6
        training = json.loads((out / f"fold-{fold}" / "manifest.json").read_text())["trainingData"]
        assert training["rows"] == 700 - len(mine)


def test_train_test_fits_on_one_matrix_and_predicts_the_other(tmp_path, book):
    early = write_matrix(tmp_path / "early.csv", book.features, rows=600, seed=5)
    late = write_matrix(tmp_path / "late.csv", book.features, rows=200, seed=6)
    arguments = ["train-test", "--train", str(early), "--test", str(late), "--features", str(book.features_path)]
    assert cli.main([*arguments, "--out", str(tmp_path / "split")]) == 0
    with (tmp_path / "split" / "predictions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 200
    manifest = json.loads((tmp_path / "split" / "fold-0" / "manifest.json").read_text())
    assert manifest["trainingData"]["rows"] == 600


def test_a_broken_matrix_ends_with_a_message_and_code_2(tmp_path, book, capsys):
    path = tmp_path / "matrix.csv"
    path.write_text("id,label\n")
    arguments = ["fit", "--matrix", str(path), "--features", str(book.features_path), "--model-version", "v"]
    assert cli.main([*arguments, "--out", str(tmp_path / "model")]) == 2
    assert "first columns" in capsys.readouterr().err
