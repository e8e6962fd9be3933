import { ebnf } from '../../src/language/ebnf.js';
import { languageConfiguration } from './configuration.js';
import { railroadPage, type Railroad } from './railroad.js';
import { schemas } from './schemas.js';
import { textMate } from './textmate.js';

/** The files of `grammar/`, by name. */
export const grammarFiles = (railroad: Railroad): ReadonlyMap<string, string> =>
  new Map([
    ['rec.ebnf', ebnf()],
    ['rec.tmLanguage.json', json(textMate)],
    ['language-configuration.json', json(languageConfiguration)],
    ['railroad.html', railroadPage(railroad)],
    ...[...schemas].map(([name, schema]): [string, string] => [name, json(schema)]),
  ]);

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);
