import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createLoginApp } from './app.ts';
import { createJsonLog } from './log.ts';
import { hashPassword } from './password-hash.ts';
import { readSettings } from './settings.ts';

async function printHash(kind: string | undefined): Promise<void> {
  if (kind !== undefined && kind !== 'argon2id' && kind !== 'scrypt')
    throw new Error('The kind of hash is argon2id or scrypt');
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password === '')
    throw new Error('Give the password on standard input: printf %s "$PASSWORD" | npm run -s hash-password');
  process.stdout.write(`${await hashPassword(password, kind)}\n`);
}

function serve(): void {
  const log = createJsonLog((line) => process.stdout.write(line));
  const settings = readSettings(process.env);
  const app = createLoginApp({ ...settings.app, log });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    void app.handler(request, response);
  });
  server.on('error', (error) => {
    process.stderr.write(
      `Cannot listen on ${settings.host}:${settings.port}: ${error.message} (LOGIN_HOST, LOGIN_PORT)\n`,
    );
    process.exitCode = 1;
  });
  server.listen(settings.port, settings.host, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : settings.port;
    log.info('LG0001', 'login pages ready', { host: settings.host, port, path: settings.app.basePath });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
}

try {
  const [command, kind] = process.argv.slice(2);
  if (command === 'hash-password') await printHash(kind);
  else if (command === undefined) serve();
  else throw new Error(`Unknown command "${command}": start without one, or with hash-password`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
