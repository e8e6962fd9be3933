import { describe, expect, test } from 'vitest';
import { print } from '../../src/language/printer.js';
import { check } from '../../src/model/check.js';
import { expand } from '../../src/model/expand.js';
import type { CheckedModel } from '../../src/model/model.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spec, withoutSpans } from './support.js';
import { goodSpecs } from './specs.js';

const expanded = (text: string, only?: string): string => print(expand(check(spec(text)), only === undefined ? {} : { only }));

/** What has to be the same of a model and of its expansion. */
const meaning = ({ name, doc, data, features, labels, tables, network, train, metrics }: CheckedModel): unknown =>
  withoutSpans({ name, doc, data, features, labels, tables, network, train, metrics });

describe.each(goodSpecs.map((text) => [text.slice(0, 60), text]))('%s …', (_, text) => {
  test('its expansion has no errors, and the same models', () => {
    const again = check(spec(expanded(text)));
    expect(renderDiagnostics(again.diagnostics.filter((d) => d.severity === 'error'))).toBe('');
    expect(again.models.map(meaning)).toEqual(check(spec(text)).models.map(meaning));
  });

  test('its expansion expands to itself', () => {
    const once = expanded(text);
    expect(expanded(once)).toBe(once);
  });
});

describe('an expansion', () => {
  const text = `// A base.
model Base {
  features { price: number, user: category(hash: 10) } // two of them
  label liked: binary = rating >= 4
  embeddings { dim: 4 }
}
/// Crosses pairs.
model Cross extends Base { cross { depth: 1 } train { epochs: 3 } }
/// Is deep.
model Deep extends Base { deep { units: [8] } }
`;

  test('says everything that the model means', () => {
    expect(expanded(text, 'Cross')).toMatchInlineSnapshot(`
      "/// Crosses pairs.
      model Cross {
        features { price: number, user: category(hash: 10) }

        label liked: binary = rating >= 4

        embeddings { dim: 4 }

        network {
          x0 = concat(features)
          cross = cross(x0, depth: 1)
          liked = linear(cross, 1)
        }

        train {
          optimizer: adam(learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7)
          batch: 512
          epochs: 3
          l2: 0
          init: glorot_uniform
          monitor: auc
          shuffle: true
          seed: 0
        }

        metrics: [auc, log_loss]
      }
      "
    `);
  });

  test('has the values of the command line', () => {
    const settings = ['train.epochs=99', 'deep.units=[3, 2]', 'embeddings.user.dim=2'];
    const once = check(spec(text), { settings: [...settings, 'cross.depth=2'] });
    const again = check(spec(print(expand(once))));
    expect(again.models.map(meaning)).toEqual(once.models.map(meaning));
    expect(again.models[0]?.train.epochs).toBe(99);
  });

  test('of a base alone is empty', () => {
    expect(expanded('model Base { features { price: number } }')).toBe('');
  });

  test('keeps the blocks of the file', () => {
    const block = 'block twice(x: vector[d]) -> vector[d] { return 2 * x }\n';
    const model = 'model M { features { price: number } label y: binary network { y = linear(twice(price), 1) } }';
    expect(expanded(block + model)).toContain('block twice(x: vector[d]) -> vector[d]');
  });
});
