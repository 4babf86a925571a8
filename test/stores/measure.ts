import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/ports/clock.ts';
import type { Storage, TenantStores } from '../../src/ports/stores/stores.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import {
  accessToken,
  authorization,
  client,
  grant,
  pendingCode,
  remembered,
  subjectSession,
} from '../../src/testing/contract-subject.ts';
import { startPostgres } from '../support/postgres.ts';

/**
 * Measures the hot operations of the stores on each driver: `node test/stores/measure.ts [memory] [sqlite] [postgres]`.
 * Microseconds of wall time per operation, one at a time and 32 at a time; PostgreSQL is durable here (fsync on).
 */

const clock: Clock = { now: () => Math.floor(Date.now() / 1000) };
const drivers: Readonly<Record<string, () => Promise<{ storage: Storage; end(): Promise<void> }>>> = {
  async memory() {
    return { storage: openMemoryStorage({ clock }), end: async () => {} };
  },
  async sqlite() {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-measure-'));
    const storage = await openSqliteStorage({ file: join(directory, 'tessera.db'), clock });
    return { storage, end: async () => rmSync(directory, { recursive: true, force: true }) };
  },
  async postgres() {
    const server = await startPostgres({ fsync: true });
    if (!server.available) throw new Error(server.reason);
    const { connectionString } = await server.createDatabase();
    const storage = await openPostgresStorage({ connectionString, clock });
    return { storage, end: () => server.stop() };
  },
};

const count = { memory: 100_000, sqlite: 20_000, postgres: 5000 };
const token = accessToken(clock.now() + 3600, {
  grantId: 'abcdefghijklmnopqrstuv',
  scope: ['openid', 'email'],
  claims: ['email'],
});
const metadata = {
  redirect_uris: ['https://rp.example/cb'],
  grant_types: ['authorization_code'],
  scope: 'openid email',
};
const key = { subject: 'alice', actor: '', clientId: '123' };

/** Keys as long as the real ones, BASE64URL of SHA-256. */
function keyOf(kind: string, index: number): string {
  return `${kind}-${index}-`.padEnd(43, 'x');
}

/** The operations in the order in which they are run; each is called with 0, 1, 2 ... */
function operations(stores: TenantStores, kind: string): Readonly<Record<string, (index: number) => Promise<unknown>>> {
  const now = clock.now();
  return {
    'accessTokens.issue': (index) =>
      stores.accessTokens.issue(keyOf(kind, index), { ...token, id: keyOf(kind, index) }),
    'accessTokens.find': (index) => stores.accessTokens.find(keyOf(kind, index)),
    'codes.issue': (index) => stores.codes.issue(keyOf(kind, index), pendingCode('alice'), now + 3600, now + 7200),
    'codes.redeem': (index) => stores.codes.redeem(keyOf(kind, index)),
    'clients.get': () => stores.clients.get('c1'),
    'authorizations.find': () => stores.authorizations.find(key),
    'authorizations.change': (index) =>
      stores.authorizations.change({ ...key, subject: keyOf(kind, index) }, () => remembered(index)),
    'grants.add': (index) =>
      stores.grants.add(grant(authorization(keyOf(kind, index), { subject: `subject-${index % 1000}` })), 50),
    'grants.find': (index) => stores.grants.find(keyOf(kind, index), key),
    'grants.use': (index) =>
      stores.grants.use({
        grantId: keyOf(kind, index),
        key,
        rotations: 0,
        issuedAt: now,
        rotate: true,
        expiresAt: undefined,
        selfContained: false,
      }),
    'grants.use (own)': (index) =>
      stores.grants.use({
        grantId: `own-${keyOf(kind, index)}`,
        key,
        rotations: 0,
        issuedAt: now,
        rotate: true,
        expiresAt: now + 3600,
        selfContained: true,
      }),
    'grants.end': (index) => stores.grants.end(keyOf(kind, index), now + 3600),
    'revocations.revoke': (index) => stores.revocations.revoke({ subject: keyOf(kind, index) }, now, now + 3600),
    'expended.consume': (index) => stores.expended.consume('jti', keyOf(kind, index), now + 3600),
    'subjectSessions.create': (index) =>
      stores.subjectSessions.create(
        keyOf(kind, index),
        subjectSession(keyOf(kind, index), now),
        { limit: 5, onExhaustion: 'close-oldest' },
        nothingFollows,
      ),
    'subjectSessions.use': (index) => stores.subjectSessions.use(keyOf(kind, index)),
  };
}

async function measure(times: number, width: number, run: (index: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < times) await run(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return ((performance.now() - started) / times) * 1000;
}

const wanted = process.argv.slice(2);
for (const [name, open] of Object.entries(drivers)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { storage, end } = await open();
  const stores = storage.tenant('');
  await stores.clients.insert(client('c1', { metadata }));
  await stores.authorizations.change(key, () => remembered(1));
  const times = name === 'memory' || name === 'sqlite' ? count[name] : count.postgres;
  for (const [, run] of Object.entries(operations(stores, 'warm'))) await measure(2000, 32, run);
  const alone = operations(stores, 'alone');
  const crowd = operations(stores, 'crowd');
  console.log(
    `\n${storage.description}\n${'operation'.padEnd(24)}${'alone us'.padStart(12)}${'32 wide us'.padStart(12)}`,
  );
  for (const operation of Object.keys(alone)) {
    const [one, many] = [alone[operation], crowd[operation]];
    if (!one || !many) continue;
    const single = await measure(times, 1, one);
    const wide = await measure(times, 32, many);
    console.log(`${operation.padEnd(24)}${single.toFixed(1).padStart(12)}${wide.toFixed(1).padStart(12)}`);
  }
  await storage.close();
  await end();
}
