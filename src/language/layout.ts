/**
 * Text whose line breaks depend on the room there is: groups are printed on one line if they fit, else all their own lines
 * break (Wadler, A prettier printer, 2003; the extensions are those of prettier).
 */
export type Layout = string | Composite;

interface Breaks {
  /** Holds what must break the groups around. */
  readonly hard: boolean;
  /** Ends with a comment: what follows on the line breaks it. */
  readonly tail: boolean;
  /** Prints nothing. */
  readonly empty: boolean;
}

type Composite = Breaks &
  (
    | { readonly kind: 'all'; readonly parts: readonly Layout[] }
    | { readonly kind: 'indent'; readonly content: Layout }
    | { readonly kind: 'group'; readonly content: Layout }
    | { readonly kind: 'line'; readonly flat: string }
    | { readonly kind: 'suffix'; readonly text: string }
    | { readonly kind: 'if-broken'; readonly text: string }
  );

const breaksOf = (layout: Layout): Breaks =>
  typeof layout === 'string'
    ? { hard: false, tail: false, empty: layout === '' }
    : { hard: layout.hard, tail: layout.tail, empty: layout.empty };

export function all(...parts: readonly Layout[]): Layout {
  let [hard, tail, empty] = [false, false, true];
  for (const part of parts) {
    const next = breaksOf(part);
    if (next.hard || (tail && !next.empty)) hard = true;
    if (next.empty) continue;
    ({ tail } = next);
    empty = false;
  }
  return { kind: 'all', parts, hard, tail, empty };
}

/** What follows a line break inside is indented. */
export function indent(...parts: readonly Layout[]): Layout {
  const content = all(...parts);
  return { kind: 'indent', content, ...breaksOf(content) };
}

/** On one line if it fits and holds nothing that must break. */
export function group(...parts: readonly Layout[]): Layout {
  const content = all(...parts);
  return { kind: 'group', content, ...breaksOf(content) };
}

/** A line break, or the text where the group is on one line. */
export function line(flat: string): Layout {
  return { kind: 'line', flat, hard: false, tail: false, empty: false };
}

/** Text that stands only where the group is not on one line. */
export function ifBroken(text: string): Layout {
  return { kind: 'if-broken', text, hard: false, tail: false, empty: true };
}

export const hardLine: Layout = { kind: 'line', flat: '', hard: true, tail: false, empty: false };

/** Breaks the groups around it, and prints nothing. */
export const breakHere: Layout = { kind: 'all', parts: [], hard: true, tail: false, empty: true };

/** A comment that goes to the end of the line; what is after it stands on the next. */
export function suffix(text: string): Layout {
  return { kind: 'suffix', text, hard: false, tail: true, empty: false };
}

export function join(separator: Layout, layouts: readonly Layout[]): Layout {
  return all(...layouts.flatMap((layout, index) => (index === 0 ? [layout] : [separator, layout])));
}

interface Command {
  readonly layout: Layout;
  readonly indentation: number;
  readonly flat: boolean;
}

/** Prints with lines of at most `width` characters where that can be done. */
export function render(layout: Layout, width: number): string {
  let text = '';
  let column = 0;
  let comments = '';
  let pending = '';
  const open: Command[] = [{ layout, indentation: 0, flat: false }];
  const write = (piece: string): void => {
    if (piece === '') return;
    text += pending + piece;
    column += piece.length;
    pending = '';
  };
  for (let next = open.pop(); next; next = open.pop()) {
    const { layout: current, indentation, flat } = next;
    if (typeof current === 'string') {
      write(current);
      continue;
    }
    switch (current.kind) {
      case 'all':
        for (let index = current.parts.length - 1; index >= 0; index--) {
          open.push({ layout: current.parts[index] ?? '', indentation, flat });
        }
        break;
      case 'indent':
        open.push({ layout: current.content, indentation: indentation + 2, flat });
        break;
      case 'group': {
        const inside = { layout: current.content, indentation, flat: true };
        const onOneLine = !current.hard && (flat || fits(inside, open, width - column));
        open.push(onOneLine ? inside : { ...inside, flat: false });
        break;
      }
      case 'line':
        if (flat && !current.hard && comments === '') {
          write(current.flat);
          break;
        }
        text += `${comments}\n`;
        comments = '';
        column = indentation;
        pending = ' '.repeat(indentation);
        break;
      case 'suffix':
        comments += current.text;
        break;
      case 'if-broken':
        if (!flat) write(current.text);
        break;
      default:
        return current satisfies never;
    }
  }
  return text + comments;
}

/** Whether the command and what follows it up to the next line break fit into the room. */
function fits(first: Command, rest: readonly Command[], room: number): boolean {
  let left = room;
  let following = rest.length;
  const open: Command[] = [first];
  for (;;) {
    const next = open.pop() ?? rest[--following];
    if (!next) return true;
    const { layout, indentation, flat } = next;
    if (typeof layout === 'string') {
      left -= layout.length;
      if (left < 0) return false;
      continue;
    }
    switch (layout.kind) {
      case 'all':
        for (let index = layout.parts.length - 1; index >= 0; index--) {
          open.push({ layout: layout.parts[index] ?? '', indentation, flat });
        }
        break;
      case 'indent':
        open.push({ layout: layout.content, indentation, flat });
        break;
      case 'group':
        open.push({ layout: layout.content, indentation, flat: flat && !layout.hard });
        break;
      case 'line':
        if (!flat || layout.hard) return true;
        left -= layout.flat.length;
        break;
      case 'suffix':
      case 'if-broken':
        break;
      default:
        layout satisfies never;
    }
  }
}
