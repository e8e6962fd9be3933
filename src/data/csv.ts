/** One record of a csv file, or why it is none; `isCut`: what follows is not read. */
export type CsvRecord = { readonly fields: readonly string[] } | { readonly broken: string; readonly isCut?: true };

/** Characters of a record up to which its end is looked for: one quote that nothing closes must not take in the rest of a large file. */
export const longestRecord = 2 ** 24;

/**
 * Splits csv text into records, as DuckDB's strict mode does: a field that begins with a quote ends with one, doubled inside it;
 * other quotes are text; lines end in \n, \r\n or \r; blank lines are left out.
 */
export async function* csvRecords(chunks: AsyncIterable<string>, separator: string): AsyncGenerator<CsvRecord> {
  for await (const records of csvBatches(chunks, separator)) yield* records;
}

/** The same, as many records at once as each piece of text ends. */
export async function* csvBatches(chunks: AsyncIterable<string>, separator: string): AsyncGenerator<readonly CsvRecord[]> {
  let pieces: string[] = [];
  let held = 0;
  let first = true;
  let awaited = anything;
  let quoted: string | undefined;
  for await (const chunk of chunks) {
    const text = first && chunk.startsWith('\ufeff') ? chunk.slice(1) : chunk;
    first = first && chunk === '';
    pieces.push(text);
    held += text.length;
    if (awaited.test(text)) {
      const buffer = pieces.join('');
      const { records, end, openAt } = wholeRecords(buffer, separator, false);
      if (records.length > 0) yield records;
      const rest = buffer.slice(end);
      pieces = [rest];
      held = rest.length;
      awaited = endingOf(rest, openAt !== undefined);
      quoted = openAt === undefined ? undefined : buffer.slice(openAt, openAt + 40);
    }
    if (held > longestRecord) {
      yield [{ broken: tooLong(quoted), isCut: true }];
      return;
    }
  }
  const { records } = wholeRecords(pieces.join(''), separator, true);
  if (records.length > 0) yield records;
}

const anything = /[^]/;

/** What the record at the beginning of a text cannot end without. Quotes and line ends may go on in the next piece. */
function endingOf(text: string, isInQuotes: boolean): RegExp {
  if (['"', '\r', '\n'].includes(text.at(-1) ?? '')) return anything;
  return isInQuotes ? /"/ : /[\r\n]/;
}

const tooLong = (quoted: string | undefined): string => {
  const most = `${longestRecord.toLocaleString('en')} characters`;
  return quoted === undefined ? `it is longer than ${most}` : `no quote closes ${JSON.stringify(quoted)}… within ${most}`;
};

/** The records of a text up to `end`; what follows is cut off, unless the text is the last, within the quotes at `openAt` if any. */
function wholeRecords(
  text: string,
  separator: string,
  last: boolean,
): { readonly records: readonly CsvRecord[]; readonly end: number; readonly openAt?: number } {
  const records: CsvRecord[] = [];
  let end = 0;
  while (end < text.length) {
    const next = nextRecord(text, end, separator, last);
    if (!('end' in next)) return { records, end, ...next };
    if (next.record) records.push(next.record);
    end = next.end;
  }
  return { records, end };
}

interface Found {
  /** Absent: a blank line. */
  readonly record?: CsvRecord;
  readonly end: number;
}

/** The text may not hold all of the record yet. */
interface Unfinished {
  /** Where a quote stands that none closes. */
  readonly openAt?: number;
}

function nextRecord(text: string, from: number, separator: string, last: boolean): Found | Unfinished {
  const fields: string[] = [];
  let at = from;
  for (;;) {
    let field: string;
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1, last);
      if (close === undefined) return last ? { record: { broken: 'a quote is not closed' }, end: text.length } : { openAt: at };
      field = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    } else {
      const end = fieldEnd(text, at, separator);
      field = text.slice(at, end);
      at = end;
    }
    // A separator or a line end may be cut by the end of the text so far.
    if (!last && at + Math.max(2, separator.length) > text.length) return {};
    fields.push(field);
    if (text.startsWith(separator, at)) {
      at += separator.length;
      continue;
    }
    const end = lineEnd(text, at);
    if (end === undefined) {
      const skipped = skipLine(text, at);
      if (skipped === undefined && !last) return {};
      return { record: { broken: 'text stands after a closing quote' }, end: skipped ?? text.length };
    }
    const blank = fields.length === 1 && at === from;
    return blank ? { end } : { record: { fields }, end };
  }
}

function closingQuote(text: string, from: number, last: boolean): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (at + 1 >= text.length && !last) return undefined;
    if (text[at + 1] !== '"') return at;
  }
  return undefined;
}

function fieldEnd(text: string, from: number, separator: string): number {
  const begins = separator.charCodeAt(0);
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a || unit === 0x0d || (unit === begins && (separator.length === 1 || text.startsWith(separator, at))))
      return at;
  }
  return text.length;
}

/** Where the next line begins, if a line ends here. */
function lineEnd(text: string, at: number): number | undefined {
  if (at >= text.length) return at;
  if (text[at] === '\n') return at + 1;
  if (text[at] === '\r') return text[at + 1] === '\n' ? at + 2 : at + 1;
  return undefined;
}

function skipLine(text: string, from: number): number | undefined {
  const end = text.indexOf('\n', from);
  return end < 0 ? undefined : end + 1;
}
