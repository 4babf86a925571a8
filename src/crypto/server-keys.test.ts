import { beforeAll, describe, expect, test } from 'vitest';
import type { Jwk } from '../domain/jwk.ts';
import { createEvents } from '../observability/events.ts';
import { type Log, silentLog } from '../ports/log.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { openMemoryStorage } from '../storage/memory/open-memory.ts';
import { defaultsOf } from '../testing/defaults.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { firstReleaseDocument } from '../testing/first-release-keys.ts';
import { generateKeySet } from './generate-keys.ts';
import { createKeyDocuments } from './key-document.ts';
import { createKeyManagement } from './key-management.ts';
import { staticKeySet } from './key-settings.ts';
import { type KeySettings, keyProperties } from './properties.ts';
import { createRandom } from './random.ts';
import { type KeyContext, opContext, openServerKeys, type ServerKeys } from './server-keys.ts';

let keys: readonly Jwk[];
beforeAll(async () => {
  ({ keys } = await generateKeySet({ rsa: 2048 }));
});

const secret = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64url');

describe('a static key set', () => {
  test('with all that is generated is complete', () => {
    expect(staticKeySet({ keys }).algs).toContain('RS256');
  });

  test.each<[string, (jwk: Jwk) => boolean]>([
    ['the symmetric key hmac', (jwk) => jwk.kid === 'hmac'],
    ['the symmetric key refresh-token-encrypt', (jwk) => jwk.kid === 'refresh-token-encrypt'],
    ['an RSA key for signatures', (jwk) => jwk.kty === 'RSA' && jwk.use === 'sig'],
  ])('is refused without %s', (what, isMissing) => {
    expect(() => staticKeySet({ keys: keys.filter((jwk) => !isMissing(jwk)) })).toThrow(`lacks ${what}`);
  });

  test.each([
    ['hmac', 31],
    ['refresh-token-encrypt', 31],
    ['refresh-token-encrypt', 64],
  ])('is refused with the key %s of %d bytes', (kid, bytes) => {
    const changed = keys.map((jwk) => (jwk.kid === kid ? { ...jwk, k: secret(bytes) } : jwk));
    expect(() => staticKeySet({ keys: changed })).toThrow(new RegExp(`${kid} must have (at least )?256 bits`));
  });

  test('takes the first of several keys of a kind, and a reserved name with an ID behind it', () => {
    const hmac: Jwk = { kty: 'oct', use: 'sig', kid: 'hmac.1234', k: secret(32) };
    const { current, all } = staticKeySet({ keys: [hmac, ...keys] }).secrets('hmac');
    expect([current.kid, ...all.map(({ id }) => id)]).toEqual(['hmac.1234', '1234', '']);
    const wrong = { ...hmac, kid: 'hmac.12345' };
    expect(() => staticKeySet({ keys: [wrong, ...keys] })).toThrow(/hmac\.12345 must be named hmac, or hmac\. and 4/);
  });

  test('is refused when a private part does not belong to its public part', () => {
    const [one, two] = keys.filter(({ kty }) => kty === 'RSA');
    const mixed = keys.map((jwk) => (jwk === one ? { ...jwk, n: two?.n ?? '' } : jwk));
    expect(() => staticKeySet({ keys: mixed })).toThrow(`the key ${one?.kid}`);
  });
});

const encryptionKey = Buffer.alloc(16, 3);

/** A store in memory that can be away, with the number of reads, and the events that its users have logged. */
function surroundings() {
  const clock = createFakeClock();
  const inner = openMemoryStorage({ clock }).tenant('default').keys;
  const events: string[] = [];
  const seen = { reads: 0, away: false, events };
  const note = (id: string) => void seen.events.push(id);
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const store: KeyStore = {
    async load() {
      seen.reads++;
      if (seen.away) throw new Error('the database is down');
      return inner.load();
    },
    save: (version, document) => inner.save(version, document),
  };
  return { clock, seen, log, store };
}

const settingsWith = (members: Partial<KeySettings>): KeySettings => ({
  ...defaultsOf(keyProperties),
  encJwk: { kty: 'oct', k: encryptionKey.toString('base64url') },
  ...members,
});

