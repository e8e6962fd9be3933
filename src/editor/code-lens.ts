import type { CodeLens } from 'vscode-languageserver';
import { rangeOf } from './places.js';
import { parametersOfModel } from './sizes.js';
import type { Analysis } from './workspace.js';

/** What each model learns, above it. */
export const codeLenses = ({ source, checked }: Analysis): CodeLens[] =>
  checked.sound
    .filter(({ span }) => span.source === source)
    .map((model) => ({ range: rangeOf(model.span), command: { title: `${parametersOfModel(model)} parameters`, command: '' } }));
