import { createHash } from 'node:crypto';
import type { Hostility } from '../target/typescript/hostile.js';
import type { Choices } from './spec.js';

/** Whole words, each an identifier of the language. */
const words = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'arguments', 'eval'],
  ...['class', 'function', 'await', 'async', 'yield', 'let', 'new', 'delete', 'typeof', 'enum', 'package', 'static', 'this'],
  ...['undefined', 'NaN', 'Infinity', 'globalThis', 'process', 'require', 'module', 'exports', 'tf', 'Object', 'Math', 'CON'],
  ...['select', 'SELECT', 'table', 'drop', 'rows', 'null', 'true', 'Model', 'Weights', 'forward', 'predict', 'encode', 'batch'],
];

/** What ends a literal, a comment, a template, a statement, a tag or a folder somewhere. */
const pieces = [
  ...[
    '"',
    "'",
    '`',
    '\\',
    '\\"',
    "\\'",
    '${process.exit()}',
    '*/',
    '/*',
    '//',
    '<!--',
    '-->',
    '</script>',
    '<script>alert(1)</script>',
  ],
  ...['<img src=x onerror=alert(1)>', '\n', '\r', '\r\n', '\t', '\u2028', '\u2029', '\u0085', '\0', '\ufeff', '\u202e', '\ud800'],
  ...[
    '../',
    '..\\',
    '/etc/passwd',
    'C:\\',
    'file://',
    '..',
    '.',
    "'; DROP TABLE rows; --",
    '"; drop table rows; --',
    ';',
    '--',
    ' OR 1=1',
  ],
  ...[
    "');",
    '");',
    '`);',
    '});',
    ']]>',
    '&lt;',
    '&quot;',
    '%00',
    '%2e%2e%2f',
    '$$',
    '$&',
    '$1',
    '@ts-nocheck',
    '#!',
    '[link](javascript:1)',
  ],
  ...[
    'eval("1")',
    'globalThis.pwned=1',
    '\\u0022',
    '\\x22',
    '\\',
    '{{',
    '}}',
    '#{',
    '💥',
    '\u0301',
    'é',
    '```',
    '|',
    '@import',
    '',
  ],
  ...words,
];

/** Repeatable choices: below n, of the attack with this number. */
function chooser(seed: number): (n: number) => number {
  let [bytes, at, round] = [Buffer.alloc(0), 0, 0];
  return (n) => {
    if (at + 4 > bytes.length)
      [bytes, at] = [
        createHash('sha512')
          .update(`${String(seed)}/${String(round++)}`)
          .digest(),
        0,
      ];
    at += 4;
    return bytes.readUInt32LE(at - 4) % n;
  };
}

export interface Attack extends Choices, Hostility {}

/** Names that stay distinct, strings and comments made of what is dangerous. */
export function attackOf(seed: number): Attack {
  const below = chooser(seed);
  const text = (): string => Array.from({ length: 1 + below(5) }, () => pieces[below(pieces.length)] ?? '').join('');
  // Two columns of one name would be one column.
  const used = new Set<string>();
  const once = (make: (name: string) => string): ((name: string) => string) => {
    const known = new Map<string, string>();
    return (name) => {
      const before = known.get(name);
      if (before !== undefined) return before;
      let made = make(name);
      while (used.has(made)) made += `_${name}`;
      known.set(name, made);
      used.add(made);
      return made;
    };
  };
  const texts = once((tame) => (below(4) === 0 ? tame : text()));
  return {
    name: once((tame) => (below(2) === 0 ? tame : (words[below(words.length)] ?? tame))),
    string: texts,
    comment: () => text(),
    attack: text(),
    renamed: once((tame) => `${below(2) === 0 ? text() : ''}${tame}${text()}`),
  };
}
