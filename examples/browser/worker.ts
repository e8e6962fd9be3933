import { trainingBatchOf } from '../../generated/movielens-100k/Cross/batch.js';
import { createEncoder, fitEncoder, type EncodedRow, type Encoder } from '../../generated/movielens-100k/Cross/encoder.js';
import { probeBackends, useBackend } from './backends.js';
import { createGate, type Gate } from './gate.js';
import { learn } from './learn.js';
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

function forget(): void {
  state.trained?.network.dispose();
  state.trained = undefined;
}

async function teach(ratings: Ratings, name: NetworkName, backend: BackendName, gate: Gate): Promise<void> {
  forget();
  await useBackend(backend);
  const { epochs, batch, seed, create } = networks[name];
  const fitted = fitEncoder(ratings.train);
  const encoder = createEncoder(fitted);
  const train = trainingBatchOf(ratings.train.map(encoder.encodeLabelled));
  const test = trainingBatchOf(ratings.test.map(encoder.encodeLabelled));
  const network = create(fitted);
  state.trained = { network, encoder };
  answer({ kind: 'started', backend, trainRows: train.rows, testRows: test.rows });
  try {
    const outcome = await learn(network, { train, test, epochs, batch, seed }, gate, {
      onStep: (progress) => answer({ kind: 'step', progress }),
      onEpoch: (epoch, step, rmse) => answer({ kind: 'epoch', epoch, step, rmse }),
    });
    answer({ kind: 'trained', outcome });
  } finally {
    network.finish();
  }
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
        await teach(ratings, request.network, request.backend, state.gate);
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
