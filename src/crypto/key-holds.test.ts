import { describe, expect, test } from 'vitest';
import { noEvents } from '../ports/events.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { openMemoryStorage } from '../storage/memory/open-memory.ts';
import { defaultsOf } from '../testing/defaults.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { generateKeySet } from './generate-keys.ts';
import { createKeyManagement } from './key-management.ts';
import { keyProperties } from './properties.ts';
import { createRandom } from './random.ts';
import { openServerKeys, type ServerKeys } from './server-keys.ts';

const day = 86_400;
const year = 365 * day;
const settings = {
  ...defaultsOf(keyProperties),
  encJwk: { kty: 'oct', k: Buffer.alloc(16, 3).toString('base64url') },
};

/** Processes on one store that counts what is done with it, and can be away. */
function surroundings() {
  const clock = createFakeClock();
  const inner = openMemoryStorage({ clock }).tenant('default').keys;
  const seen = { reads: 0, writes: 0, away: false };
  const store: KeyStore = {
    async load() {
      seen.reads++;
      if (seen.away) throw new Error('the database is down');
      return inner.load();
    },
    async save(version, document) {
      const saved = await inner.save(version, document);
      if (saved) seen.writes++;
      return saved;
    },
  };
  const common = { settings, store, tid: 'default', longestTokenLifetime: 600, clock, random: createRandom() };
  return {
    clock,
    seen,
    store,
    common,
    open: () => openServerKeys({ ...common, events: noEvents }),
    management: createKeyManagement(common),
  };
}

type Surroundings = ReturnType<typeof surroundings>;

async function keyOf({ management }: Surroundings, kid: string | undefined) {
  const { keys } = await management.report();
  return keys.find(({ key }) => key.jwk.kid === kid)?.key;
}

/** Time with requests in it: the processes read the keys, and take out what is gone. */
async function pass({ clock }: Surroundings, seconds: number, ...processes: readonly ServerKeys[]) {
  clock.advance(seconds);
  for (let second = 0; second < 3; second++) {
    for (const each of processes) each.current();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    clock.advance(60);
  }
}

const signer = (keys: ServerKeys) => keys.current().signingKey('RS256')?.kid ?? '';
const knows = (keys: ServerKeys, kid: string) => keys.current().verificationKey(kid, 'RS256') !== undefined;

