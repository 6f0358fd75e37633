"""Configurations that Keras 2 wrote, in the words of Keras 3: plain dictionaries in, plain dictionaries out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from emotion_classifier.errors import BundleError

# What Keras 3 dropped, and the values with which nothing changes without it; None: any.
_RETIRED: dict[str, tuple[Any, ...] | None] = {
    "groups": (1,),
    "renorm": (False, None),
    "virtual_batch_size": (None,),
    "ragged": (False, None),
    "fused": None,
    "implementation": None,
    # Of a SeparableConv2D, which has one of each for either of its kernels and never used these.
    "kernel_initializer": None,
    "kernel_regularizer": None,
    "kernel_constraint": None,
    "rng_type": None,
}
# Arithmetic of TensorFlow with a number, as `x / 127.5 - 1`: the Rescaling layer that does the same.
_ARITHMETIC = {
    "math.truediv": lambda y: {"scale": 1 / y, "offset": 0.0},
    "math.divide": lambda y: {"scale": 1 / y, "offset": 0.0},
    "math.multiply": lambda y: {"scale": y, "offset": 0.0},
    "math.add": lambda y: {"scale": 1.0, "offset": y},
    "__operators__.add": lambda y: {"scale": 1.0, "offset": y},
    "math.subtract": lambda y: {"scale": 1.0, "offset": -y},
}
_TENSORFLOW = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")


def modernise(config: Any, *, file: str) -> Any:
    """Rename what Keras 2 called differently and drop what Keras 3 no longer knows and nothing depends on.

    Parameters
    ----------
    config : dict
        A model's configuration as JSON; one of Keras 3 comes back as it is.
    file : str
        Name of the file, for errors.

    Raises
    ------
    BundleError
        If the model needs something that Keras 3 cannot do; the message says what to do.
    """
    if isinstance(config, list):
        return [modernise(item, file=file) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") in _TENSORFLOW:
        config = _as_rescaling(config, file=file)
    renewed = {key: modernise(value, file=file) for key, value in config.items()}
    shape = renewed.pop("batch_input_shape", None)
    if shape is not None and "sparse" in renewed:  # Only an InputLayer says whether it is sparse.
        renewed["batch_shape"] = shape
    return _part(renewed, file=file) if isinstance(renewed.get("class_name"), str) else renewed


def by_hand(file: str) -> str:
    """Say how a model that Keras 3 cannot rebuild is carried over."""
    return (
        f"Build the same network with Keras 3, from its own layers (Rescaling instead of arithmetic), load the "
        f"weights with `model.load_weights('{file}')`, save it with `model.save('model.keras')` and export that."
    )


def _part(part: dict[str, Any], *, file: str) -> dict[str, Any]:
    """Bring one layer, model or policy into the words of Keras 3."""
    import keras

    name, settings = part["class_name"], part.get("config")
    if name == "Policy":
        return part | {"class_name": "DTypePolicy", "module": "keras", "registered_name": None}
    if _of_keras_2(part.get("module")):
        home = "keras.src.models.functional" if name == "Functional" else "keras.layers"
        home = "keras" if name in ("Sequential", "Model") else home
        part = part | {"module": home, "registered_name": name if name == "Functional" else None}
    kind = getattr(keras.layers, name, None)
    if name == "Functional" and isinstance(settings, dict):
        return part | {"config": _graph(settings)}
    if not isinstance(settings, dict) or not inspect.isclass(kind):
        return part
    if isinstance(axis := settings.get("axis"), list) and len(axis) == 1 and name == "BatchNormalization":
        settings = settings | {"axis": axis[0]}
    known = inspect.signature(kind.__init__).parameters
    for key in _RETIRED.keys() & settings.keys() - known.keys():
        harmless = _RETIRED[key]
        if harmless is not None and settings[key] not in harmless:
            raise BundleError(
                f"{file}: its layer {settings.get('name', name)!r} ({name}) has {key}={settings[key]!r}, which "
                f"Keras {keras.__version__} no longer offers. {by_hand(file)}"
            )
    return part | {
        "config": {key: value for key, value in settings.items() if key in known or key not in _RETIRED}
    }


def _graph(settings: dict[str, Any]) -> dict[str, Any]:
    """Bring the connections of a functional model into the form of Keras 3."""
    ends = {key: _alone(settings[key]) for key in ("input_layers", "output_layers") if key in settings}
    layers = [layer for layer in settings.get("layers", ()) if isinstance(layer, dict)]
    kinds = {layer.get("name"): layer.get("class_name") for layer in layers}
    for layer in layers:
        for tensor in _tensors(layer.get("inbound_nodes")):
            # Keras 2 counts a nested model's own making as its first call, and Keras 3 does not.
            tensor[1] -= kinds.get(tensor[0]) in ("Functional", "Sequential", "Model") and tensor[1] > 0
    return settings | ends


def _tensors(calls: Any) -> Iterator[list[Any]]:
    """Every [layer, call, place, arguments] that calls in the form of Keras 2 are made of."""
    if not isinstance(calls, list):
        return
    if len(calls) in (3, 4) and isinstance(calls[0], str) and isinstance(calls[1], int):
        yield calls
        return
    for call in calls:
        yield from _tensors(call)


def _alone(ends: Any) -> Any:
    """Take the only input or output out of its list, which Keras 3 would hand on as a list of tensors."""
    return ends[0] if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list) else ends


def _of_keras_2(module: Any) -> bool:
    return isinstance(module, str) and module.startswith(
        ("tf_keras.", "keras.src.engine.", "keras.engine.", "keras.layers.experimental.")
    )


def _as_rescaling(part: dict[str, Any], *, file: str) -> dict[str, Any]:
    """Put a Rescaling layer in the place of arithmetic with a number; refuse other operations of TensorFlow."""
    settings = part.get("config")
    operation = settings.get("function") if isinstance(settings, dict) else None
    scaling = _ARITHMETIC.get(str(operation))
    call = _only_call(part.get("inbound_nodes"))
    number = call[3].get("y") if call else None
    if (
        scaling is None
        or call is None
        or type(number) not in (int, float)
        or (not number and "div" in str(operation))
    ):
        raise BundleError(
            f"{file} uses {operation or part['class_name']!s} of TensorFlow inside the network, which Keras 3 cannot "
            f"load. {by_hand(file)}"
        )
    name = str(settings.get("name", "scaling")).replace(".", "_") if isinstance(settings, dict) else "scaling"
    return {
        "class_name": "Rescaling",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"name": name, **scaling(number)},
        "name": part.get("name"),
        "inbound_nodes": [[[*call[:3], {}]]],
    }


def _only_call(calls: Any) -> list[Any] | None:
    """Find the tensor that an operation is called with, as [layer, call, place, arguments], if it is called once."""
    while isinstance(calls, list) and len(calls) == 1:
        calls = calls[0]
    whole = isinstance(calls, list) and len(calls) == 4 and isinstance(calls[3], dict)
    return calls if whole else None
