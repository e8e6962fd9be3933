import { spawn } from 'node:child_process';

/**
 * @typedef {object} Ended
 * @property {boolean} ok
 * @property {string} output what it wrote to both streams
 * @property {string} why its last line, or how it ended; empty where all is well
 */

/**
 * Runs a program to its end, or until its time is over: then it and all that it started are ended.
 * @param {string} program
 * @param {readonly string[]} given
 * @param {{ seconds: number, cwd?: string, env?: Readonly<Record<string, string>> }} options
 * @returns {Promise<Ended>}
 */
export const run = (program, given, { seconds, cwd, env }) =>
  new Promise((resolve) => {
    const windows = process.platform === 'win32';
    const child = spawn(program, given, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own can be ended as a whole; Windows has none.
      detached: !windows,
      // npm is a script there, which only a shell can start.
      shell: windows && program === 'npm',
    });
    let output = '';
    let late = false;
    const end = () => {
      late = true;
      try {
        if (windows || child.pid === undefined) child.kill();
        else process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(end, seconds * 1000);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output, why: `${program}: ${error.message}` });
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      const ok = status === 0 && !late;
      const lines = output.split('\n').filter((line) => line.trim() !== '');
      const last = lines.findLast((line) => /error|fail|not found|cannot/i.test(line)) ?? lines.at(-1) ?? `status ${status}`;
      resolve({ ok, output, why: ok ? '' : late ? `${program} took longer than ${seconds} s` : last.trim().slice(0, 160) });
    });
  });

/** Whether a program starts. */
export const starts = async (/** @type {string} */ program, given = ['--version']) =>
  (await run(program, given, { seconds: 20 })).ok;
