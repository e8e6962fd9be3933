import { changeset, parse, View, type Spec } from 'vega';
import spec from './chart.vl.json';
import type { Progress } from './messages.js';

export interface Chart {
  /** Empties it for a training whose published error is this. */
  readonly begin: (published: number) => void;
  readonly step: (progress: Progress) => void;
  readonly test: (step: number, rmse: number) => void;
}

/** Errors below this are shown from the second epoch on; what a network that knows nothing makes is far above. */
const known = 1.3;
const unknown = 4;

/** The curve of errors, drawn as it grows: √loss of each step, the test rows after each epoch, and the published error. */
export function createChart(element: HTMLElement): Chart {
  // The bundler compiles the Vega-Lite file to this.
  const view = new View(parse(spec as unknown as Spec), { renderer: 'svg', container: element, hover: false });
  const insert = (name: string, row: object) => void view.change(name, changeset().insert([row])).runAsync();
  new ResizeObserver(() => {
    view.signal('width', element.clientWidth);
    void view.runAsync();
  }).observe(element);
  return {
    begin: (published) => {
      for (const name of ['batches', 'tests', 'published'])
        view.change(
          name,
          changeset().remove(() => true),
        );
      view.signal('most', unknown);
      insert('published', { rmse: published });
    },
    step: ({ step, steps, epoch, loss }) => {
      view.signal('steps', steps);
      if (epoch > 1) view.signal('most', known);
      insert('batches', { step, rmse: Math.sqrt(loss) });
    },
    test: (step, rmse) => insert('tests', { step, rmse }),
  };
}
