import { createChart } from './chart.js';
import { createFilms } from './films.js';
import { find } from './find.js';
import { dropped } from './dropped.js';
import { published } from './published.js';
import {
  networkNames,
  type Answer,
  type BackendFacts,
  type BackendName,
  type NetworkName,
  type Outcome,
  type Progress,
  type Request,
} from './messages.js';

const worker = new Worker('worker.js');
const ask = (request: Request) => worker.postMessage(request);
const chart = createChart(find('chart', HTMLElement));
const films = createFilms(ask);

const start = find('start', HTMLButtonElement);
const pause = find('pause', HTMLButtonElement);
const stop = find('stop', HTMLButtonElement);
const files = find('files', HTMLInputElement);
const say = {
  data: find('data-state', HTMLElement),
  training: find('training-state', HTMLElement),
};

type Phase = 'empty' | 'ready' | 'training' | 'paused' | 'stopping';
let phase: Phase = 'empty';
let network: NetworkName = 'Cross';
let ratings = 0;

/** Ratings of the set that the published errors are for. */
const movieLens100K = 100_000;

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function tell(element: HTMLElement, text: string, bad = false): void {
  element.textContent = text;
  element.classList.toggle('bad', bad);
}

function enter(next: Phase): void {
  const runs = next === 'training' || next === 'paused' || next === 'stopping';
  phase = next;
  start.hidden = runs;
  start.disabled = next === 'empty';
  pause.hidden = stop.hidden = !runs;
  pause.disabled = stop.disabled = next === 'stopping';
  pause.textContent = next === 'paused' ? 'Go on' : 'Pause';
  files.disabled = runs;
  for (const id of ['networks', 'backends']) find(id, HTMLFieldSetElement).disabled = runs;
}

function radio(
  name: string,
  value: string,
  note: string,
  set: { readonly checked: boolean; readonly disabled?: boolean },
): HTMLElement {
  const input = Object.assign(document.createElement('input'), { type: 'radio', name, value, ...set });
  const text = Object.assign(document.createElement('span'), { textContent: value });
  const small = Object.assign(document.createElement('small'), { textContent: note });
  const label = document.createElement('label');
  label.append(input, text, small);
  return label;
}

const noteOf = ({ name, missing, device, software }: BackendFacts): string =>
  missing ??
  (software
    ? 'imitated by the processor'
    : (device ?? { webgpu: 'GPU', webgl: 'GPU', wasm: 'processor, SIMD', cpu: 'plain JavaScript' }[name]));

/** WebGPU where there is a GPU, else wasm; the others are there to compare. */
function showBackends(backends: readonly BackendFacts[]): void {
  const gpu = backends.find(({ name, missing, software }) => name === 'webgpu' && missing === undefined && !software);
  const first = gpu?.name ?? 'wasm';
  const choices = backends.map((facts) =>
    radio('backend', facts.name, noteOf(facts), { checked: facts.name === first, disabled: facts.missing !== undefined }),
  );
  find('backends', HTMLElement).append(...choices);
}

function showProgress({ epoch, epochs, loss, rows, seconds, step, steps }: Progress): void {
  find('bar', HTMLProgressElement).value = step / steps;
  find('epoch', HTMLElement).textContent = `${epoch} of ${epochs}`;
  find('loss', HTMLElement).textContent = loss.toFixed(4);
  find('speed', HTMLElement).textContent = whole(rows / seconds);
  find('left', HTMLElement).textContent = duration((seconds / step) * (steps - step));
}

function comparison(rmse: number, complete: boolean, steps: number): string {
  const { rmse: goal } = published[network];
  if (ratings !== movieLens100K) return `The published ${goal.toFixed(4)} is for other ratings: MovieLens 100K.`;
  if (!complete) return `It has stopped after ${whole(steps)} steps; the published ${goal.toFixed(4)} is for the whole training.`;
  const side = rmse > goal ? 'above' : 'below';
  return `Published: ${goal.toFixed(4)}; this is ${Math.abs(rmse - goal).toFixed(4)} ${side}, and random splits differ by about 0.006.`;
}

function showOutcome({ rmse, testRows, seconds, complete, steps }: Outcome): void {
  find('rmse', HTMLElement).textContent = rmse.toFixed(4);
  find('verdict', HTMLElement).textContent =
    `on ${whole(testRows)} ratings that it has not seen. ${comparison(rmse, complete, steps)}`;
  find('outcome', HTMLElement).hidden = false;
  find('left', HTMLElement).textContent = '–';
  tell(say.training, `${complete ? 'Trained in' : 'Stopped after'} ${duration(seconds)}.`);
}

function open(chosen: readonly File[]): void {
  if (chosen.length === 0 || start.hidden) return;
  enter('empty');
  tell(say.data, 'Reading…');
  ask({ kind: 'open', files: chosen });
}

function hear(message: Answer): void {
  switch (message.kind) {
    case 'backends':
      return showBackends(message.backends);
    case 'opened':
      enter('ready');
      ratings = message.ratings;
      films.open(message.users, message.films);
      find('progress', HTMLElement).hidden = true;
      tell(
        say.data,
        `${whole(message.ratings)} ratings of ${whole(message.films.length)} films by ${whole(message.users.length)} users.` +
          (message.untitled ? ' Without u.item, films have numbers instead of titles.' : ''),
      );
      return tell(say.training, '');
    case 'started':
      chart.begin(published[network].rmse);
      find('progress', HTMLElement).hidden = false;
      // A pause or stop that was asked for while it was prepared stays on the page.
      if (phase !== 'training') return;
      return tell(
        say.training,
        `${whole(message.trainRows)} ratings to learn from, ${whole(message.testRows)} to test with, on ${message.backend}.`,
      );
    case 'step':
      showProgress(message.progress);
      return chart.step(message.progress);
    case 'epoch':
      return chart.test(message.step, message.rmse);
    case 'trained':
      enter('ready');
      showOutcome(message.outcome);
      return films.begin();
    case 'recommended':
      return films.show(message.recommendation);
    case 'failed':
      switch (message.request) {
        case 'open':
          return tell(say.data, message.message, true);
        case 'recommend':
          return films.fail(message.message);
        default:
          enter('ready');
          return tell(say.training, message.message, true);
      }
    default:
      message satisfies never;
  }
}

worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => hear(data));
worker.addEventListener('error', (event) => tell(say.training, `The worker failed: ${event.message}`, true));

find('networks', HTMLElement).append(
  ...networkNames.map((name) => radio('network', name, published[name].what, { checked: name === network })),
);

files.addEventListener('change', () => {
  open([...(files.files ?? [])]);
  files.value = '';
});
const drop = find('drop', HTMLElement);
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  if (event.dataTransfer) void dropped(event.dataTransfer).then(open);
});

find('choices', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const choices = new FormData(event.target as HTMLFormElement);
  network = choices.get('network') as NetworkName;
  films.end();
  find('outcome', HTMLElement).hidden = true;
  enter('training');
  tell(say.training, 'Preparing…');
  ask({ kind: 'train', network, backend: choices.get('backend') as BackendName });
});
pause.addEventListener('click', () => {
  const pausing = phase === 'training';
  enter(pausing ? 'paused' : 'training');
  tell(say.training, pausing ? 'Paused.' : 'Training.');
  ask({ kind: pausing ? 'pause' : 'resume' });
});
stop.addEventListener('click', () => {
  enter('stopping');
  tell(say.training, 'Stopping after this step…');
  ask({ kind: 'stop' });
});
