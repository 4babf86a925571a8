import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEvents } from '../../observability/events.ts';
import type { ClaimsContext } from '../../ports/claims-source.ts';
import type { FetchRequest, FetchResponse } from '../../ports/http-fetch.ts';
import { type Log, silentLog } from '../../ports/log.ts';
import type { HttpClaimsSourceSettings } from './http-properties.ts';
import { createHttpClaimsSource } from './http-source.ts';
import { openUsersFileClaimsSource } from './users-file-source.ts';

const context: ClaimsContext = {
  issuer: 'https://op.example.com',
  transport: undefined,
  clientId: 'c',
  scope: ['openid', 'email'],
  claimsData: undefined,
};

describe('the HTTP claims source', () => {
  const settings: HttpClaimsSourceSettings = {
    enable: true,
    supportedClaims: ['*'],
    url: 'http://10.0.0.7/claims',
    connectTimeout: 250,
    readTimeout: 500,
    trustSelfSignedCerts: false,
    apiAccessToken: 'secret-token',
    includeSubjectSessionId: false,
    includeSubjectSession: false,
    includeScope: false,
  };
  const answering = (answer: Partial<FetchResponse>, members: Partial<HttpClaimsSourceSettings> = {}) => {
    const sent: FetchRequest[] = [];
    const source = createHttpClaimsSource({
      settings: { ...settings, ...members },
      fetch: {
        fetch: async (request) => {
          sent.push(request);
          return { status: 200, contentType: 'application/json', body: '', ...answer };
        },
      },
    });
    return { source, sent };
  };

  test('asks with one POST and answers the claims', async () => {
    const { source, sent } = answering({ body: '{"sub":"alice","email":"a@example.com"}' });
    const full: ClaimsContext = { ...context, transport: 'userinfo', claimsData: { ip: '192.0.2.1' } };
    expect(await source.getClaims('alice', ['email', 'name#bg'], ['en'], full)).toMatchObject({
      email: 'a@example.com',
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      url: 'http://10.0.0.7/claims',
      method: 'POST',
      trusted: true,
      connectTimeout: 250,
      readTimeout: 500,
      headers: { Authorization: 'Bearer secret-token', 'Content-Type': 'application/json; charset=UTF-8' },
    });
    expect(JSON.parse(sent[0]?.body ?? '')).toStrictEqual({
      iss: 'https://op.example.com',
      sub: 'alice',
      claims: ['email', 'name#bg'],
      claims_locales: ['en'],
      claims_transport: 'userinfo',
      claims_data: { ip: '192.0.2.1' },
    });
  });

  test('leaves out what there is not, and tells the scope if so configured', async () => {
    const { source, sent } = answering({ body: '{"sub":"alice"}' }, { includeScope: true });
    await source.getClaims('alice', ['email'], [], context);
    expect(JSON.parse(sent[0]?.body ?? '')).toStrictEqual({
      iss: 'https://op.example.com',
      sub: 'alice',
      claims: ['email'],
      scope: ['openid', 'email'],
    });
  });

  test('404 is an unknown subject', async () => {
    const { source } = answering({ status: 404 });
    expect(await source.getClaims('alice', ['email'], [], context)).toBeUndefined();
  });

  test.each([
    ['another status', { status: 500, body: '{"sub":"alice"}' }, '500'],
    ['no JSON', { body: '<html>' }, 'JSON'],
    ['no object', { body: '[]' }, 'object'],
    ['another subject', { body: '{"sub":"bob","email":"b@example.com"}' }, 'subject'],
    ['no subject', { body: '{"email":"b@example.com"}' }, 'subject'],
  ])('%s is an error', async (_what, answer, text) => {
    const { source } = answering(answer);
    await expect(source.getClaims('alice', ['email'], [], context)).rejects.toThrow(text);
  });

  test.each([
    [{ url: undefined }, 'op.httpClaimsSource.url'],
    [{ supportedClaims: [] }, 'op.httpClaimsSource.supportedClaims'],
    [{ includeSubjectSession: true }, 'includeSubjectSession'],
  ])('the settings %j are refused at the start', (members, text) => {
    expect(() => answering({}, members)).toThrow(text);
  });
});

