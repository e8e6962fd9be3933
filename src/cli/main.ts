#!/usr/bin/env node
import { answer } from './answer.js';
import type { ExitStatus } from './errors.js';
import { processHost } from './host.js';
import { run } from './run.js';

const line = process.argv.slice(2);
const host = processHost();

process.on('uncaughtException', (error) => {
  leaveWith(answer(error, line, host));
});

try {
  leaveWith(await run(line, host));
} catch (error) {
  leaveWith(answer(error, line, host));
}

/** Never `process.exit`: it would cut off what is still being written, and kill a worker of the engine. The worst status stays. */
function leaveWith(status: ExitStatus): void {
  if (status > Number(process.exitCode ?? 0)) process.exitCode = status;
}
