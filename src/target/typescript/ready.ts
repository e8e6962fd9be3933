import { encoderParts } from '../code/encoder-parts.js';
import type { ReadyTexts } from '../code/format.js';
import type { Part } from '../code/parts.js';
import { backendText } from './runtime/backend.js';
import { batchParts } from './runtime/batch.js';
import { checkpointText } from './runtime/checkpoint.js';
import { filesText } from './runtime/files.js';
import { layerParts } from './runtime/layers.js';
import { lookupParts } from './runtime/lookups.js';
import { metricParts } from './runtime/metrics.js';
import { randomParts } from './runtime/random.js';
import { rowsText } from './runtime/rows.js';
import { safetensorsText } from './runtime/safetensors.js';

const withNewline = (text: string): string => `${text.trim()}\n`;
const tables = [layerParts, lookupParts, encoderParts, batchParts, metricParts, randomParts];

/** Files that are the same in all projects, and declarations that are the same wherever they stand: written as prettier writes them. */
export const readyTexts: ReadyTexts = {
  files: new Set([backendText, checkpointText, filesText, rowsText, safetensorsText].map(withNewline)),
  declarations: tables.flatMap((table) => Object.values<Part<string>>(table)).map(({ code }) => withNewline(code)),
};
