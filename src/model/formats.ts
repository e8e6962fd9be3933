import { github } from './formats/github.js';
import { json } from './formats/json.js';
import type { Format } from './formats/report.js';
import { sarif } from './formats/sarif.js';
import { text } from './formats/text.js';

export const formatNames = ['text', 'json', 'github', 'sarif'] as const;
export type FormatName = (typeof formatNames)[number];

/** How `check` writes what it has found, by the word of `--format`. */
export const formats: Readonly<Record<FormatName, Format>> = { text, json, github, sarif };
