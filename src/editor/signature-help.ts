import { MarkupKind, type Position, type SignatureHelp, type SignatureInformation } from 'vscode-languageserver';
import { spanText } from '../language/source.js';
import { defaultOf } from '../model/key-tables.js';
import type { Form } from '../model/reading.js';
import { expectedAt } from './accepted.js';
import { contextAt, type Frame } from './context.js';
import { occurrencesOf } from './occurrences.js';
import { offsetAt } from './places.js';
import type { Symbol } from './symbols.js';
import { prose } from './words.js';
import type { Analysis } from './workspace.js';

interface Shown {
  readonly name: string;
  readonly text: string;
  readonly doc?: string | undefined;
  /** Its place when it is given without its name. */
  readonly position?: number | undefined;
}

/** What the call takes that a place is in. */
export function signatureHelp(analysis: Analysis, at: Position): SignatureHelp | undefined {
  const context = contextAt(analysis.checked.spec, offsetAt(analysis.source, at));
  const index = context?.frames.findLastIndex(({ kind }) => kind === 'call') ?? -1;
  const frame = context?.frames[index];
  if (!context || !frame) return undefined;
  const form = expectedAt({ ...context, frames: context.frames.slice(0, index + 1) })?.form;
  if (form) return shown(form.name.replace('[n]', '[…]'), form.form.doc, parametersOfForm(form.form), frame);
  const symbol = occurrencesOf(analysis.checked.spec).names.function(frame.head);
  if (symbol?.kind === 'block') return shown(symbol.name, prose(symbol.doc ?? ''), parametersOf(symbol), frame);
  return symbol?.kind === 'builtin' ? shown(symbol.name, symbol.builtin.doc, parametersOf(symbol), frame) : undefined;
}

const parametersOfForm = ({ keys }: Form): readonly Shown[] =>
  Object.entries(keys).map(([name, key]) => {
    const given = defaultOf(key);
    return { name, text: given === undefined ? name : `${name}: ${given}`, doc: key.doc, position: key.position };
  });

function parametersOf(symbol: Symbol): readonly Shown[] {
  if (symbol.kind === 'builtin')
    return symbol.builtin.parameters.map(({ name, optional }, position) => ({
      name,
      text: optional ? `${name}?` : name,
      position,
    }));
  if (symbol.kind !== 'block') return [];
  return symbol.block.parameters.map(({ name, span, doc }, position) => ({
    name: name.text,
    text: spanText(span).replace(/\s+/g, ' '),
    doc,
    position,
  }));
}

function shown(name: string, doc: string, parameters: readonly Shown[], { key, position }: Frame): SignatureHelp {
  const named = parameters.findIndex((p) => p.name === key);
  const active = key === undefined ? parameters.findIndex((p) => p.position === position) : named;
  const signature: SignatureInformation = {
    label: `${name}(${parameters.map(({ text }) => text).join(', ')})`,
    ...(doc !== '' && { documentation: { kind: MarkupKind.Markdown, value: doc } }),
    parameters: offsets(name.length + 1, parameters),
  };
  return { signatures: [signature], activeSignature: 0, activeParameter: active < 0 ? parameters.length : active };
}

function offsets(from: number, parameters: readonly Shown[]): NonNullable<SignatureInformation['parameters']> {
  let start = from;
  return parameters.map(({ text, doc }) => {
    const label: [number, number] = [start, start + text.length];
    start += text.length + 2;
    return { label, ...(doc !== undefined && { documentation: doc }) };
  });
}