describe('a key that is held for a token', () => {
  test('stays on every process until the token has ended, and goes then', async () => {
    const around = surroundings();
    const [one, two] = [await around.open(), await around.open()];
    const { kid } = await one.hold('RS256', year);
    expect(kid).toBe(signer(one));
    const end = around.clock.now() + year;
    const { heldUntil = 0 } = (await keyOf(around, kid)) ?? {};
    expect(heldUntil % (30 * day)).toBe(0);
    expect(heldUntil - end).toBeGreaterThanOrEqual(123);
    expect(heldUntil - end).toBeLessThanOrEqual(30 * day + 123);

    await around.management.rotate([]);
    await pass(around, 40 * day, one, two);
    expect([knows(one, kid), knows(two, kid)]).toEqual([true, true]);
    expect(signer(two)).not.toBe(kid);
    // The others went with the retention, but for hmac and refresh-token-encrypt, which stay until they are revoked.
    expect((await around.management.report()).keys.filter(({ state }) => state === 'superseded')).toHaveLength(3);
    await pass(around, end - 1 - 180 - around.clock.now(), one, two);
    expect(around.clock.now()).toBe(end - 1);
    expect([knows(one, kid), knows(two, kid)]).toEqual([true, true]);
    await pass(around, 30 * day + 124, one, two);
    expect([knows(one, kid), knows(two, kid)]).toEqual([false, false]);
    expect(await keyOf(around, kid)).toBeUndefined();
  });

  test('by a process that does not know of the rotation yet stays for longer all the same', async () => {
    const around = surroundings();
    const [one, two] = [await around.open(), await around.open()];
    const old = signer(one);
    await around.management.rotate([]);
    const { removedFrom: planned = 0 } = (await keyOf(around, old)) ?? {};
    // Within the lead: the old key signs.
    expect((await two.hold('RS256', year)).kid).toBe(old);
    const { heldUntil, removedFrom = 0 } = (await keyOf(around, old)) ?? {};
    expect(removedFrom).toBe(heldUntil);
    expect(removedFrom).toBeGreaterThan(planned);
    await pass(around, 100 * day, one, two);
    expect([knows(one, old), knows(two, old)]).toEqual([true, true]);
  });

  test('is the one that the store has in use, whatever a process that is far behind thinks', async () => {
    const around = surroundings();
    const keys = await around.open();
    const old = signer(keys);
    await around.management.rotate([]);
    around.clock.advance(4000);
    around.seen.away = true;
    expect(signer(keys)).toBe(old);
    around.seen.away = false;
    const { kid } = await keys.hold('RS256', year);
    expect(kid).not.toBe(old);
    expect((await keyOf(around, kid))?.heldUntil).toBeGreaterThan(around.clock.now() + year);
    expect((await keyOf(around, old))?.heldUntil).toBeUndefined();
  });

  test('is not one that was revoked a moment ago elsewhere', async () => {
    const around = surroundings();
    const keys = await around.open();
    const old = signer(keys);
    await around.management.revoke(old, { dry: false });
    expect(signer(keys)).toBe(old);
    const { kid } = await keys.hold('RS256', year);
    expect(kid).not.toBe(old);
    expect(signer(keys)).toBe(kid);
  });

  test('is answered when that is stored, and not at all when the store is away', async () => {
    const around = surroundings();
    const keys = await around.open();
    around.seen.away = true;
    const waiting = Array.from({ length: 100 }, () => keys.hold('RS256', year));
    const outcomes = await Promise.allSettled(waiting);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    // They fail together: a database that is slow to fail would have each wait for those before.
    expect(around.seen.reads).toBeLessThanOrEqual(4);
    around.seen.away = false;
    const { kid } = await keys.hold('RS256', year);
    expect((await keyOf(around, kid))?.heldUntil).toBeGreaterThan(around.clock.now() + year);
  });

  test('is not written into a set that has gone back to an earlier version', async () => {
    const around = surroundings();
    await around.open();
    const first = await around.store.load();
    await around.management.rotate(['hmac']);
    const returning: KeyStore = { ...around.store };
    const keys = await openServerKeys({ ...around.common, store: returning, events: noEvents });
    returning.load = async () => first;
    await expect(keys.hold('RS256', year)).rejects.toThrow(/older than the one in memory/);
  });
});

describe('the store', () => {
  test('is written to once for 1 000 tokens at once on two processes, and once a month after that', async () => {
    const around = surroundings();
    const processes = [await around.open(), await around.open()];
    around.seen.writes = 0;
    const storm = Array.from({ length: 1000 }, (_, index) => processes[index % 2]?.hold('RS256', year));
    expect(new Set((await Promise.all(storm)).map((key) => key?.kid)).size).toBe(1);
    expect(around.seen.writes).toBe(1);
    around.seen.writes = 0;
    for (let hour = 0; hour < 90 * 24; hour += 2) {
      around.clock.advance(7200);
      for (const each of processes) await each.hold('RS256', year);
    }
    expect(around.seen.writes).toBe(3);
  });

  test('is written to a few times for tokens of all lifetimes and algorithms at once', async () => {
    const around = surroundings();
    const keys = await around.open();
    around.seen.writes = 0;
    const algs = ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
    const order = (index: number) => keys.hold(algs[index % 5] ?? 'RS256', year + index * 30 * day);
    await Promise.all(Array.from({ length: 1000 }, (_, index) => order(index)));
    expect(around.seen.writes).toBeLessThanOrEqual(2);
    // All of them are held for as long as the longest needs, and a shorter one writes nothing.
    await order(500);
    expect(around.seen.writes).toBeLessThanOrEqual(2);
  });

  test('is not asked about what is held already', async () => {
    const around = surroundings();
    const keys = await around.open();
    await keys.hold('RS256', year);
    around.seen.away = true;
    expect((await keys.hold('RS256', year - day)).kid).toBe(signer(keys));
  });
});

test('keys of a static set are held by the operator', async () => {
  const around = surroundings();

  const staticJwkSet = await generateKeySet({ rsa: 2048 });
  const keys = await openServerKeys({
    ...around.common,
    settings: { ...settings, staticJwkSet: JSON.parse(JSON.stringify(staticJwkSet)) },
    events: noEvents,
  });
  expect(keys.unheldLifetime).toBe(Number.POSITIVE_INFINITY);
  expect((await keys.hold('RS256', year)).kid).toBe(signer(keys));
  expect(around.seen).toMatchObject({ reads: 0, writes: 0 });
});
