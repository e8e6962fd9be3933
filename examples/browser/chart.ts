import { changeset, parse, View, type Spec } from 'vega';
import spec from './chart.vl.json';
import type { Progress } from './messages.js';

export interface Chart {
  /** Empties it for a training whose published error is this. */
  readonly begin: (published: number) => void;
  readonly step: (progress: Progress) => void;
  readonly test: (step: number, rmse: number) => void;
}

/** The top of the chart at first, and the least that it comes down to as errors shrink. */
const top = { first: 4, least: 1.3 };

/** The curve of errors, drawn as it grows: √loss of each step, the test rows after each epoch, and the published error. */
export function createChart(element: HTMLElement): Chart {
  // The bundler compiles the Vega-Lite file to this.
  const view = new View(parse(spec as unknown as Spec), { renderer: 'svg', container: element, hover: false });
  const insert = (name: string, row: object) => void view.change(name, changeset().insert([row])).runAsync();
  new ResizeObserver(() => {
    view.signal('width', element.clientWidth);
    void view.runAsync();
  }).observe(element);
  let errors: number[] = [];
  return {
    begin: (published) => {
      errors = [];
      for (const name of ['batches', 'tests', 'published'])
        view.change(
          name,
          changeset().remove(() => true),
        );
      view.signal('most', top.first);
      insert('published', { rmse: published });
    },
    step: ({ step, steps, epoch, loss }) => {
      errors.push(Math.sqrt(loss));
      view.signal('steps', steps);
      // What a network that knows nothing makes is so far above that it would flatten the rest.
      if (epoch > 1) view.signal('most', Math.max(top.least, 1.05 * Math.max(...errors.slice(errors.length >> 1))));
      insert('batches', { step, rmse: Math.sqrt(loss) });
    },
    test: (step, rmse) => insert('tests', { step, rmse }),
  };
}
