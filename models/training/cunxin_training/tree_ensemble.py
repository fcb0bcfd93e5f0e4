"""Writes decision trees as one ONNX TreeEnsembleRegressor."""

from __future__ import annotations

from dataclasses import dataclass, field

import onnx
from onnx import TensorProto, helper

# Written for the oldest runtime that we meet, not the newest exporter: onnxruntime-node reads
# far newer ones, other readers of the file may not.
OPSET = 17
ML_OPSET = 3
IR_VERSION = 8
ML_DOMAIN = "ai.onnx.ml"


@dataclass
class TreeEnsembleNodes:
    """Collects trees whose inner nodes ask ``feature < cut``; a missing value takes the yes-branch."""

    tree_count: int = 0
    node_trees: list[int] = field(default_factory=list)
    node_ids: list[int] = field(default_factory=list)
    node_features: list[int] = field(default_factory=list)
    node_cuts: list[float] = field(default_factory=list)
    node_modes: list[str] = field(default_factory=list)
    node_yes: list[int] = field(default_factory=list)
    node_no: list[int] = field(default_factory=list)
    leaf_trees: list[int] = field(default_factory=list)
    leaf_ids: list[int] = field(default_factory=list)
    leaf_targets: list[int] = field(default_factory=list)
    leaf_weights: list[float] = field(default_factory=list)
    missing_takes_yes: list[int] = field(default_factory=list)

    def start_tree(self) -> None:
        self.tree_count += 1
        self._next_id = 0

    def branch(self, feature: int, cut: float, missing_takes_yes: bool) -> int:
        """Adds an inner node to the tree last started; returns its place, for ``connect``."""
        place = self._add_node("BRANCH_LT", feature, cut)
        self.missing_takes_yes[place] = int(missing_takes_yes)
        return place

    def leaf(self, weights: dict[int, float]) -> int:
        """Adds a leaf with a weight for each target; returns its place."""
        place = self._add_node("LEAF", 0, 0.0)
        for target, weight in weights.items():
            self.leaf_trees.append(self.node_trees[place])
            self.leaf_ids.append(self.node_ids[place])
            self.leaf_targets.append(target)
            self.leaf_weights.append(weight)
        return place

    def connect(self, place: int, yes: int, no: int) -> int:
        self.node_yes[place] = self.node_ids[yes]
        self.node_no[place] = self.node_ids[no]
        return place

    def _add_node(self, mode: str, feature: int, cut: float) -> int:
        self.node_trees.append(self.tree_count - 1)
        self.node_ids.append(self._next_id)
        self.node_features.append(feature)
        self.node_cuts.append(cut)
        self.node_modes.append(mode)
        self.node_yes.append(0)
        self.node_no.append(0)
        self.missing_takes_yes.append(0)
        self._next_id += 1
        return len(self.node_ids) - 1

    def to_node(self, input_name: str, output_name: str, targets: int) -> onnx.NodeProto:
        """The TreeEnsembleRegressor with ``targets`` outputs, each the sum over all trees."""
        return helper.make_node(
            "TreeEnsembleRegressor",
            [input_name],
            [output_name],
            domain=ML_DOMAIN,
            n_targets=targets,
            aggregate_function="SUM",
            post_transform="NONE",
            nodes_treeids=self.node_trees,
            nodes_nodeids=self.node_ids,
            nodes_featureids=self.node_features,
            nodes_values=self.node_cuts,
            nodes_modes=self.node_modes,
            nodes_truenodeids=self.node_yes,
            nodes_falsenodeids=self.node_no,
            nodes_missing_value_tracks_true=self.missing_takes_yes,
            target_treeids=self.leaf_trees,
            target_nodeids=self.leaf_ids,
            target_ids=self.leaf_targets,
            target_weights=self.leaf_weights,
        )


def model_bytes(
    nodes: list[onnx.NodeProto],
    initializers: list[onnx.TensorProto],
    feature_count: int,
    outputs: dict[str, int],
    metadata: dict[str, str],
) -> bytes:
    """A checked ONNX model: input ``features`` float32 [N, F], float32 ``outputs`` name to columns."""
    graph = helper.make_graph(
        nodes,
        "cunxin",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", feature_count])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", columns])
            for name, columns in outputs.items()
        ],
        initializers,
    )
    model = helper.make_model(
        graph,
        producer_name="cunxin-training",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)],
    )
    model.ir_version = IR_VERSION
    helper.set_model_props(model, dict(sorted(metadata.items())))
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
