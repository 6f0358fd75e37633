"""A recipe of a kind of its own, in one file: how often each label is, whatever the photo shows."""

from __future__ import annotations

from onnx import TensorProto, helper, numpy_helper

from emotion_classifier import recipes
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.fitting import FitTask, Fitted


class PriorRecipe(recipes.Recipe):
    def fit(self, task: FitTask) -> Fitted:
        inputs, targets = task.arrays(self)
        shares = numpy_helper.from_array(targets.mean(axis=0, keepdims=True), "shares")
        nothing = numpy_helper.from_array(inputs[0, 0, 0, 0] * 0, "nothing")
        graph = helper.make_graph(
            [
                helper.make_node("ReduceMean", ["pixels"], ["level"], axes=[1, 2, 3], keepdims=0),
                helper.make_node("Mul", ["level", "nothing"], ["zero"]),
                helper.make_node("Unsqueeze", ["zero", "one"], ["column"]),
                helper.make_node("Add", ["column", "shares"], ["probabilities"]),
            ],
            "prior",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", *inputs.shape[1:]])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(task.labels)])],
            [shares, nothing, helper.make_tensor("one", TensorProto.INT64, [1], [1])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return Fitted(model.SerializeToString(), parameters=targets.shape[1])


recipes.register(
    PriorRecipe(
        name="prior",
        summary="the share of each label, whatever the photo shows",
        preprocessing=Preprocessing(input="photo", height=8, width=8),
    )
)
