"""Time of one training step in Keras on TensorFlow. usage: echo MODE | step_keras.py BATCH VOCABULARY

graph  `fit` with the train step as a TensorFlow graph: what most users run
xla    `fit` with `jit_compile`

Both run several steps for each call of the graph (`steps_per_execution`), over a dataset that is batched beforehand and prefetched.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from stretches import STRETCH_SECONDS, median, serve

BATCH, VOCABULARY = int(sys.argv[1]), int(sys.argv[2])
FIELDS, DIM, UNITS, SLICES = 6, 32, 192, 64
RATE = 1e-3
TOGETHER = 2 if VOCABULARY >= 50_000 or BATCH >= 4096 else 16

random = np.random.default_rng(0)
ids = tuple(random.integers(0, VOCABULARY, SLICES * BATCH).astype("int32") for _ in range(FIELDS))
labels = random.random((SLICES * BATCH, 1), dtype="float32")
rows = tf.data.Dataset.from_tensor_slices((ids, labels)).batch(BATCH, drop_remainder=True).cache().repeat().prefetch(4)


class Clock(keras.callbacks.Callback):
    """Milliseconds a step, of each call of the graph."""

    def on_train_begin(self, logs=None):
        self.milliseconds = []
        self.before = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        self.milliseconds.append((now - self.before) * 1e3 / TOGETHER)
        self.before = now


def prepare(mode):
    inputs = [keras.Input((), dtype="int32") for _ in range(FIELDS)]
    x0 = keras.layers.Concatenate()([keras.layers.Embedding(VOCABULARY, DIM)(i) for i in inputs])
    x = x0 * keras.layers.Dense(FIELDS * DIM)(x0) + x0
    for _ in range(2):
        x = keras.layers.Dense(UNITS, activation="relu")(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(RATE), "mse", jit_compile=mode == "xla", steps_per_execution=TOGETHER)
    clock = Clock()

    def stretch(calls):
        model.fit(rows, steps_per_epoch=calls * TOGETHER, verbose=0, callbacks=[clock])
        return median(clock.milliseconds[1:] or clock.milliseconds)

    stretch(2)
    calls = max(3, min(300 // TOGETHER, int(STRETCH_SECONDS * 1e3 / (stretch(3) * TOGETHER))))
    return lambda: stretch(calls)


serve(prepare, f"{keras.__version__} on TensorFlow {tf.__version__}")
