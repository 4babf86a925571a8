import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { createEvents } from '../../src/observability/events.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import type { Storage, TenantStores } from '../../src/ports/stores/stores.ts';
import { startPostgres } from '../support/postgres.ts';
import { type OldDatabase, oldPostgres, oldSqlite, type Row } from './release-0.1.ts';

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

const databases: readonly [string, () => Promise<OldDatabase>][] = [['SQLite', oldSqlite]];
const all = server.available ? [...databases, ['PostgreSQL', () => oldPostgres(server)] as const] : databases;

if (!server.available) describe.skip(`a database of release 0.1 on PostgreSQL (${server.reason})`);

describe.each(all)('a database of release 0.1 on %s', (_, open) => {
  let old: OldDatabase;
  let storage: Storage | undefined;

  beforeEach(async () => {
    old = await open();
  });
  afterEach(async () => {
    await storage?.close();
    storage = undefined;
    await old.dispose();
  });

  /** Opens it as today's server does. */
  async function migrated(log: Log = silentLog): Promise<TenantStores> {
    storage = await old.open(createEvents({ log }));
    return storage.tenant('default');
  }

  test('remembered authorizations become agreements, and grants that have their refresh tokens', async () => {
    const rows = await old.query('select * from long_lived_authorizations');
    const { authorizations, grants } = await migrated();
    expect(rows).toHaveLength(7);
    expect([await authorizations.count(), await grants.count()]).toEqual([7, 7]);
    for (const row of rows) {
      const before = payloadOf(row);
      const key = { subject: `${row['sub']}`, actor: `${row['act']}`, clientId: `${row['cid']}` };
      const found = await grants.find(`${before['gid']}`, key);
      expect(found.remembered).toMatchObject({
        issuer: 'https://op.example',
        subject: before['sub'],
        clientId: before['cid'],
        createdAt: before['iat'],
        updatedAt: before['uat'],
        agreed: { scope: before['scs'], claims: before['cls'], audience: [] },
        declined: { scope: [], claims: [], audience: [] },
        orderedClaims: [],
        orderedAudience: [],
      });
      expect(found.remembered?.actor).toBe(before['act']);
      expect(found.remembered?.order).toMatchObject({
        accessTokenEncoding: before['ate'],
        accessTokenLifetime: before['atl'],
        issueRefreshToken: true,
        refreshTokenLifetime: before['rto'] ?? before['rtl'],
        refreshTokenMaxIdle: before['rtm'],
        rotateRefreshToken: before['rtr'],
      });
      expect(found.grant).toMatchObject({
        seed: before['rts'],
        authorization: {
          grantId: before['gid'],
          scope: before['scp'],
          claims: before['clm'],
          longLived: true,
          sessionKey: before['sik'],
          issuedAt: before['iat'],
          revocationsSeen: 0,
        },
      });
      const [issued, left] = [Number(before['rti']), Number(before['rtl'])];
      expect(found.grant?.refreshExpiresAt).toBe(left > 0 ? issued + left : undefined);
      expect(found.state).toEqual({ rotations: 0, issuedAt: issued, usedAt: before['rlu'] ?? issued });
    }
    const subjects = rows.map((row) => row['sub']);
    expect(subjects).toContain('frank');
    expect(rows.find((row) => row['sub'] === 'grace')?.['act']).toBe('admin');
  });

  test('the data, the end and the actor of the story are there', async () => {
    const { web } = old.secrets.clients;
    const { authorizations } = await migrated();
    const of = async (subject: string, actor = '') =>
      (await authorizations.find({ subject, actor, clientId: web.client_id })).remembered;
    expect((await of('alice'))?.order.data).toEqual({ tier: 'gold' });
    expect((await of('frank'))?.order.refreshTokenLifetime).toBe(3_000_000_000);
    expect((await of('heidi'))?.order.refreshTokenMaxIdle).toBe(2_000_000_000);
    expect((await of('grace', 'admin'))?.actor).toBe('admin');
    expect(await of('grace')).toBeUndefined();
    for (const subject of ['revoked-access-long', 'revoked-family', 'carol']) expect(await of(subject)).toBeUndefined();
  });

  test('entries of the journal speak on, against grants and as marks', async () => {
    const rows = await old.query('select * from revocation_journal');
    const { revocations } = await migrated();
    expect(rows).toHaveLength(11);
    for (const row of rows) {
      const scope = {
        subject: `${row['sub'] || 'anybody'}`,
        actor: '',
        clientId: `${row['cid'] || 'any client'}`,
      };
      const standing = await revocations.standing(scope, [`${row['gid']}`]);
      expect(standing).toEqual(
        row['gid'] === ''
          ? { ended: false, notBefore: { at: row['revoked_at'], count: 1 } }
          : { ended: true, notBefore: undefined },
      );
    }
    expect(await revocations.count()).toBe(rows.filter((row) => row['gid'] === '').length);
    old.clock.advance(1_000_000_000);
    await storage?.purge();
    const ended = rows.find((row) => row['gid'] !== '');
    const nobody = { subject: 'x', actor: '', clientId: 'x' };
    expect((await revocations.standing(nobody, [`${ended?.['gid']}`])).ended).toBe(true);
  });

  test('access tokens are found, and what was revoked stays so', async () => {
    const rows = await old.query('select * from id_access_tokens');
    const gone = new Set((await old.query('select gid from revocation_journal')).map((row) => row['gid']));
    const { accessTokens } = await migrated();
    expect(await accessTokens.count()).toBe(rows.length);
    for (const row of rows) {
      const before = payloadOf(row);
      const found = await accessTokens.find(`${row['key']}`);
      expect(found?.token).toMatchObject({
        issuer: 'https://op.example',
        subject: before['sub'],
        clientId: before['cid'],
        scope: before['scp'],
        claims: before['clm'] ?? [],
        audience: before['aud'] ?? [],
        id: before['jti'],
        grantId: before['gid'] ?? before['jti'],
        expiresAt: before['exp'],
      });
      expect(found?.standing.ended).toBe(gone.has(before['gid'] ?? 'none'));
    }
  });

  test('clients, keys, sessions without end and expended identifiers are as they were', async () => {
    const [clients, sessions, expended, keys] = [
      await old.query('select * from clients'),
      await old.query('select * from subject_sessions'),
      await old.query('select * from expended_tokens'),
      await old.query('select * from jwks'),
    ];
    const stores = await migrated();
    expect([clients.length, expended.length]).toEqual([2, 2]);
    for (const row of clients) {
      expect(await stores.clients.get(`${row['client_id']}`)).toEqual(payloadOf(row));
    }
    const { web } = old.secrets.clients;
    const hash = createHash('sha256').update(web.registration_access_token).digest('base64url');
    expect((await stores.clients.get(web.client_id))?.registration_token_hash).toBe(hash);
    expect(await stores.subjectSessions.count()).toBe(sessions.length);
    for (const row of sessions) expect(await stores.subjectSessions.get(`${row['key']}`)).toEqual(payloadOf(row));
    for (const row of expended) {
      expect(await stores.expended.find(`${row['kind']}`, `${row['id']}`)).toBe(row['used_at']);
    }
    expect((await stores.keys.load())?.document).toEqual(payloadOf(keys[0] ?? {}));
  });

  test('broken records are left out, and logged without what they hold', async () => {
    await old.query(`update long_lived_authorizations set payload = '{"secret' where sub = 'bob'`);
    await old.query(`update long_lived_authorizations set payload = '{"gid":"g"}' where sub = 'frank'`);
    await old.query(`update id_access_tokens set payload = '12' where sub = 'carol'`);
    const errors: unknown[] = [];
    const log: Log = { ...silentLog, error: (id, _text, fields) => void errors.push([id, fields?.['table']]) };
    const { authorizations, accessTokens } = await migrated(log);
    expect(await authorizations.count()).toBe(5);
    expect(await accessTokens.count()).toBeGreaterThan(10);
    expect(errors).toEqual([
      ...Array.from({ length: 2 }, () => ['IS0141', 'long_lived_authorizations']),
      ...Array.from({ length: 2 }, () => ['IS0141', 'id_access_tokens']),
    ]);
  });

  test('is migrated once by servers that start at once, and opens again', async () => {
    const [first, second] = await Promise.all([old.open(), old.open()]);
    expect(await first.tenant('default').grants.count()).toBe(7);
    await first.close();
    await second.close();
    expect(await (await migrated()).grants.count()).toBe(7);
  });
});

function payloadOf(row: Row): JsonObject {
  const value: unknown = JSON.parse(`${row['payload']}`);
  if (!isJsonObject(value)) throw new Error('The payload of the fixture is no object');
  return value;
}
