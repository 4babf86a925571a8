import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpFetch } from './safe-fetch.ts';

const limits = { connectTimeout: 2000, readTimeout: 2000, maxSize: 1000 };

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== 'object' || !address) throw new Error('not listening');
  return address.port;
}

describe.skipIf(spawnSync('openssl', ['version']).status !== 0)(
  'TLS (needs the openssl program for a certificate)',
  () => {
    let server: Server;
    let url: string;
    let ca: Buffer;

    beforeAll(async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tessera-tls-'));
      const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
      ca = readFileSync(cert);
      server = createServer({ key: readFileSync(key), cert: ca }, (_request, response) => response.end('secure'));
      rmSync(directory, { recursive: true });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `https://localhost:${portOf(server.address())}/`;
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    test('an unknown certificate is refused, for trusted URLs too', async () => {
      const request = { url, ...limits };
      await expect(createHttpFetch({ allowPrivateAddresses: true }).fetch(request)).rejects.toThrow(/self-signed/);
      await expect(createHttpFetch().fetch({ ...request, trusted: true })).rejects.toThrow(/self-signed/);
    });

    test('its authority can be named', async () => {
      const { body } = await createHttpFetch({ allowPrivateAddresses: true, ca }).fetch({ url, ...limits });
      expect(body).toBe('secure');
    });

    test('a certificate for another name is refused', async () => {
      const other = url.replace('localhost', '127.0.0.1');
      const fetched = createHttpFetch({ allowPrivateAddresses: true, ca }).fetch({ url: other, ...limits });
      await expect(fetched).rejects.toMatchObject({ reason: 'network' });
    });

    test('the check can be switched off', async () => {
      const fetch = createHttpFetch({ allowPrivateAddresses: true, trustSelfSignedCerts: true });
      expect((await fetch.fetch({ url, ...limits })).body).toBe('secure');
    });
  },
);

test('connections are kept for trusted URLs, and not shared with others', async () => {
  let connections = 0;
  const server = createHttpServer((_request, response) => response.end('ok'));
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server.address())}/`;
  const { fetch } = createHttpFetch({ allowHttp: true, allowPrivateAddresses: true });
  for (let i = 0; i < 5; i++) await fetch({ url, trusted: true, ...limits });
  expect(connections).toBe(1);
  for (let i = 0; i < 5; i++) await fetch({ url, ...limits });
  expect(connections).toBe(6);
  server.closeAllConnections();
  server.close();
});
