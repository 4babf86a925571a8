import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { demoClient } from '../../src/demo.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type ServerProcess, startTessera } from '../support/server-process.ts';
import { runTessera, temporaryDirectory } from './run-tessera.ts';

/** A `tessera dev` that is ready, until the test is over. */
async function startedDev(args: readonly string[]): Promise<ServerProcess> {
  const server = startTessera(['dev', '--store', 'memory', ...args]);
  onTestFinished(() => server.kill());
  await server.waitFor(/Stop with Ctrl-C/);
  return server;
}

async function issuerAt(base: string): Promise<unknown> {
  const response = await fetch(`${base}/.well-known/openid-configuration`);
  const metadata: unknown = await response.json();
  return typeof metadata === 'object' && metadata && 'issuer' in metadata ? metadata.issuer : undefined;
}

test.each([
  ['op.reg.apiAccessTokenSHA256', 'a'.repeat(64), /^The demo client cannot be registered: .*apiAccessTokenSHA256.*\n$/],
  [
    'op.grantHandler.clientCredentials.simpleHandler.enable',
    'false',
    /^The demo client gets no token: .*simpleHandler\.enable=true\.\n$/,
  ],
])('without its own %s it says so and ends', async (name, value, told) => {
  const { status, stderr } = await runTessera(['dev', '--port', '0', '--store', 'memory', `-D${name}=${value}`]);
  expect(stderr).toMatch(told);
  expect(status).toBe(1);
});

test('port 0 is any free one, which the issuer has', async () => {
  const server = await startedDev(['--port', '0']);
  const [, issuer = ''] = await server.waitFor(/Discovery +(http:\S+)\/\.well-known/);
  expect(issuer).not.toMatch(/:0$/);
  expect(await issuerAt(issuer)).toBe(issuer);
});

test('the demo client may be answered where public sample clients listen', async () => {
  const server = await startedDev(['--port', '0']);
  const [, issuer = ''] = await server.waitFor(/Discovery +(http:\S+)\/\.well-known/);
  const request = { response_type: 'code', client_id: '000123', scope: 'openid', prompt: 'none' };
  const redirectUri = 'http://127.0.0.1:8080/oidc-client/cb';
  const query = new URLSearchParams({ ...request, redirect_uri: redirectUri });
  const response = await fetch(`${issuer}/login?${query}`, { redirect: 'manual' });
  expect(response.headers.get('location')).toContain(`${redirectUri}?error=login_required`);
});

test('the demo client may send its secret either way, as libraries do', async () => {
  const server = await startedDev(['--port', '0']);
  const [, issuer = ''] = await server.waitFor(/Discovery +(http:\S+)\/\.well-known/);
  const { id, secret } = demoClient;
  const token = async (headers: Record<string, string>, form: Record<string, string>) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
    return (await fetch(`${issuer}/token`, { method: 'POST', headers, body })).status;
  };
  expect(await token({ Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }, {})).toBe(200);
  expect(await token({}, { client_id: id, client_secret: secret })).toBe(200);
  expect(await token({}, { client_id: id, client_secret: 'wrong' })).toBe(401);
});

test('a port of the configuration counts, --port more, and op.issuer is left as it is set', async () => {
  const [written, asked] = [await freePort(), await freePort()];
  const config = join(temporaryDirectory(), 'dev.properties');
  writeFileSync(config, `http.port=${written}\n`);
  const configured = await startedDev(['--config', config]);
  expect(await issuerAt(`http://localhost:${written}`)).toBe(`http://localhost:${written}`);
  await configured.stop();

  await startedDev(['--config', config, '--port', `${asked}`, '-Dop.issuer=https://localhost/x']);
  expect(await issuerAt(`http://localhost:${asked}/x`)).toBe('https://localhost/x');
});

test('a name that no property has is told, what a first look is open to is not', async () => {
  const server = await startedDev(['--port', '0', '-Dop.reg.allowOpenRegistraton=true']);
  expect(server.output()).toMatch(/WARN.*allowOpenRegistraton: is not a property.*Did you mean/);
  expect(server.output().match(/WARN {2}OP9010/g)).toHaveLength(1);
});

test('it listens at an IPv6 address', async ({ skip }) => {
  skip(networkInterfaces()['lo']?.every(({ family }) => family !== 'IPv6') === true, 'this machine has no IPv6');
  const server = await startedDev(['--port', '0', '--host', '::1']);
  const [, port = ''] = await server.waitFor(/http:\/\/localhost:(\d+)\/playground/);
  expect((await fetch(`http://[::1]:${port}/playground`)).status).toBe(200);
});

test.each(['file', 'file/below'])('data that cannot be kept in %s is told in a sentence', async (name) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'file'), '');
  const { status, stderr } = await runTessera(['dev', '--port', '0', '--data', join(directory, name)]);
  expect(stderr).toMatch(/^The data cannot be kept in \/.*: .*--data\.\n$/);
  expect(status).toBe(78);
});

test('a refusal is shown with its reason', async () => {
  const server = await startedDev(['--port', '0']);
  const [, issuer = ''] = await server.waitFor(/Discovery +(http:\S+)\/\.well-known/);
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' });
  expect((await fetch(`${issuer}/token`, { method: 'POST', body })).status).toBe(401);
  await server.waitFor(/INFO +OP6203 Client authentication failed .*cause="unknown client"/);
});
