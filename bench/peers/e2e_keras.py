"""MovieLens 1M from its files to a test RMSE in Keras on TensorFlow. usage: e2e_keras.py FOLDER graph|xla EPOCHS

`fit` takes the arrays themselves, which is faster than a shuffled `tf.data` pipeline, and several steps for each call of the graph.
"""

import json
import os
import sys
import time

start = time.perf_counter()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import tensorflow as tf
from movielens import COLUMNS, read

folder, mode, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
BATCH, DIM, UNITS, RATE, TOGETHER = 1024, 32, 192, 1e-3, 16
imported = time.perf_counter()

sizes, train_ids, test_ids, y_train, y_test = read(folder)
x_train, x_test = ([ids.astype("int32") for ids in split] for split in (train_ids, test_ids))
ready = time.perf_counter()

keras.utils.set_random_seed(0)
inputs = [keras.Input((), dtype="int32") for _ in COLUMNS]
x0 = keras.layers.Concatenate()([keras.layers.Embedding(size, DIM)(i) for size, i in zip(sizes, inputs)])
x = x0 * keras.layers.Dense(DIM * len(COLUMNS))(x0) + x0
for _ in range(2):
    x = keras.layers.Dense(UNITS, activation="relu")(x)
model = keras.Model(inputs, keras.layers.Dense(1)(x))
model.compile(
    keras.optimizers.Adam(RATE),
    "mse",
    metrics=[keras.metrics.RootMeanSquaredError()],
    jit_compile=mode == "xla",
    steps_per_execution=TOGETHER,
)
model.fit(x_train, y_train, batch_size=BATCH, epochs=epochs, verbose=0)
trained = time.perf_counter()

rmse = model.evaluate(x_test, y_test, batch_size=8192, verbose=0)[1]
end = time.perf_counter()
parts = {"import": imported - start, "data": ready - imported, "train": trained - ready, "evaluate": end - trained}
version = f"{keras.__version__} on TensorFlow {tf.__version__}"
print(json.dumps({"rmse": rmse, "rows": len(y_train), "seconds": parts, "version": version}))
