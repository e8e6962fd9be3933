/** Longer lists are cut in the text form, with a digest of what is left out. */
const PRINTED = 8;

/** Numbers in the text form. */
export function numbersText(values: readonly number[]): string {
  const shown = values.slice(0, PRINTED).map(numberText).join(', ');
  if (values.length <= PRINTED) return `[${shown}]`;
  return `[${shown}, … ${values.length} numbers, digest ${digest(values.map(numberText).join())}]`;
}

export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** 32-bit FNV-1a. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