describe('the users file claims source', () => {
  let directory: string;
  let file: string;
  const time = { now: 1000 };
  const logged: string[] = [];
  const log: Log = { ...silentLog, error: (id) => logged.push(id) };
  const settings = () => ({ enable: true, file, supportedClaims: ['*'] });
  const open = () =>
    openUsersFileClaimsSource({ settings: settings(), clock: { now: () => time.now }, events: createEvents({ log }) });
  const write = async (content: unknown, modified: number) => {
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    await utimes(file, modified, modified);
  };
  const alice = (name: string) => ({ users: [{ sub: 'alice', password: 'scrypt:x', claims: { name } }] });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-users-'));
    file = join(directory, 'users.json');
    logged.length = 0;
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('answers the named claims and no other member', async () => {
    await write({ users: [{ sub: 'alice', password: 'x', claims: { name: 'Alice', email: 'a@example.com' } }] }, 1);
    const source = await open();
    expect(await source.getClaims('alice', ['name', 'password', 'constructor'], [], context)).toStrictEqual({
      name: 'Alice',
    });
    expect(await source.getClaims('bob', ['name'], [], context)).toBeUndefined();
  });

  test('answers the preferred languages', async () => {
    const claims = { name: 'Alice', 'name#bg': 'Алиса', 'name#de-CH': 'Alis', 'name#fr': 'Alisse' };
    await write({ users: [{ sub: 'alice', claims }] }, 1);
    const source = await open();
    const { 'name#fr': _, ...preferred } = claims;
    expect(await source.getClaims('alice', ['name'], ['BG', 'de'], context)).toStrictEqual(preferred);
    expect(await source.getClaims('alice', ['name#fr'], ['bg'], context)).toStrictEqual({ 'name#fr': 'Alisse' });
    expect(await source.getClaims('alice', ['name'], [], context)).toStrictEqual({ name: 'Alice' });
  });

  test('tells each reading, the first one, too, without what is in the file', async () => {
    await write(alice('Old'), 1);
    const lines: [string, unknown][] = [];
    const telling: Log = { ...silentLog, info: (id, _text, fields) => lines.push([id, fields]) };
    const events = createEvents({ log: telling });
    const source = await openUsersFileClaimsSource({ settings: settings(), clock: { now: () => time.now }, events });
    await write({ users: [] }, 2);
    time.now += 1;
    await source.getClaims('alice', ['name'], [], context);
    expect(lines).toEqual([
      ['OP9610', { file, users: 1 }],
      ['OP9610', { file, users: 0 }],
    ]);
  });

  test('reads a changed file again, but looks once a second at most', async () => {
    await write(alice('Old'), 1);
    const source = await open();
    const name = () => source.getClaims('alice', ['name'], [], context);
    await write(alice('New'), 2);
    expect(await name()).toStrictEqual({ name: 'Old' });
    time.now += 1;
    expect(await Promise.all([name(), name()])).toStrictEqual([{ name: 'New' }, { name: 'New' }]);
  });

  test('keeps the last good content when the file breaks or vanishes, and says so once', async () => {
    await write(alice('Good'), 1);
    const source = await open();
    const name = () => source.getClaims('alice', ['name'], [], context);
    await write('{"users": [', 2);
    for (let i = 0; i < 3; i++) {
      time.now += 1;
      expect(await name()).toStrictEqual({ name: 'Good' });
    }
    expect(logged).toStrictEqual(['OP9611']);
    await rm(file);
    for (let i = 0; i < 3; i++) {
      time.now += 1;
      expect(await name()).toStrictEqual({ name: 'Good' });
    }
    expect(logged).toStrictEqual(['OP9611', 'OP9611']);
    await write(alice('Back'), 3);
    time.now += 1;
    expect(await name()).toStrictEqual({ name: 'Back' });
  });

  test.each([
    ['secret-hash {', 'not JSON'],
    [[], 'expected { "users"'],
    [{ users: [{}] }, 'users[0] needs a sub'],
    [{ users: [{ sub: 'a' }, { sub: 'a' }] }, 'users[1] repeats'],
    [{ users: [{ sub: 'a', claims: [] }] }, 'users[0].claims'],
  ])('a file %j stops the start, without showing its content', async (content, text) => {
    await write(content, 1);
    const opened = open();
    await expect(opened).rejects.toThrow(text);
    await expect(opened).rejects.not.toThrow('secret-hash');
  });

  test('a missing file or setting stops the start', async () => {
    await expect(open()).rejects.toThrow('op.usersFileClaimsSource.file');
    const none = { enable: true, file: undefined, supportedClaims: ['*'] };
    const opened = openUsersFileClaimsSource({
      settings: none,
      clock: { now: () => 0 },
      events: createEvents({ log }),
    });
    await expect(opened).rejects.toThrow('op.usersFileClaimsSource.file');
  });
});
