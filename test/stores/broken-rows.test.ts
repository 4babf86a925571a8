import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEvents } from '../../src/observability/events.ts';
import { type Log, type LogFields, silentLog } from '../../src/ports/log.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import {
  accessToken,
  authorization,
  client,
  grant,
  pendingCode,
  remembered,
  subjectSession,
  ticketKind,
} from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';

const clock = createFakeClock();
const quota = { limit: 5, onExhaustion: 'close-oldest' } as const;
let directory: string;
let storage: Storage;
let errors: { readonly id: string; readonly fields: LogFields | undefined; readonly error: unknown }[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tessera-broken-'));
  errors = [];
  const log: Log = { ...silentLog, error: (id, _text, fields, error) => void errors.push({ id, fields, error }) };
  storage = await openSqliteStorage({ file: join(directory, 'db'), clock, events: createEvents({ log }) });
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

/** Overwrites payloads behind the back of the server, as a broken disk or hand does. */
function breakRows(table: string, payload: string, where = '1 = 1'): void {
  const database = new DatabaseSync(join(directory, 'db'));
  database.prepare(`update ${table} set payload = ? where ${where}`).run(payload);
  database.close();
}

const broken = (table: string, key: string) => ({ id: 'IS0141', fields: { table, key }, error: undefined });

describe.each(['{"secret":"half', 'null', '12', ''])('a row whose payload is %j', (payload) => {
  test('is missing from a list of clients, whose pages are full all the same, and from lookups', async () => {
    const { clients } = storage.tenant('t');
    for (const id of ['a', 'b', 'c', 'd']) await clients.insert(client(id));
    breakRows('clients', payload, "client_id in ('a', 'b')");
    expect(await clients.list({ limit: 2 })).toEqual([client('c'), client('d')]);
    expect(errors).toEqual([broken('clients', 'a'), broken('clients', 'b')]);
    expect(await clients.get('a')).toBeUndefined();
    expect(await clients.update('a', (current) => current)).toBeUndefined();
    expect(await clients.get('c')).toEqual(client('c'));
    expect(await clients.remove('a')).toBe(true);
    expect(await clients.insert(client('a'))).toBe(true);
  });

  test('is missing from sessions, and a session beside it is not', async () => {
    const { subjectSessions } = storage.tenant('t');
    const session = subjectSession('alice', clock.now());
    for (const key of ['a', 'b', 'c']) await subjectSessions.create(key, session, quota, nothingFollows);
    breakRows('subject_sessions', payload, "key = 'a'");
    expect((await subjectSessions.list({ limit: 1 })).map(({ key }) => key)).toEqual(['b']);
    expect((await subjectSessions.listBySubject('alice')).map(({ key }) => key)).toEqual(['b', 'c']);
    for (const lookUp of [subjectSessions.get, subjectSessions.use]) expect(await lookUp('a')).toBeUndefined();
    expect(await subjectSessions.update('a', (current) => current)).toBeUndefined();
    const crowded = await subjectSessions.create('d', session, { ...quota, limit: 2 }, nothingFollows);
    expect(crowded.outcome === 'created' && crowded.closed.map(({ key }) => key)).toEqual(['b']);
    expect(new Set(errors.map((error) => JSON.stringify(error)))).toEqual(
      new Set([JSON.stringify(broken('subject_sessions', 'a'))]),
    );
  });

  test('is no code, no token, no record', async () => {
    const stores = storage.tenant('t');
    const { codes, accessTokens } = stores;
    const records = stores.records(ticketKind);
    await codes.issue('code', pendingCode('alice'), clock.now() + 60, clock.now() + 600);
    await accessTokens.issue('token', accessToken(clock.now() + 60));
    await records.create('record', { holder: 'alice' }, clock.now() + 60);
    for (const table of ['pending_codes', 'access_tokens', 'records']) breakRows(table, payload);
    expect(await codes.redeem('code')).toEqual({ outcome: 'unknown' });
    expect(await codes.redeem('code')).toEqual({ outcome: 'unknown' });
    expect(await accessTokens.find('token')).toBeUndefined();
    expect(await records.get('record')).toBeUndefined();
    expect(await records.take('record')).toBeUndefined();
    expect(errors).toEqual([
      broken('pending_codes', 'code'),
      broken('pending_codes', 'code'),
      broken('access_tokens', 'token'),
      broken('records', 'ticket, record'),
      broken('records', 'ticket, record'),
    ]);
  });

  test('is no grant, and does not pass for the counter of a self-contained token', async () => {
    const { grants } = storage.tenant('t');
    await grants.add(grant(authorization('g')), 5);
    breakRows('grants', payload);
    const found = await grants.find('g', { subject: 'alice', actor: '', clientId: '123' });
    expect(found).toMatchObject({ grant: undefined, state: undefined, standing: { ended: false } });
    expect(errors).toEqual([broken('grants', 'g')]);
    await grants.end('g', clock.now() + 60);
    expect((await grants.find('g', { subject: 'alice', actor: '', clientId: '123' })).standing.ended).toBe(true);
  });

  test('is no remembered authorization, and makes way for a new one', async () => {
    const { authorizations } = storage.tenant('t');
    const key = { subject: 'alice', actor: '', clientId: 'c1' };
    await authorizations.change(key, () => remembered(1));
    await authorizations.change({ ...key, clientId: 'c2' }, () => remembered(2));
    breakRows('authorizations', payload, "client_id = 'c1'");
    expect((await authorizations.find(key)).remembered).toBeUndefined();
    expect(await authorizations.listBySubject('alice')).toEqual([remembered(2)]);
    expect(await authorizations.change(key, (current) => current)).toBeUndefined();
    expect(errors.map(({ fields }) => fields?.['key'])).toEqual(['alice, , c1', 'alice, *, *', 'alice, , c1']);
    expect(await authorizations.change(key, (current) => current ?? remembered(3))).toEqual(remembered(3));
    expect((await authorizations.find(key)).remembered).toEqual(remembered(3));
  });
});

test('the server lists the other clients, and refuses the broken one as unknown', async () => {
  const op = await startTestServer({ storage, clock, properties: { 'op.reg.clientCacheLifetime': '0' } });
  const metadata = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };
  const [lost, kept] = [await op.register(metadata), await op.register(metadata)];
  breakRows('clients', '{', `client_id = '${lost.id}'`);
  const listed: unknown = (await op.call('GET', '/clients')).json;
  expect(listed).toMatchObject([{ client_id: kept.id }]);
  const refused = await lost.token({ grant_type: 'client_credentials' });
  expect(refused).toMatchObject({
    status: 401,
    body: { error: 'invalid_client' },
  });
  expect((await kept.token({ grant_type: 'client_credentials' })).status).toBe(200);
  await op.close();
});

test('a broken key set is not taken for a missing one', async () => {
  const { keys } = storage.tenant('t');
  await keys.save(0, { keys: [] });
  breakRows('jwks', '{"keys":"top-secret');
  const loading = keys.load();
  await expect(loading).rejects.toThrow('the stored key set is broken');
  await expect(loading).rejects.not.toThrow('top-secret');
});
