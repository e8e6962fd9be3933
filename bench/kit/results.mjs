import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { root } from './root.mjs';

const fileOf = (/** @type {string} */ name) => path.join(root, 'bench', 'results', `${name}.json`);

const figures = 5;
const rounded = (/** @type {string} */ _, /** @type {unknown} */ value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(figures)) : value;

/** @param {'comparison' | 'growth'} name @param {unknown} results */
export async function writeResults(name, results) {
  mkdirSync(path.dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), await format(JSON.stringify(results, rounded), { parser: 'json', printWidth: 130 }));
}

/** @param {'comparison' | 'growth'} name */
export const readResults = (name) => (existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined);
