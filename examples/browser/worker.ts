import {
  createEncoder,
  fitEncoder,
  type EncodedRow,
  type Encoder,
  type TrainingRow,
} from '../../generated/movielens-100k/Cross/encoder.js';
import { shuffledOrder } from '../../generated/movielens-100k/Cross/random.js';
import { probeBackends, useBackend } from './backends.js';
import { createGate, type Gate } from './gate.js';
import type { Answer, BackendName, NetworkName, Request } from './messages.js';
import { networks, type Network } from './networks.js';
import { readRatings, type Ratings } from './ratings.js';
import { recommend } from './tastes.js';

interface Trained {
  readonly network: Network;
  readonly encoder: Encoder;
}

const state: { ratings?: Ratings; trained?: Trained | undefined; gate?: Gate | undefined } = {};

const answer = (message: Answer) => self.postMessage(message);

async function testRmse(network: Network, rows: readonly TrainingRow[]): Promise<number> {
  const stars = await network.predict(rows.map(({ features }) => features));
  const squares = rows.reduce((sum, { labels }, i) => sum + (stars[i] - labels.rating) ** 2, 0);
  return Math.sqrt(squares / rows.length);
}

function forget(): void {
  state.trained?.network.dispose();
  state.trained = undefined;
}

async function train(ratings: Ratings, name: NetworkName, backend: BackendName, gate: Gate): Promise<void> {
  forget();
  await useBackend(backend);
  const { epochs, batch, seed, create } = networks[name];
  const fitted = fitEncoder(ratings.train);
  const encoder = createEncoder(fitted);
  const rows = ratings.train.map(encoder.encodeLabelled);
  const test = ratings.test.map(encoder.encodeLabelled);
  const network = create(fitted);
  state.trained = { network, encoder };
  answer({ kind: 'started', backend, trainRows: rows.length, testRows: test.length });

  const steps = epochs * Math.ceil(rows.length / batch);
  let [step, done, seconds] = [0, 0, 0];
  training: for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffledOrder(seed, epoch, rows.length);
    for (let at = 0; at < rows.length; at += batch) {
      if (!(await gate.pass())) break training;
      const taken = Array.from(order.subarray(at, at + batch), (i) => rows[i]);
      const begin = performance.now();
      const loss = await network.step(taken);
      seconds += (performance.now() - begin) / 1000;
      step += 1;
      done += taken.length;
      answer({ kind: 'step', progress: { step, steps, epoch, epochs, loss, rows: done, seconds } });
      if (!Number.isFinite(loss)) throw new Error(`The loss of step ${step} is ${loss}.`);
    }
    answer({ kind: 'epoch', epoch, step, rmse: await testRmse(network, test) });
  }
  const rmse = await testRmse(network, test);
  answer({ kind: 'trained', outcome: { rmse, testRows: test.length, seconds, steps: step, complete: step === steps } });
}

async function obey(request: Request): Promise<void> {
  const { ratings, trained, gate } = state;
  switch (request.kind) {
    case 'open': {
      const read = await readRatings(request.files);
      forget();
      state.ratings = read;
      const { users, films, untitled, train, test } = read;
      answer({ kind: 'opened', users, films, untitled, ratings: train.length + test.length });
      return;
    }
    case 'train': {
      if (!ratings) throw new Error('Choose the files of MovieLens 100K first.');
      if (gate) throw new Error('A training runs already.');
      state.gate = createGate();
      try {
        await train(ratings, request.network, request.backend, state.gate);
      } finally {
        state.gate = undefined;
      }
      return;
    }
    case 'pause':
    case 'resume':
    case 'stop':
      gate?.[request.kind]();
      return;
    case 'recommend': {
      if (!ratings || !trained) throw new Error('Train a model first.');
      const { encoder, network } = trained;
      const predict = (examples: readonly Parameters<Encoder['encode']>[0][]): Promise<Float32Array> =>
        network.predict(examples.map((example): EncodedRow => encoder.encode(example)));
      answer({ kind: 'recommended', recommendation: await recommend(ratings, request.viewer, predict) });
      return;
    }
    default:
      request satisfies never;
  }
}

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  obey(data).catch((error: unknown) => {
    answer({ kind: 'failed', request: data.kind, message: error instanceof Error ? error.message : String(error) });
  });
});

void probeBackends().then((backends) => answer({ kind: 'backends', backends }));
