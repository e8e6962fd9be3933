"""A line for each line of standard input: the outputs of a file model.onnx for some inputs."""

import base64
import json
import sys


def say(value):
    print("\n> " + json.dumps(value), flush=True)


try:
    import numpy
    import onnx
    import onnxruntime
except ModuleNotFoundError as error:
    say({"missing": f"build/backends has a Python without {error.name}"})
    sys.exit()

TYPES = {"$f32": numpy.float32, "$i32": numpy.int32}


def array(fed):
    ((kind, text),) = fed["values"].items()
    return numpy.frombuffer(base64.b64decode(text), TYPES[kind]).reshape(fed["shape"])


def answer(job):
    model = base64.b64decode(job["model"]["$u8"])
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feeds = {i.name: array(job["features"][i.name]) for i in session.get_inputs()}
    values = session.run(job["outputs"], feeds)
    encoded = [base64.b64encode(numpy.ascontiguousarray(v, numpy.float32).tobytes()).decode() for v in values]
    return {"logits": {name.removeprefix("logit."): {"$f32": text} for name, text in zip(job["outputs"], encoded)}}


say({"about": f"onnxruntime {onnxruntime.__version__} of Python", "targets": ["onnx"]})
for line in sys.stdin:
    try:
        say(answer(json.loads(line)))
    except Exception as error:
        say({"error": str(error)})