function open(
  { clock, log, store }: ReturnType<typeof surroundings>,
  members: Partial<KeySettings> = {},
  contexts?: readonly KeyContext[],
): Promise<ServerKeys> {
  const settings = settingsWith(members);
  const common = {
    settings,
    store,
    tid: 'default',
    longestTokenLifetime: 600,
    clock,
    random: createRandom(),
    events: createEvents({ log }),
  };
  return openServerKeys(contexts ? { ...common, contexts } : common);
}

function manage({ clock, store }: ReturnType<typeof surroundings>, members: Partial<KeySettings> = {}) {
  const settings = settingsWith(members);
  return createKeyManagement({
    settings,
    store,
    tid: 'default',
    longestTokenLifetime: 600,
    clock,
    random: createRandom(),
  });
}

/** Some requests in a row, each of which asks after the outcome of the one before. */
async function requests(serverKeys: ServerKeys, count = 50) {
  for (let made = 0; made < count; made++) {
    expect(serverKeys.current()).toBeDefined();
    await new Promise(setImmediate);
  }
}

/** Lets seconds pass with requests in each. */
async function pass(clock: FakeClock, seconds: number, ...processes: readonly ServerKeys[]) {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1);
    for (const serverKeys of processes) await requests(serverKeys, 5);
  }
}

const signer = (serverKeys: ServerKeys) => serverKeys.current().signingKey('RS256')?.kid;
const publishedKids = (serverKeys: ServerKeys) => serverKeys.current().publicJwks.keys.map(({ kid }) => kid);

describe('a store', () => {
  test.each([
    { cacheLifetime: 60, seconds: 180, attempts: 3 },
    { cacheLifetime: 0, seconds: 5, attempts: 5 },
    { cacheLifetime: -1, seconds: 5, attempts: 5 },
  ])('that is away is asked, and each failure logged, once per lifetime of $cacheLifetime s', async (given) => {
    const around = surroundings();
    const { clock, seen } = around;
    const serverKeys = await open(around, { cacheLifetime: given.cacheLifetime });
    const keySet = serverKeys.current();
    seen.away = true;
    seen.events.length = 0;
    seen.reads = 0;
    await pass(clock, given.seconds, serverKeys);
    expect(seen).toMatchObject({ reads: given.attempts, events: Array(given.attempts).fill('SE9001') });
    seen.away = false;
    clock.advance(Math.max(given.cacheLifetime, 1));
    await requests(serverKeys);
    expect(seen).toMatchObject({ reads: 1 + given.attempts, events: Array(given.attempts).fill('SE9001') });
    expect(serverKeys.current()).toBe(keySet);
  });

  test('is read once a second at most by those who meet unknown keys, whatever comes of it', async () => {
    const around = surroundings();
    const { clock, seen } = around;
    const serverKeys = await open(around, { cacheLifetime: 600 });
    for (const away of [false, true]) {
      seen.away = away;
      seen.reads = 0;
      for (let second = 0; second < 5; second++) {
        clock.advance(1);
        for (let storm = 0; storm < 100; storm++) {
          serverKeys.current().secrets('hmac').missed();
          await serverKeys.reload();
        }
      }
      expect(seen.reads).toBe(5);
    }
  });

  test('whose keys are made by two processes at once has those of one', async () => {
    const around = surroundings();
    const [one, two] = await Promise.all([open(around), open(around)]);
    expect(publishedKids(one)).toEqual(publishedKids(two));
    expect(around.seen.events.filter((id) => id === 'SE9000')).toHaveLength(1);
  });
});

