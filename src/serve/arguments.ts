import { inspect } from 'node:util';
import { nearest } from '../model/suggest.js';
import type { PredictorOptions } from './index.js';

interface OptionRule {
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
  /** All that it may be, where these are few words. */
  readonly words?: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string';

const oneWord = (...words: readonly string[]): OptionRule => ({
  wanted: words.map((word) => `'${word}'`).join(' or '),
  fits: (value) => isText(value) && words.includes(value),
  words,
});

const rules: Readonly<Record<keyof PredictorOptions, OptionRule>> = {
  outputs: {
    wanted: 'a list of one or more names',
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  },
  threads: { wanted: 'a whole number ≥ 1', fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1 },
  engine: oneWord('onnxruntime', 'reference'),
  missingColumns: oneWord('refuse', 'allow'),
};

const isOption = (name: string): name is keyof PredictorOptions => Object.hasOwn(rules, name);

/**
 * Checks what a program without types may give instead of a folder and options.
 * @throws TypeError that says what was given, and what is wanted
 */
export function checkArguments(folder: unknown, options: unknown): void {
  if (!isText(folder) || folder === '') throw new TypeError(`loadPredictor needs the path of a run folder, not ${shown(folder)}`);
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`the options of loadPredictor are an object, not ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!isOption(name))
      throw new TypeError(`loadPredictor has no option ${name}: ${meant(name, Object.keys(rules)) ?? `it has ${names}`}`);
    const { wanted, fits, words = [] } = rules[name];
    if (value === undefined || fits(value)) continue;
    const hint = isText(value) ? meant(value, words) : undefined;
    throw new TypeError(`${name} of loadPredictor is ${wanted}, not ${shown(value)}${hint === undefined ? '' : `: ${hint}`}`);
  }
}

const names = Object.keys(rules).join(', ');

const meant = (name: string, known: readonly string[]): string | undefined => {
  const near = nearest(name, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
};

const shown = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 5, maxStringLength: 80 });
