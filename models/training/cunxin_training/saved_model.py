"""Reads the step functions back from a model folder: shapes.json and manifest.json say it all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from cunxin_training.additive import AdditiveModel, Axis, Term
from cunxin_training.ensemble_onnx import ensemble_onnx


def read_additive_model(folder: Path) -> AdditiveModel:
    """The model of ``folder``, as exported. Raises ValueError when shapes.json is not the manifest's."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content = (folder / manifest["shapes"]["file"]).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["shapes"]["sha256"]:
        raise ValueError(f"{folder}: shapes.json is not the file that the manifest names")
    terms = [
        _term(entry["name"], shape)
        for entry, shape in zip(manifest["terms"], json.loads(content)["terms"], strict=True)
    ]
    return AdditiveModel(tuple(terms), np.float32(manifest["intercept"]), len(manifest["features"]))


def write_ensemble(model: AdditiveModel, folder: Path, out: Path, trees: int | None) -> int:
    """Writes ``model`` as a boosted ensemble; returns how many trees.

    As many trees as ``trees``, by default as the fit's boosting steps; more if the function needs it.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    metadata = {key: manifest[key] for key in ("modelVersion", "featureListHash")}
    fitted = manifest["trainedWith"]
    wanted = fitted["boostingSteps"] if trees is None else trees
    content, written = ensemble_onnx(model, wanted, fitted["settings"]["max_leaves"], metadata)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    return written


def _term(name: str, shape: dict) -> Term:
    axes = tuple(
        Axis(feature, np.array(cuts, dtype=np.float32))
        for feature, cuts in zip(shape["features"], shape["cuts"], strict=True)
    )
    scores = np.empty([axis.bins + 1 for axis in axes], dtype=np.float32)
    if len(axes) == 1:
        scores[:-1], scores[-1] = shape["scores"], shape["missing"]
        return Term(name, axes, scores, np.array(shape["density"]))
    scores[:-1, :-1] = np.reshape(shape["scores"], [axis.bins for axis in axes])
    scores[-1, :-1], scores[:-1, -1] = shape["missing"]["first"], shape["missing"]["second"]
    scores[-1, -1] = shape["missing"]["both"]
    return Term(name, axes, scores, np.zeros(scores.shape))
