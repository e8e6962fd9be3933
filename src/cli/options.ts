import { isDeepStrictEqual } from 'node:util';
import { nearest } from '../model/suggest.js';

/** One option of a command: how it is written, what it says in `--help`, and how its text is read. */
export interface Option<Value> {
  /** `--format`; a single letter stands before it: `-o, --out`. */
  readonly flag: string;
  /** A second name that is taken and not shown: what other commands call it. */
  readonly also?: string;
  /** Name of its value in `--help`; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** It may be given without its value. */
  readonly mayBeAlone?: true;
  readonly choices?: readonly string[];
  /** As `--help` shows it. */
  readonly initial?: string;
  readonly repeats?: boolean;
  /** Texts given, in order; none when the option was left out. Returns a text that says what is wrong. */
  readonly read: (given: readonly string[]) => { readonly value: Value } | { readonly wrong: string };
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type OptionValues<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer Value> ? Value : never };

/** The long form of `-n, --limit`. */
const longForm = (flag: string): string => flag.split(', ').at(-1) ?? flag;

/** `a, b or c` */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;

/** `--json`: present or not. */
export const toggle = (flag: string, help: string): Option<boolean> => ({
  flag,
  help,
  read: (given) => ({ value: given.length > 0 }),
});

/** `--out FOLDER`. */
export const text = (flag: string, value: string, help: string): Option<string | undefined> => ({
  flag,
  value,
  help,
  read: (given) => (given.at(-1) === '' ? { wrong: `${longForm(flag)} needs ${value}` } : { value: given.at(-1) }),
});

/** `--set train.epochs=3 --set seed=1`: any number of times. */
export const texts = (flag: string, value: string, help: string): Option<readonly string[]> => ({
  flag,
  value,
  help,
  repeats: true,
  read: (given) => ({ value: given }),
});

/** `--data`, or `--data FOLDER` any number of times; undefined when it is left out. */
export const textsIfAny = (flag: string, value: string, help: string): Option<readonly string[] | undefined> => ({
  flag,
  value,
  help,
  mayBeAlone: true,
  repeats: true,
  read: (given) => ({ value: given.length === 0 ? undefined : given.filter((text) => text !== '') }),
});

/** `--format json`: one of a few words; the first one is the default. */
export const choice = <const Words extends readonly [string, ...string[]]>(
  flag: string,
  words: Words,
  help: string,
): Option<Words[number]> => ({
  flag,
  ...shownWords(words, help),
  choices: words,
  initial: words[0],
  read: (given) => {
    const word = given.at(-1) ?? words[0];
    return words.includes(word) ? { value: word } : { wrong: notAmong(flag, words, word) };
  },
});

/** The same without a default: undefined when it is left out. */
export const choiceIfAny = <const Words extends readonly [string, ...string[]]>(
  flag: string,
  words: Words,
  help: string,
): Option<Words[number] | undefined> => ({
  flag,
  ...shownWords(words, help),
  choices: words,
  read: (given) => (given.length === 0 ? { value: undefined } : choice(flag, words, help).read(given)),
});

/** Many words would push what is said of all options off the screen. */
const shownWords = (words: readonly string[], help: string): Pick<Option<unknown>, 'help' | 'value'> => {
  const joined = words.join('|');
  return joined.length <= 30 ? { value: joined, help } : { value: 'NAME', help: `${help}: ${listed(words)}` };
};

/** `wasm` is `tfjs:wasm` to somebody who knows it by that name. */
const notAmong = (flag: string, words: readonly string[], word: string): string => {
  const meant = words.find((one) => one.toLowerCase().split(':').at(-1) === word.toLowerCase()) ?? nearest(word, words);
  return `${longForm(flag)} is ${listed(words)}, not ${word}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
};

/** `--target onnx --target tfjs`: one or several of a few words, each once, in their order; without any the first one. */
export const choices = <const Words extends readonly [string, ...string[]]>(
  flag: string,
  words: Words,
  help: string,
): Option<readonly Words[number][]> => ({
  ...choice(flag, words, help),
  repeats: true,
  read: (given) => {
    const wrong = given.find((word) => !words.includes(word));
    if (wrong !== undefined) return { wrong: notAmong(flag, words, wrong) };
    return { value: words.filter((word, i) => (given.length === 0 ? i === 0 : given.includes(word))) };
  },
});

/** The same, undefined when it is left out. */
export const ifGiven = <Value>(option: Option<Value>): Option<Value | undefined> => ({
  ...option,
  read: (given) => (given.length === 0 ? { value: undefined } : option.read(given)),
});

/** `--limit 5`: a whole number from `least` on. */
export const count = (flag: string, value: string, least: number, help: string): Option<number | undefined> => ({
  flag,
  value,
  help,
  read: (given) => {
    const word = given.at(-1);
    if (word === undefined) return { value: undefined };
    const number = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= least) return { value: number };
    return { wrong: `${longForm(flag)} is a whole number from ${String(least)}, not ${word}` };
  },
});

/** `--threshold 4`: any number. */
export const number = (flag: string, value: string, help: string): Option<number | undefined> => ({
  flag,
  value,
  help,
  read: (given) => {
    const word = given.at(-1);
    if (word === undefined) return { value: undefined };
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return { value: Number(word) };
    return { wrong: `${longForm(flag)} is a number, not ${word}` };
  },
});

const powers: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `--memory 2GB`: bytes; a number alone could be meant in any unit. */
export const size = (flag: string, value: string, help: string): Option<number | undefined> => ({
  flag,
  value,
  help,
  read: (given) => {
    const word = given.at(-1);
    if (word === undefined) return { value: undefined };
    const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(word) ?? [];
    const bytes = Math.floor(Number(number) * (powers[unit.toUpperCase()] ?? NaN));
    if (number !== '' && bytes > 0) return { value: bytes };
    return { wrong: `${longForm(flag)} is a size, such as 500MB or 2GB, not ${word}` };
  },
});

/** `--ratio 0.9`: a number above 0, at most 1; `initial` without it. */
export const ratio = (flag: string, value: string, initial: number, help: string): Option<number> => ({
  flag,
  value,
  help,
  initial: String(initial),
  read: (given) => {
    const word = given.at(-1) ?? String(initial);
    const number = /^(\d+\.?\d*|\.\d+)$/.test(word) ? Number(word) : NaN;
    if (number > 0 && number <= 1) return { value: number };
    return { wrong: `${longForm(flag)} is a number above 0, at most 1, not ${word}` };
  },
});

/** The words that give these values again; an option with the value that it has when it is left out gives none. */
export const optionWords = (options: Options, values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(options).flatMap(([name, option]) => {
    const value = values[name];
    if (isDeepStrictEqual(option.read([]), { value })) return [];
    const flag = longForm(option.flag);
    if (option.value === undefined) return [flag];
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    return given.flatMap((one) => [flag, String(one)]);
  });
