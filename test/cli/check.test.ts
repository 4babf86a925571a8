import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { demoApiTokenHash, demoEncryptionKey } from '../../src/demo.ts';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

test('systemPropertiesURL is no problem', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'more.properties');
  writeFileSync(file, 'http.port=9159\n');
  const settings = soundSettings(directory, { systemPropertiesURL: pathToFileURL(file).href });
  const { status, stdout } = await runTessera(['check', ...settings]);
  expect(stdout).toMatch(/http\.port.*9159/);
  expect(stdout).toContain('No problems.');
  expect(status).toBe(0);
});

test.each(['mysql://db/x', 'db.example:5432/x', 'postgres://u:s3cret@@h:p/x', 'postgres', 'jdbc:mysql://db/x'])(
  'a dataSource.url that a start refuses is fatal: %s',
  async (url) => {
    const settings = soundSettings(temporaryDirectory(), { 'storage.profile': 'postgres', 'dataSource.url': url });
    const { status, stdout } = await runTessera(['check', ...settings]);
    expect(stdout).toMatch(/FATAL dataSource\.url: is not a URL of PostgreSQL .*postgres:\/\/user/);
    expect(stdout).not.toContain('s3cret');
    expect(status).toBe(78);
    expect(await runTessera(['serve', ...settings])).toMatchObject({ status: 78, stdout: '' });
  },
);

test.each(['postgres://u:p@h:5432/x', 'postgresql://h/x', 'jdbc:postgresql://h:5432/x?sslmode=require'])(
  'a dataSource.url of PostgreSQL is no problem: %s',
  async (url) => {
    const settings = soundSettings(temporaryDirectory(), { 'storage.profile': 'postgres', 'dataSource.url': url });
    expect(await runTessera(['check', ...settings])).toMatchObject({ status: 0, stderr: '' });
  },
);

test.each<[string, string | undefined, RegExp]>([
  ['is missing', undefined, /ENOENT/],
  ['is not JSON', 'users: me', /it is not JSON/],
  ['has no users', '{"user":[]}', /expected \{ "users"/],
])('a users file that %s is fatal for check, serve and dev', async (_what, content, told) => {
  const directory = temporaryDirectory();
  const file = join(directory, 'users.json');
  if (content !== undefined) writeFileSync(file, content);
  const users = { 'op.usersFileClaimsSource.enable': 'true', 'op.usersFileClaimsSource.file': file };
  for (const command of ['check', 'serve', 'dev']) {
    const { status, stdout, stderr } = await runTessera([command, ...soundSettings(directory, users)]);
    expect(stdout + stderr).toMatch(
      /FATAL op\.usersFileClaimsSource\.file: \/.*users\.json cannot be used: .*Set it to/,
    );
    expect(stdout + stderr).toMatch(told);
    expect(status).toBe(78);
  }
});

describe('what everybody knows', () => {
  const demoValues = {
    'op.authz.apiAccessTokenSHA256': demoApiTokenHash,
    'op.reg.apiAccessTokenSHA256.second': demoApiTokenHash,
    'sessionStore.secondaryAPIAccessTokenSHA256': demoApiTokenHash,
    'keyStore.encJWK': JSON.stringify({ kty: 'oct', k: demoEncryptionKey }),
  };
  const known = [
    /FATAL op\.authz\.apiAccessTokenSHA256: is the public demo token/,
    /FATAL op\.reg\.apiAccessTokenSHA256: is the public demo token/,
    /FATAL sessionStore\.apiAccessTokenSHA256: is the public demo token/,
    /FATAL keyStore\.encJWK: is the public demo key/,
  ];

  test.each([
    'https://id.example',
    'http://192.168.1.5:8080',
    'https://localhost.example',
    'https://127.0.0.1.example',
  ])('is refused for %s, at check, serve and dev', async (issuer) => {
    const settings = soundSettings(temporaryDirectory(), { ...demoValues, 'op.issuer': issuer });
    for (const command of ['check', 'serve', 'dev']) {
      const { status, stdout, stderr } = await runTessera([command, ...settings]);
      for (const told of known) expect(stdout + stderr).toMatch(told);
      expect(status).toBe(78);
    }
  });

  test.each(['http://localhost:8080', 'http://id.localhost/x', 'https://127.0.0.1', 'http://[::1]:8080'])(
    'is let pass for %s, unless with env=prod',
    async (issuer) => {
      const settings = soundSettings(temporaryDirectory(), { ...demoValues, 'op.issuer': issuer });
      expect((await runTessera(['check', ...settings])).status).toBe(0);
      const { status, stdout } = await runTessera(['check', ...settings, '-Denv=prod']);
      for (const told of known) expect(stdout).toMatch(told);
      expect(status).toBe(78);
    },
  );
});
