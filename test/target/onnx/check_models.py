"""Checks the models that a file of JSON lists, and runs each on its inputs; prints what is wrong, a line each."""

import json
import sys

import numpy
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(3)

TYPES = {"float32": numpy.float32, "float64": numpy.float64, "int32": numpy.int32}


def array(feed):
    if feed["type"] == "string":
        return numpy.array(feed["data"], object).reshape(feed["dims"])
    numbers = [numpy.nan if value is None else value for value in feed["data"]]
    return numpy.array(numbers, TYPES[feed["type"]]).reshape(feed["dims"])


def problems(case):
    onnx.checker.check_model(case["model"], full_check=True)
    session = onnxruntime.InferenceSession(case["model"], providers=["CPUExecutionProvider"])
    feeds = {name: array(feed) for name, feed in case["feeds"].items()}
    names = [output.name for output in session.get_outputs()]
    if sorted(names) != sorted(case["outputs"]):
        yield f"it gives {names}"
    for name, value in zip(names, session.run(names, feeds)):
        wanted = array({"type": "float64", "dims": value.shape, "data": case["outputs"][name]})
        if numpy.isnan(wanted).tolist() != numpy.isnan(value).tolist():
            yield f"{name}: other rows are NaN"
        off = numpy.nanmax(abs(value - wanted) / numpy.maximum(1, abs(wanted)), initial=0)
        if not off <= 1e-5:
            yield f"{name} is off by {off}"


with open(sys.argv[1], encoding="utf8") as file:
    for case in json.load(file):
        try:
            for problem in problems(case):
                print(f"{case['name']}: {problem}")
        except Exception as error:
            print(f"{case['name']}: {error}")
