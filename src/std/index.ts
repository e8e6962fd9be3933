import type { Source } from '../language/source.js';
import attention from './attention.rec';
import cin from './cin.rec';
import cross from './cross.rec';
import dhen from './dhen.rec';
import edcn from './edcn.rec';
import finalmlp from './finalmlp.rec';
import layers from './layers.rec';
import masknet from './masknet.rec';
import products from './products.rec';
import sequences from './sequences.rec';
import tasks from './tasks.rec';
import towers from './towers.rec';
import wide from './wide.rec';

const texts = { layers, wide, cross, products, cin, attention, dhen, towers, sequences, tasks, masknet, finalmlp, edcn };

/** The standard library of blocks, in the language itself. */
export const standardLibrary: readonly Source[] = Object.entries(texts).map(([name, text]) => ({
  path: `std/${name}.rec`,
  text,
}));

/** The file of each block, by its name: the files are small, and a spec needs few of them. */
export const standardBlocks: ReadonlyMap<string, Source> = new Map(
  standardLibrary.flatMap((source) => [...source.text.matchAll(/^block (\w+)/gm)].map(([, name = '']) => [name, source])),
);
