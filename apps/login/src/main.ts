import { text } from 'node:stream/consumers';
import { runProgram, serve } from '../../kit/src/serve.ts';
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

function start(): void {
  const log = createJsonLog((line) => process.stdout.write(line));
  const { host, port, app: options } = readSettings(process.env);
  const app = createLoginApp({ ...options, log });
  serve(app.handler, { host, port, variables: 'LOGIN_HOST, LOGIN_PORT' }, (found) =>
    log.info('LG0001', 'login pages ready', { host, port: found, path: options.basePath }),
  );
}

await runProgram(async () => {
  const [command, kind] = process.argv.slice(2);
  if (command === 'hash-password') await printHash(kind);
  else if (command === undefined) start();
  else throw new Error(`Unknown command "${command}": start without one, or with hash-password`);
});
