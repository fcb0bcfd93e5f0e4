"""Classifiers of other makes as ONNX, to be registered as challengers (``npm run register``).

    .venv/bin/pip install --requirement requirements-exporters.lock
    .venv/bin/python -m cunxin_training.export_classifier lightgbm --matrix M.csv.gz --features features.json --out DIR

Writes ``DIR/model.onnx`` and ``DIR/expected.csv``: rows and what the model itself answers to them, in its own
library, never by the ONNX. A lender's own export needs the same two files and nothing of this one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import onnxruntime
from threadpoolctl import threadpool_limits

from cunxin_training.boosted import fit_boosted
from cunxin_training.matrix import FeatureList, Matrix, MatrixError, read_feature_list, read_matrix

# The newest that onnxmltools writes.
OPSET = 15
ML_OPSET = 3
CHECKED_ROWS = 20_000
MIXED_ROWS = 24
BOUNDARY_ROWS = 8
PD_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Exported:
    """``predict`` takes float32 [N, F], NaN missing, and gives the PD float64 [N] by the model's own library."""

    onnx: bytes
    predict: Callable[[np.ndarray], np.ndarray]
    cuts: list[np.ndarray]
    made_with: str


def export_lightgbm(matrix: Matrix, features: FeatureList, seed: int) -> Exported:
    """The challenger of ``boosted``. Its cuts are float64, the ONNX asks in float32: each cut is first moved down
    to the float32 at or below it, on which side of it every float32 value stays (``x <= cut``)."""
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    booster = _with_float32_cuts(fit_boosted(matrix, features, seed))
    model = onnxmltools.convert_lightgbm(
        booster,
        initial_types=[("features", FloatTensorType([None, len(features)]))],
        zipmap=False,
        target_opset=OPSET,
    )
    return Exported(
        _bytes(model),
        lambda rows: booster.predict(rows.astype(np.float64), num_threads=1),
        _cuts(booster, len(features)),
        f"LightGBM {lightgbm.__version__}, onnxmltools {onnxmltools.__version__}",
    )


def export_scikit_learn(matrix: Matrix, features: FeatureList, seed: int) -> Exported:
    """A pipeline that imputes medians, standardizes, and fits a ridge-penalized logistic regression."""
    import skl2onnx
    import sklearn
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=2_000, random_state=seed),
    )
    pipeline.fit(matrix.values.astype(np.float32), matrix.labels)
    model = skl2onnx.to_onnx(
        pipeline,
        initial_types=[("features", skl2onnx.common.data_types.FloatTensorType([None, len(features)]))],
        options={id(pipeline): {"zipmap": False}},
        target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
    )
    return Exported(
        _bytes(model),
        lambda rows: pipeline.predict_proba(rows)[:, 1].astype(np.float64),
        [np.array([])] * len(features),
        f"scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}",
    )


def export_xgboost(matrix: Matrix, features: FeatureList, seed: int) -> Exported:
    """Boosted trees of depth 3."""
    import onnxmltools
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    classifier = xgboost.XGBClassifier(
        n_estimators=200,
        max_depth=3,
        learning_rate=0.06,
        min_child_weight=10,
        reg_lambda=5.0,
        subsample=0.8,
        colsample_bytree=0.7,
        random_state=seed,
        n_jobs=1,
    )
    classifier.fit(matrix.values.astype(np.float32), matrix.labels)
    model = onnxmltools.convert_xgboost(
        classifier,
        initial_types=[("features", FloatTensorType([None, len(features)]))],
        target_opset=OPSET,
    )
    return Exported(
        _bytes(model),
        lambda rows: classifier.predict_proba(rows)[:, 1].astype(np.float64),
        [np.array([])] * len(features),
        f"XGBoost {xgboost.__version__}, onnxmltools {onnxmltools.__version__}",
    )


EXPORTERS = {"lightgbm": export_lightgbm, "scikit-learn": export_scikit_learn, "xgboost": export_xgboost}


def largest_difference(exported: Exported, rows: np.ndarray) -> float:
    """The largest PD difference between the ONNX and the model's own library, on float32 rows [N, F]."""
    session = onnxruntime.InferenceSession(exported.onnx, providers=["CPUExecutionProvider"])
    output = next(entry.name for entry in session.get_outputs() if entry.type == "tensor(float)")
    said = session.run([output], {session.get_inputs()[0].name: rows})[0][:, 1]
    return float(np.abs(said - exported.predict(rows)).max())