/** Making keys takes the time that it takes. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 });

describe('a rotation', () => {
  test('is published at once, in use after its lead, and gone after the retention, on every process', async () => {
    const around = surroundings();
    const { clock, seen } = around;
    const members = { cacheLifetime: 2, rotationPublishAhead: 0, rotationRetention: 0 };
    const [one, two] = await Promise.all([open(around, members), open(around, members)]);
    const [old, hmac] = [signer(one), one.current().secrets('hmac').current.kid];
    const { successors } = await manage(around, members).rotate([]);
    expect(successors).toHaveLength(8);
    const fresh = successors.find(({ jwk }) => jwk.kty === 'RSA' && jwk.use === 'sig')?.jwk.kid;

    await pass(clock, 3, one, two);
    for (const each of [one, two]) {
      expect(publishedKids(each)).toEqual(expect.arrayContaining([old, fresh]));
      expect([signer(each), each.current().secrets('hmac').current.kid]).toEqual([old, hmac]);
    }
    // 2 x 2 s of caches and 3 s.
    await pass(clock, 3, one, two);
    expect([signer(one), signer(two)]).toEqual([old, old]);
    clock.advance(1);
    expect([signer(one), signer(two)]).toEqual([fresh, fresh]);
    for (const each of [one, two]) {
      expect(each.current().verificationKey(old ?? '', 'RS256')).toBeDefined();
      expect(
        each
          .current()
          .secrets('hmac')
          .all.map(({ kid }) => kid),
      ).toContain('hmac');
      expect(each.current().secrets('hmac').current.kid).toMatch(/^hmac\.[\w-]{4}$/);
    }
    await pass(clock, 606, one, two);
    expect(one.current().verificationKey(old ?? '', 'RS256')).toBeDefined();
    await pass(clock, 3, one, two);
    for (const each of [one, two]) {
      expect(each.current().verificationKey(old ?? '', 'RS256')).toBeUndefined();
      expect(publishedKids(each)).not.toContain(old);
      expect(each.current().secrets('hmac').all).toHaveLength(2);
    }
    // One of them has taken the old keys out of the store.
    expect(seen.events.filter((id) => id === 'SE9005')).toHaveLength(1);
    expect(seen.events).not.toContain('SE9001');
    expect((await manage(around).report()).keys.map(({ key }) => key.jwk.kid)).not.toContain(old);
  });

  test('comes by itself at the age of keyStore.rotation.maxAge, once, whichever process notices', async () => {
    const around = surroundings();
    const { clock, seen } = around;
    const members = { cacheLifetime: 600, rotationMaxAge: 1 };
    const processes = await Promise.all([open(around, members), open(around, members)]);
    const kids = publishedKids(processes[0]);
    clock.advance(86_399);
    for (const each of processes) each.current();
    await soon(() => seen.reads).toBeGreaterThanOrEqual(4);
    expect(seen.events).not.toContain('SE9004');
    clock.advance(600);
    for (const each of processes) each.current();
    await soon(() => seen.events).toContain('SE9004');
    clock.advance(600);
    for (const each of processes) each.current();
    await soon(() => publishedKids(processes[0]).length).toBe(2 * kids.length);
    await soon(() => publishedKids(processes[1])).toEqual(publishedKids(processes[0]));
    expect(seen.events.filter((id) => id === 'SE9004')).toHaveLength(1);
  });

  test('comes by itself also while strangers have the keys read all the time', async () => {
    const around = surroundings();
    const { clock, seen } = around;
    const serverKeys = await open(around, { cacheLifetime: 10, rotationMaxAge: 1 });
    clock.advance(86_390);
    for (let second = 0; second < 20; second++) {
      clock.advance(1);
      await serverKeys.reload();
      await requests(serverKeys, 2);
    }
    await soon(() => seen.events).toContain('SE9004');
  });

  test('is known at once to who reads the keys anew', async () => {
    const around = surroundings();
    const { clock } = around;
    const serverKeys = await open(around, { cacheLifetime: 600 });
    const { successors } = await manage(around).rotate(['hmac']);
    clock.advance(1);
    await serverKeys.reload();
    expect(
      serverKeys
        .current()
        .secrets('hmac')
        .all.map(({ kid }) => kid),
    ).toContain(successors[0]?.jwk.kid);
  });
});

describe('a stored key set', () => {
  const attacks: [string, (around: ReturnType<typeof surroundings>) => Promise<void>][] = [
    [
      'that was changed',
      async ({ store }) => {
        const stored = await store.load();
        await store.save(stored?.version ?? 0, { ...stored?.document, mac: 'A'.repeat(43) });
      },
    ],
    [
      'in the form of the first release',
      async ({ store }) => {
        const stored = await store.load();
        await store.save(stored?.version ?? 0, firstReleaseDocument({ keys }, encryptionKey));
      },
    ],
    [
      'that was replaced by an earlier one of its own',
      async ({ store }) => {
        const stored = await store.load();
        if (stored) await store.save(stored.version, stored.document);
      },
    ],
  ];
  test.each(attacks)('%s does not get into a running server', async (_what, attack) => {
    const around = surroundings();
    const { clock, seen } = around;
    const serverKeys = await open(around);
    const kids = publishedKids(serverKeys);
    await attack(around);
    clock.advance(60);
    await requests(serverKeys);
    expect(seen.events).toContain('SE9002');
    expect(publishedKids(serverKeys)).toEqual(kids);
  });

  test('that has gone back to an earlier version does not get into a running server', async () => {
    const around = surroundings();
    const { clock, seen, log, store } = around;
    await open(around);
    const first = await store.load();
    await manage(around).rotate(['hmac']);
    const returning: KeyStore = { ...store };
    const serverKeys = await open({ clock, seen, log, store: returning });
    expect(serverKeys.current().secrets('hmac').all).toHaveLength(2);
    for (const load of [first, undefined]) {
      returning.load = async () => load;
      seen.events.length = 0;
      clock.advance(60);
      await requests(serverKeys);
      expect(seen.events).toEqual(['SE9002']);
      expect(serverKeys.current().secrets('hmac').all).toHaveLength(2);
    }
  });

  test('with a key in clear stops the start', async () => {
    const around = surroundings();
    const document = firstReleaseDocument({ keys }, encryptionKey);
    const { d, kty, n = '', e = '' } = keys[0] ?? { kty: '' };
    const clear = { kty, n, e, d: d ?? '', use: 'sig', kid: 'attack' };
    const stored = Array.isArray(document['keys']) ? document['keys'] : [];
    await around.store.save(0, { keys: [clear, ...stored] });
    await expect(open(around)).rejects.toThrow(/key attack is not encrypted with keyStore\.encJWK/);
  });

  test('of the first release opens, and is authenticated from then on', async () => {
    const around = surroundings();
    await around.store.save(0, firstReleaseDocument({ keys }, encryptionKey));
    const [one, two] = await Promise.all([open(around), open(around)]);
    const published = keys.filter(({ kty }) => kty !== 'oct').map(({ kid }) => kid);
    for (const each of [one, two]) {
      expect(publishedKids(each)).toEqual(published);
      expect(each.current().secrets('hmac').current.bytes).toEqual(
        Buffer.from(keys.find(({ kid }) => kid === 'hmac')?.k ?? '', 'base64url'),
      );
    }
    expect(around.seen.events.filter((id) => id === 'SE9003')).toHaveLength(1);
    const stored = await around.store.load();
    const documents = createKeyDocuments(encryptionKey, 'default', createRandom());
    expect(documents.read(stored?.document ?? {}, stored?.version ?? 0).authenticated).toBe(true);
    // Their age counts from now on.
    const { now, keys: reported } = await manage(around).report();
    expect(reported.every(({ key }) => key.created === now && key.usedFrom === 0)).toBe(true);
  });
});

describe('contexts', () => {
  const federation: KeyContext = {
    name: 'federation',
    generate: async () => ({ keys: keys.filter(({ kty, use }) => kty === 'RSA' && use === 'sig') }),
  };

  test('have keys of their own, also where those of the provider are static', async () => {
    for (const members of [{}, { staticJwkSet: { keys } }]) {
      const around = surroundings();
      const serverKeys = await open(around, members, [opContext, federation]);
      expect(serverKeys.current('federation').publicJwks.keys).toHaveLength(1);
      expect(serverKeys.current('op').publicJwks.keys).toHaveLength(6);
      expect(serverKeys.current()).toBe(serverKeys.current('op'));
      expect(() => serverKeys.current('other')).toThrow('other');
    }
  });

  test('that come later are added to what is stored', async () => {
    const around = surroundings();
    const kids = publishedKids(await open(around));
    const serverKeys = await open(around, {}, [opContext, federation]);
    expect(publishedKids(serverKeys)).toEqual(kids);
    expect(serverKeys.current('federation').signingKey('RS256')).toBeDefined();
  });
});
