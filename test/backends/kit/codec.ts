const kinds = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;

type Kind = keyof typeof kinds;

const kindOf = (value: unknown): Kind | undefined => (Object.keys(kinds) as Kind[]).find((kind) => value instanceof kinds[kind]);

const textOfBytes = (bytes: Uint8Array): string => {
  let text = '';
  for (let from = 0; from < bytes.length; from += 2 ** 15) text += String.fromCharCode(...bytes.subarray(from, from + 2 ** 15));
  return btoa(text);
};

/** JSON in which arrays of numbers stand as bytes: the same to the bit, in any program and in a page. */
export const encode = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    const kind = kindOf(part);
    if (kind === undefined) return part;
    // A shared one cannot be read as text.
    const { buffer } = new Uint8Array(new kinds[kind](part as Float32Array).buffer);
    return { [`$${kind}`]: textOfBytes(new Uint8Array(buffer)) };
  });

export const decode = (text: string): unknown =>
  JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part;
    const [[name, bytes] = [], ...others] = Object.entries(part as Readonly<Record<string, unknown>>);
    const kind = (Object.keys(kinds) as Kind[]).find((one) => name === `$${one}`);
    if (kind === undefined || others.length > 0 || typeof bytes !== 'string') return part;
    return new kinds[kind](Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)).buffer);
  });
