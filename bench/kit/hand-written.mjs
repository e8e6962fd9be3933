/**
 * A cross layer under a deep network over embeddings, as one writes it for TensorFlow.js by hand: tables are variables, rows are
 * gathered in the graph, Adam is TensorFlow.js's own.
 */
export function createHandWritten(tf, { rows, dim, units }) {
  const width = rows.length * dim;
  const glorot = (from, to) => tf.variable(tf.randomUniform([from, to], -Math.sqrt(6 / (from + to)), Math.sqrt(6 / (from + to))));
  const tables = rows.map((size) => tf.variable(tf.randomUniform([size, dim], -0.05, 0.05)));
  const cross = { weight: glorot(width, width), bias: tf.variable(tf.zeros([width])) };
  const deep = [width, units].map((from) => ({ weight: glorot(from, units), bias: tf.variable(tf.zeros([units])) }));
  const last = { weight: glorot(units, 1), bias: tf.variable(tf.zeros([1])) };
  const optimizer = tf.train.adam(0.01);

  const forward = (ids) => {
    const x0 = tf.concat(
      tables.map((table, i) => table.gather(ids[i])),
      1,
    );
    let x = x0.mul(x0.matMul(cross.weight).add(cross.bias)).add(x0);
    for (const { weight, bias } of deep) x = x.matMul(weight).add(bias).relu();
    return x.matMul(last.weight).add(last.bias).reshape([-1]);
  };

  return {
    /** One step; gives the batch's mean loss before it. */
    step: async (ids, labels) => {
      const loss = tf.tidy(() => {
        const columns = ids.map((column) => tf.tensor1d(column, 'int32'));
        const truth = tf.tensor1d(labels);
        return optimizer.minimize(() => forward(columns).sub(truth).square().mean(), true);
      });
      const [value] = await loss.data();
      loss.dispose();
      return value;
    },
  };
}
