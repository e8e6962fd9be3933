import { acceptedOf } from '../model/key-tables.js';
import type { Accepts, Form, Keys } from '../model/reading.js';
import type { Context, Frame } from './context.js';
import { itemOf } from './occurrences.js';

/** What the checker takes at a place within a section. */
export interface Expected {
  /** Keys that may be given. */
  readonly keys: Keys;
  /** What the value is that is being written. */
  readonly value: Accepts;
  /** The call that the place is in. */
  readonly form?: { readonly name: string; readonly form: Form };
}

const nothing: Expected = { keys: {}, value: {} };

/** Follows the frames of a model down the tables of keys; undefined outside of its sections. */
export function expectedAt({ frames }: Context): Expected | undefined {
  const model = frames.findIndex(({ kind }) => kind === 'model');
  const top = frames[model];
  if (!top) return undefined;
  const [next, ...inner] = frames.slice(model + 1);
  if (next?.kind === 'body') return undefined;
  if (next?.kind !== 'section') {
    const item = itemOf(top.isLabel ? 'label' : (top.key ?? ''));
    if (!item) return undefined;
    return [...(next ? [next, ...inner] : [])].reduce(within, { keys: {}, value: top.isLabel ? (item.entry ?? {}) : item });
  }
  const item = itemOf(next.head);
  if (!item) return undefined;
  const own = next.key !== undefined && item.keys && Object.hasOwn(item.keys, next.key) ? item.keys[next.key] : undefined;
  const asTable = next.head === 'embeddings' && inner[0]?.kind === 'record';
  const value = own && !asTable ? acceptedOf(own) : (item.entry ?? item);
  return inner.reduce(within, { keys: item.keys ?? {}, value });
}

function within({ value }: Expected, frame: Frame): Expected {
  switch (frame.kind) {
    case 'call': {
      const name = frame.head + frame.brackets;
      const form = value.calls && Object.hasOwn(value.calls, name) ? value.calls[name] : undefined;
      return form ? { keys: form.keys, value: valueOf(form.keys, frame), form: { name, form } } : { ...nothing, value };
    }
    case 'list':
      return { keys: {}, value: value.element ?? value };
    case 'record': {
      const keys = value.record ?? {};
      const key = frame.key !== undefined && Object.hasOwn(keys, frame.key) ? keys[frame.key] : undefined;
      return { keys, value: key ? acceptedOf(key) : (value.entry ?? {}) };
    }
    case 'file':
    case 'model':
    case 'section':
    case 'body':
    case 'import':
      return nothing;
    default:
      return frame.kind satisfies never;
  }
}

function valueOf(keys: Keys, { key, position }: Frame): Accepts {
  if (key !== undefined) return Object.hasOwn(keys, key) && keys[key] ? acceptedOf(keys[key]) : {};
  const placed = Object.values(keys).find((one) => one.position === position);
  return placed ? acceptedOf(placed) : {};
}
