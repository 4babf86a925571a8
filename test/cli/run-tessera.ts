import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What a command left on the terminal. */
export interface Ended {
  /** Exit status; null when the process had to be killed because it did not end. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Key material of nobody's but these tests: the demo key is refused for an issuer that others reach. */
export const ownEncryptionKey = 'b3duLWtleS1vZi10ZXN0cw';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ENDS_WITHIN = 20_000;

/** Runs a command of `tessera` to its end; one that goes on is killed. */
export function runTessera(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      timeout: ENDS_WITHIN,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

/** A directory for the test that runs, removed after it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A configuration that can be used, with its SQLite database in the directory, as `-D` arguments. */
export function soundSettings(directory: string, more: Readonly<Record<string, string>> = {}): readonly string[] {
  const properties = {
    'op.issuer': 'https://id.example',
    'op.authz.endpoint': 'login',
    'keyStore.encJWK': JSON.stringify({ kty: 'oct', use: 'enc', k: ownEncryptionKey }),
    'storage.sqlite.file': join(directory, 'tessera.db'),
    ...more,
  };
  return Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
}
