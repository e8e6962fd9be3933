/**
 * Says on standard error what is being measured, in one line where that is a terminal; nothing takes the line away.
 * @param {string} [text]
 */
export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text ?? ''}`);
  else if (text !== undefined) process.stderr.write(`${text}\n`);
}
