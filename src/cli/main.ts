#!/usr/bin/env node
import { createColors } from 'picocolors';
import { reportBug } from './bug.js';
import { isComplaint, refusal, type ExitStatus } from './errors.js';
import { processHost, type Host } from './host.js';
import { run } from './run.js';

const line = process.argv.slice(2);
const host = processHost();

process.on('uncaughtException', (error) => {
  finish(answer(error));
});

try {
  finish(await run(line, host));
} catch (error) {
  finish(answer(error));
}

/** Never `process.exit`: a worker of the engine would be killed, and what is written might be lost. The worst status stays. */
function finish(status: ExitStatus): void {
  if (status > Number(process.exitCode ?? 0)) process.exitCode = status;
}

/** Prints an error that ended a command, and says with which status. */
function answer(error: unknown): ExitStatus {
  if (isComplaint(error)) {
    complain(error.message, error.help, host);
    return error.exitStatus;
  }
  const refused = refusal(error, 'use');
  if (refused !== undefined) {
    complain(refused, undefined, host);
    return 1;
  }
  reportBug(error, line, host);
  return 70;
}

function complain(message: string, help: string | undefined, { colour, writeError }: Host): void {
  const { red } = createColors(colour.error);
  writeError(`${red('error')}: ${message}\n${help === undefined ? '' : `  ${help}\n`}`);
}