def mixed_rows(values: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """float32 [count, F]: each value drawn alone from its column, 15 % missing, so that no row is an applicant's."""
    rows = np.empty((count, values.shape[1]), dtype=np.float32)
    for place in range(values.shape[1]):
        known = values[~np.isnan(values[:, place]), place]
        rows[:, place] = random.choice(known, count) if known.size else np.nan
    rows[random.random(rows.shape) < 0.15] = np.nan
    return rows


def expected_rows(values: np.ndarray, cuts: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Rows to hold the export to: medians, least, greatest, nothing known, at and above cuts, and mixed."""
    middle, least, greatest = (
        np.array([of(column[~np.isnan(column)]) if (~np.isnan(column)).any() else np.nan for column in values.T])
        for of in (lambda known: np.sort(known)[known.size // 2], np.min, np.max)
    )
    rows = [middle, least, greatest, np.full(values.shape[1], np.nan)]
    for place in range(BOUNDARY_ROWS if any(len(found) for found in cuts) else 0):
        at_cut, above_cut = middle.copy(), middle.copy()
        for feature, found in enumerate(cuts):
            inside = found[(found >= least[feature]) & (found < greatest[feature])]
            if inside.size:
                cut = inside[place * inside.size // BOUNDARY_ROWS]
                at_cut[feature], above_cut[feature] = cut, np.nextafter(np.float32(cut), np.float32(np.inf))
        rows.extend([at_cut, above_cut])
    return np.concatenate([np.array(rows, dtype=np.float32), mixed_rows(values, MIXED_ROWS, random)])


def write_export(out: Path, exported: Exported, rows: np.ndarray, names: list[str]) -> None:
    """``model.onnx`` and ``expected.csv``."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(exported.onnx)
    lines = [",".join([*names, "probability_of_default"])]
    for row, probability in zip(rows, exported.predict(rows), strict=True):
        cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
        lines.append(",".join([*cells, repr(float(probability))]))
    (out / "expected.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Returns 0; 2 with a message on standard error when the input is broken or the export answers otherwise."""
    parser = argparse.ArgumentParser(prog="cunxin_training.export_classifier")
    parser.add_argument("make", choices=sorted(EXPORTERS))
    parser.add_argument("--matrix", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="features.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    try:
        features = read_feature_list(options.features)
        matrix = read_matrix(options.matrix, features)
        with threadpool_limits(limits=1):
            exported = EXPORTERS[options.make](matrix, features, options.seed)
    except (MatrixError, ValueError, FileNotFoundError) as error:
        print(f"export_classifier: {error}", file=sys.stderr)
        return 2
    random = np.random.default_rng(options.seed)
    difference = largest_difference(exported, mixed_rows(matrix.values, CHECKED_ROWS, random))
    print(f"{exported.made_with}: {len(exported.onnx)} bytes", file=sys.stderr)
    print(f"largest PD difference over {CHECKED_ROWS} random rows: {difference:.2e}", file=sys.stderr)
    if not difference <= PD_TOLERANCE:
        print(f"export_classifier: the ONNX answers otherwise than the model, by {difference}", file=sys.stderr)
        return 2
    write_export(options.out, exported, expected_rows(matrix.values, exported.cuts, random), list(features.names))
    return 0


def _with_float32_cuts(booster: lightgbm.Booster) -> lightgbm.Booster:
    lines = []
    for line in booster.model_to_string().split("\n"):
        if line.startswith("threshold="):
            cuts = " ".join(repr(float(_float32_at_or_below(float(cut)))) for cut in line[10:].split())
            line = f"threshold={cuts}"
        # Sizes of trees in bytes, which are no longer so; the reader does without.
        if not line.startswith("tree_sizes="):
            lines.append(line)
    return lightgbm.Booster(model_str="\n".join(lines))


def _float32_at_or_below(cut: float) -> np.float32:
    rounded = np.float32(cut)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > cut else rounded


def _cuts(booster: lightgbm.Booster, feature_count: int) -> list[np.ndarray]:
    found: list[list[float]] = [[] for _ in range(feature_count)]
    trees = booster.trees_to_dataframe()
    for feature, cut in trees.loc[trees["threshold"].notna(), ["split_feature", "threshold"]].itertuples(index=False):
        found[booster.feature_name().index(feature)].append(float(cut))
    return [np.unique(cuts) for cuts in found]


def _bytes(model: onnx.ModelProto) -> bytes:
    return model.SerializeToString(deterministic=True)


if __name__ == "__main__":
    sys.exit(main())
