import { type Answer, WrongAnswer } from '../../src/testing/caller/answer.ts';
import type { Caller } from '../../src/testing/caller/caller.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { KnownCode, KnownFamily, Ledger, State } from './ledger.ts';
import { redeemCode, refreshFamily } from './load.ts';

const PARALLEL = 8;

/** Lengths of the lists of a ledger at some moment: what was there before was looked at before. */
export type Mark = Readonly<
  Record<'clients' | 'deletedClients' | 'tokens' | 'families' | 'codes' | 'sessions', number>
>;

/** The beginning of every ledger. */
export const beginning: Mark = { clients: 0, deletedClients: 0, tokens: 0, families: 0, codes: 0, sessions: 0 };

/** Where a ledger ends now. */
export function markOf(ledger: Ledger): Mark {
  return {
    clients: ledger.clients.length,
    deletedClients: ledger.deletedClients.length,
    tokens: ledger.tokens.length,
    families: ledger.families.length,
    codes: ledger.codes.length,
    sessions: ledger.sessions.length,
  };
}

/** Asks the server for everything in the ledger since the mark. Answers what is not as it was acknowledged, and the number of checks. */
export async function verifyLedger(
  caller: Caller,
  ledger: Ledger,
  since: Mark,
): Promise<{ readonly losses: readonly string[]; readonly checks: number }> {
  const losses: string[] = [];
  let checks = 0;
  const expecting = async (what: string, status: number, ask: () => Promise<Answer>) => {
    checks++;
    const answer = await ask();
    if (answer.status !== status)
      losses.push(`${what}: expected ${status}, got ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const acting = async (what: string, act: () => Promise<void>) => {
    checks++;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      losses.push(`${what}: ${error.message}`);
    }
  };

  await each(ledger.clients.slice(since.clients), async (client) => {
    const headers = { Authorization: `Bearer ${client.registrationToken}` };
    await expecting('client, by its secret', 200, () => client.token({ grant_type: 'client_credentials' }));
    await expecting('client, by its registration token', 200, () =>
      caller.call('GET', `/clients/${client.id}`, undefined, headers),
    );
  });
  await each(ledger.deletedClients.slice(since.deletedClients), (client) =>
    expecting('deleted client', 401, () => client.token({ grant_type: 'client_credentials' })),
  );
  await each(ledger.sessions.slice(since.sessions), ({ sid }) =>
    expecting('subject session', 200, () =>
      caller.call('GET', '/session-store/rest/v2/sessions', undefined, { SID: sid }),
    ),
  );
  // Snapshots: what the checks themselves make is not checked again.
  const tokens = ledger.tokens.slice(since.tokens);
  const families = ledger.families.slice(since.families);
  await each(tokens, async ({ client, value, state }) => {
    if (state !== 'live' && state !== 'ended') return;
    checks++;
    if ((await client.isActive(value)) !== (state === 'live')) losses.push(`access token: ${state} before`);
  });
  await each(families, (family) => verifyFamily(family));
  await each(ledger.codes.slice(since.codes), async (code) => {
    if (code.state === 'live') await acting('code', () => redeemCode(ledger, code));
  });
  return { losses, checks };

  async function verifyFamily(family: KnownFamily): Promise<void> {
    if (family.state === 'live') await acting('refresh token', () => refreshFamily(ledger, family));
    else if (family.state === 'ended')
      await expecting('ended refresh token', 400, () => family.client.refresh(family.latest));
  }
}

/** Redeems some redeemed codes again: each is refused, and what it gave ends. Answers how many, and what went wrong. */
export async function replayCodes(
  ledger: Ledger,
  random: SeededRandom,
  limit: number,
): Promise<{ readonly losses: readonly string[]; readonly checks: number }> {
  const redeemed = ledger.codes.filter(({ state }) => state === 'ended');
  const chosen = new Set<KnownCode>();
  for (let tries = 0; tries < limit && redeemed.length > 0; tries++) {
    const code = random.pick(redeemed);
    if (code) chosen.add(code);
  }
  const losses: string[] = [];
  await each([...chosen], async (code) => {
    const answer = await code.client.redeem(code.value);
    if (answer.status !== 400) losses.push(`redeemed code: expected 400, got ${answer.status}`);
    const family = ledger.families.find((candidate) => candidate.code === code.value);
    if (!family) return;
    // The answer of a rotation may have been lost; now it is certain that the family is over.
    family.state = 'ended';
    for (const token of family.accessTokens) token.state = 'ended' satisfies State;
  });
  return { losses, checks: chosen.size };
}

/** Uses what the kills left unknown: either outcome is right, but it must be one of the documented two. */
export async function probeUnknown(ledger: Ledger): Promise<readonly string[]> {
  const losses: string[] = [];
  const asked = (what: string, { status }: Answer) => {
    if (status !== 200 && status !== 400) losses.push(`${what} of unknown fate: ${status}`);
  };
  await each(ledger.families, async ({ state, client, latest }) => {
    if (state === 'unknown') asked('refresh token', await client.refresh(latest));
  });
  await each(ledger.codes, async ({ state, client, value }) => {
    if (state === 'unknown') asked('code', await client.redeem(value));
  });
  return losses;
}

async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
