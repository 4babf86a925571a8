import { type Answer, NoAnswer, textIn, WrongAnswer } from '../../src/testing/caller/answer.ts';
import type { Caller } from '../../src/testing/caller/caller.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { text } from '../../src/testing/caller/values.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { KnownCode, KnownFamily, KnownToken, Ledger, State } from './ledger.ts';

const WORKERS = 8;

/** Uses the server from several sides at once, and writes down what it acknowledges. */
export interface Load {
  /** Resolves when every worker has met the end of the server; rejects when the server answered something wrong. */
  run(): Promise<void>;
}

type Action = () => Promise<void>;

/** A load on the server behind the caller. `round` makes the names of subjects unique. */
export function createLoad(caller: Caller, ledger: Ledger, random: SeededRandom, round: number): Load {
  let subjects = 0;
  const actions: readonly (readonly [weight: number, action: Action])[] = [
    [2, () => register(caller, ledger)],
    [6, () => clientCredentials(ledger, random)],
    [4, () => codeFlow(ledger, random, `s${round}-${subjects++}`)],
    [6, () => refreshSomething(ledger, random)],
    [2, () => revokeAccessToken(ledger, random)],
    [1, () => revokeRefreshToken(ledger, random)],
    [1, () => deleteClient(caller, ledger)],
  ];
  const bag = actions.flatMap(([weight, action]) => Array<Action>(weight).fill(action));
  const work = async () => {
    try {
      for (;;) await random.pick(bag)?.();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
  };
  return {
    async run() {
      if (ledger.clients.length === 0) await register(caller, ledger);
      await Promise.all(Array.from({ length: WORKERS }, work));
    },
  };
}

async function register(caller: Caller, ledger: Ledger): Promise<void> {
  ledger.clients.push(await caller.register(versatile));
  ledger.acknowledged++;
}

async function clientCredentials(ledger: Ledger, random: SeededRandom): Promise<void> {
  const client = random.pick(ledger.clients);
  if (client) ledger.tokens.push(await newToken(ledger, client));
}

async function newToken(ledger: Ledger, client: TestClient): Promise<KnownToken> {
  const answer = await client.token({ grant_type: 'client_credentials' });
  const value = textIn(answer, 'access_token');
  ledger.acknowledged++;
  return { client, value, state: 'live' };
}

async function codeFlow(ledger: Ledger, random: SeededRandom, sub: string): Promise<void> {
  const client = random.pick(ledger.clients);
  if (!client) return;
  const rotate = random.chance(0.6);
  const issued = await client.authorize(
    {},
    {
      sub,
      consent: {
        long_lived: random.chance(0.7),
        access_token: { encoding: 'IDENTIFIER' },
        refresh_token: { rotate },
      },
    },
  );
  const code: KnownCode = { client, rotate, value: issued.code, state: 'live' };
  ledger.codes.push(code);
  ledger.sessions.push({ sid: text(issued.subSid) });
  ledger.acknowledged++;
  // The others are redeemed after the restart.
  if (random.chance(0.8)) await redeemCode(ledger, code);
}

/** Redeems a code that was never redeemed, and remembers what it gave. */
export async function redeemCode(ledger: Ledger, code: KnownCode): Promise<void> {
  const answer = await asking(code, 'ended', () => code.client.redeem(code.value), 'redemption');
  const token = rememberToken(ledger, code.client, answer);
  ledger.families.push({
    client: code.client,
    rotate: code.rotate,
    code: code.value,
    latest: textIn(answer, 'refresh_token'),
    state: 'live',
    accessTokens: [token],
  });
  ledger.acknowledged++;
}

function rememberToken(ledger: Ledger, client: TestClient, answer: Answer): KnownToken {
  const token: KnownToken = { client, value: textIn(answer, 'access_token'), state: 'live' };
  ledger.tokens.push(token);
  return token;
}

async function refreshSomething(ledger: Ledger, random: SeededRandom): Promise<void> {
  const family = random.pick(ledger.families);
  if (family?.state === 'live') await refreshFamily(ledger, family);
}

/** Uses the latest refresh token of a family; a rotation whose answer is lost leaves the family unknown. */
export async function refreshFamily(ledger: Ledger, family: KnownFamily): Promise<void> {
  const use = () => family.client.refresh(family.latest);
  const answer = family.rotate ? await asking(family, 'live', use, 'refresh') : await use();
  const next = answer.body['refresh_token'];
  const rotated = typeof next === 'string' && next !== family.latest;
  if (answer.status !== 200 || rotated !== family.rotate) {
    throw new WrongAnswer(`refresh of a token with rotate=${family.rotate}`, answer);
  }
  if (rotated) family.latest = next;
  family.accessTokens.push(rememberToken(ledger, family.client, answer));
  ledger.acknowledged++;
}

async function revokeAccessToken(ledger: Ledger, random: SeededRandom): Promise<void> {
  const token = random.pick(ledger.tokens);
  if (token?.state !== 'live') return;
  await asking(token, 'ended', () => token.client.revoke(token.value), 'revocation');
  ledger.acknowledged++;
}

async function revokeRefreshToken(ledger: Ledger, random: SeededRandom): Promise<void> {
  const family = random.pick(ledger.families);
  // The use of a token that does not rotate may still be in flight elsewhere, and would fail for good reason.
  if (family?.state !== 'live' || !family.rotate) return;
  const revoke = () => family.client.revoke(family.latest);
  const before = family.accessTokens.filter(({ state }) => state === 'live');
  for (const token of before) token.state = 'unknown';
  await asking(family, 'ended', revoke, 'revocation');
  for (const token of before) token.state = 'ended';
  ledger.acknowledged++;
}

async function deleteClient(caller: Caller, ledger: Ledger): Promise<void> {
  const client = await caller.register(versatile);
  const { value } = await newToken(ledger, client);
  const answer = await caller.call('DELETE', `/clients/${client.id}`);
  if (answer.status !== 204) throw new WrongAnswer('deletion', answer);
  ledger.deletedClients.push(client);
  ledger.tokens.push({ client: observer(ledger), value, state: 'ended' });
  ledger.acknowledged++;
}

/** A client that is never deleted, to introspect the tokens of one that was. */
function observer(ledger: Ledger): TestClient {
  const [first] = ledger.clients;
  if (!first) throw new Error('the load begins with a client');
  return first;
}

/** Marks a thing while its fate is decided, so that nobody else touches it; afterwards its new state, or unknown. */
async function asking(
  thing: { state: State },
  after: State,
  ask: () => Promise<Answer>,
  what: string,
): Promise<Answer> {
  thing.state = 'asked';
  try {
    const answer = await ask();
    if (answer.status !== 200) throw new WrongAnswer(what, answer);
    thing.state = after;
    return answer;
  } catch (error) {
    thing.state = 'unknown';
    throw error;
  }
}
