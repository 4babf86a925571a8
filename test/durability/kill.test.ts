import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createCaller } from '../../src/testing/caller/caller.ts';
import { versatile } from '../../src/testing/caller/client.ts';
import { startPostgres } from '../support/postgres.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../support/seeded-random.ts';
import { launchServe, startServe } from '../support/server-process.ts';
import { createLedger, describeLedger } from './ledger.ts';
import { createLoad } from './load.ts';
import { beginning, markOf, probeUnknown, replayCodes, verifyLedger } from './verification.ts';

const KILLS = 20;
/** Milliseconds of load before a kill. */
const SHORTEST = 50;
const LONGEST = 700;
/** Empty stores, of which each meets three kills, this many milliseconds after the start of the process. */
const FIRST_STARTS = 4;
const FIRST_LOOK = 250;
const FIRST_LONGEST = 750;

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-kill-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (postgres.available) await postgres.stop();
});

const seed = seedOfRun();

test('20 kills under load on SQLite lose nothing that was acknowledged', { timeout: 180_000 }, () =>
  survive('SQLite', { 'storage.profile': 'sqlite', 'storage.sqlite.file': join(directory, 'kill.db') }),
);

test.skipIf(!postgres.available)(
  `20 kills under load on PostgreSQL lose nothing that was acknowledged${postgres.available ? '' : ` (${postgres.reason})`}`,
  { timeout: 180_000 },
  async () => {
    if (!postgres.available) return;
    const { connectionString } = await postgres.createDatabase();
    await survive('PostgreSQL', { 'storage.profile': 'postgres', 'dataSource.url': connectionString });
  },
);

test('kills within the first start on SQLite leave nothing that hinders the next', { timeout: 120_000 }, () =>
  surviveFirstStarts('SQLite', async () => ({
    'storage.profile': 'sqlite',
    'storage.sqlite.file': join(mkdtempSync(join(directory, 'first-')), 'first.db'),
  })),
);

test.skipIf(!postgres.available)(
  `kills within the first start on PostgreSQL leave nothing that hinders the next${postgres.available ? '' : ` (${postgres.reason})`}`,
  { timeout: 120_000 },
  () =>
    surviveFirstStarts('PostgreSQL', async () => {
      if (!postgres.available) throw new Error(postgres.reason);
      const { connectionString } = await postgres.createDatabase();
      return { 'storage.profile': 'postgres', 'dataSource.url': connectionString };
    }),
);

/** Starts on an empty store, kills the process before it is up, and starts again: migrations and keys are all or nothing. */
async function surviveFirstStarts(store: string, properties: () => Promise<Record<string, string>>): Promise<void> {
  const moments = seededRandom(seed + 2);
  for (let round = 1; round <= FIRST_STARTS; round++) {
    // One issuer, whatever the port: a storage belongs to one.
    const place = { properties: { ...(await properties()), 'op.issuer': 'http://localhost:8080' } };
    for (let kill = 0; kill < 3; kill++) {
      const { server } = await launchServe(place);
      await setTimeout(FIRST_LOOK + moments.below(FIRST_LONGEST - FIRST_LOOK));
      await server.kill();
    }
    const server = await startServe(place);
    try {
      const caller = createCaller(server.base);
      const client = await caller.register(versatile);
      const tokens = await client.tokens({}, { consent: { access_token: { encoding: 'SELF_CONTAINED' } } });
      expect(await client.isActive(tokens.access), `${store}, seed ${seed}`).toBe(true);
    } finally {
      await server.stop();
    }
  }
  console.log(`${store}: ${FIRST_STARTS * 3} kills within first starts survived, seed ${seed}`);
}

async function survive(store: string, properties: Readonly<Record<string, string>>): Promise<void> {
  console.log(`${store}: seed ${seed} (SEED=${seed} chooses the same moments)`);
  // Two generators: what the load draws must not move the kills.
  const moments: SeededRandom = seededRandom(seed);
  const random: SeededRandom = seededRandom(seed + 1);
  const ledger = createLedger();
  const started = performance.now();
  let server = await startServe({ properties });
  const { issuer } = server;
  const port = Number(new URL(issuer).port);
  const caller = createCaller(server.base);
  let mark = beginning;
  let checks = 0;
  try {
    for (let round = 1; round <= KILLS; round++) {
      const before = ledger.acknowledged;
      const moment = SHORTEST + moments.below(LONGEST - SHORTEST);
      const load = createLoad(caller, ledger, random, round).run();
      // The moment of a kill is a matter of real time: the point is that nothing in the server knows it.
      await Promise.race([setTimeout(moment), load]);
      await server.kill();
      await load;
      const acknowledged = ledger.acknowledged - before;
      server = await startServe({ properties, port, issuer });
      const next = markOf(ledger);
      const verified = await verifyLedger(caller, ledger, mark);
      mark = next;
      const replayed = await replayCodes(ledger, random, 5);
      checks += verified.checks + replayed.checks;
      console.log(
        `${store}: kill ${round} of ${KILLS} after ${moment} ms and ${acknowledged} acknowledged answers, ${verified.checks} checks`,
      );
      expect([...verified.losses, ...replayed.losses], `after kill ${round}, seed ${seed}`).toEqual([]);
    }
    // Once more all of it, also what became old meanwhile.
    const all = await verifyLedger(caller, ledger, beginning);
    checks += all.checks;
    expect(all.losses, `at the end, seed ${seed}`).toEqual([]);
    expect(await probeUnknown(ledger)).toEqual([]);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${store}: ${ledger.acknowledged} answers acknowledged, ${checks} checks in ${seconds} s; ${describeLedger(ledger)}`,
    );
    expect(ledger.acknowledged).toBeGreaterThan(KILLS * 10);
  } finally {
    await server.stop();
  }
}
