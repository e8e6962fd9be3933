import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Of addresses without a host, as requests have them. */
const base = 'http://localhost';

/** Isolation, which lets the wasm backend use several threads. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cache-Control': 'no-cache',
};

/**
 * Serves the files of a folder on 127.0.0.1.
 * @param {string} folder
 * @param {number} [port] 0: any that is free
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 * @throws where the port is taken
 */
export async function serveFolder(folder, port = 0) {
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
  const server = createServer((request, response) => {
    const { url = '/' } = request;
    if (!URL.canParse(url, base)) {
      response.writeHead(400).end();
      return;
    }
    const { pathname } = new URL(url, base);
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    if (!files().includes(name)) {
      response.writeHead(404).end();
      return;
    }
    const type = Object.entries(types).find(([extension]) => extension === path.extname(name))?.[1];
    response.writeHead(200, { ...headers, 'Content-Type': type ?? 'application/octet-stream' });
    response.end(readFileSync(path.join(folder, name)));
  });
  await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = 'code' in error && error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(`port ${port} is taken: choose another one with --port`) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
