import { describe, expect, it } from 'vitest';
import { keyTables, modelItems, sectionNames } from '../../src/model/key-tables.js';

const tables = keyTables();

describe('the tables of keys', () => {
  it('has a table for every section, and for the calls and records within it', () => {
    const titles = tables.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(Object.keys(modelItems)));
    expect(titles).toEqual(
      expect.arrayContaining([
        'csv(…)',
        'random(…)',
        'category[](…)',
        'class(…)',
        'adam(…)',
        'cosine(…)',
        'steps(…)',
        'uniform(…)',
      ]),
    );
    expect(sectionNames).toEqual(['data', 'features', 'embeddings', 'cross', 'deep', 'combine', 'train', 'metrics', 'outputs']);
  });

  it('says of every key what it means and what it takes', () => {
    const rows = tables.flatMap(({ title, rows }) => rows.map((row) => ({ title, ...row })));
    expect(rows.filter(({ doc }) => !/^[\p{L}(].*\.$/u.test(doc))).toEqual([]);
    expect(rows.filter(({ values }) => values.length === 0)).toEqual([]);
  });

  it('has the defaults of the compiler, of update rules and of blocks', () => {
    const rowOf = (title: string, key: string) => tables.find((t) => t.title === title)?.rows.find((row) => row.key === key);
    expect(rowOf('train', 'batch')).toMatchObject({ default: '512', values: ['a whole number ≥ 1 and ≤ 16777216'] });
    expect(rowOf('train', 'optimizer')).toMatchObject({ default: 'adam', source: 'Kingma and Ba 2015; Keras 3 Adam' });
    expect(rowOf('adam(…)', 'beta1')).toMatchObject({ default: '0.9' });
    expect(rowOf('adam(…)', 'learning_rate')).toMatchObject({ default: '0.001', position: 0 });
    expect(rowOf('cross', 'depth')).toMatchObject({ default: '2' });
    expect(rowOf('cross', 'gate')).toMatchObject({ default: 'softmax' });
    expect(rowOf('deep', 'activation')).toMatchObject({ default: 'relu' });
    expect(rowOf('step(…)', 'factor')).toMatchObject({ default: '0.1' });
    expect(rowOf('{ … }', 'frozen')).toMatchObject({ default: 'false' });
    expect(rowOf('random(…)', 'train')).toMatchObject({ required: true });
  });
});
