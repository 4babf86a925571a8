import type { TestClient } from '../../src/testing/caller/client.ts';

/**
 * What is known of a thing: `live` and `ended` were acknowledged; `asked` is on its way; `unknown` when the server was killed
 * before it answered, so that both outcomes are right.
 */
export type State = 'live' | 'asked' | 'ended' | 'unknown';

/** An identifier access token. */
export interface KnownToken {
  readonly client: TestClient;
  readonly value: string;
  state: State;
}

/** The refresh tokens of one authorisation, of which the latest counts. */
export interface KnownFamily {
  readonly client: TestClient;
  readonly rotate: boolean;
  readonly code: string;
  latest: string;
  state: State;
  readonly accessTokens: KnownToken[];
}

/** An authorization code. */
export interface KnownCode {
  readonly client: TestClient;
  readonly value: string;
  readonly rotate: boolean;
  /** `live`: not redeemed yet. */
  state: State;
}

/** A subject session. */
export interface KnownSession {
  readonly sid: string;
}

/** Everything of which the server has said that it is so, in the order in which it was said. */
export interface Ledger {
  readonly clients: TestClient[];
  readonly deletedClients: TestClient[];
  readonly tokens: KnownToken[];
  readonly families: KnownFamily[];
  readonly codes: KnownCode[];
  readonly sessions: KnownSession[];
  /** Acknowledged answers. */
  acknowledged: number;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  return { clients: [], deletedClients: [], tokens: [], families: [], codes: [], sessions: [], acknowledged: 0 };
}

/** How many entries there are of each kind. */
export function describeLedger(ledger: Ledger): string {
  const states = (things: readonly { readonly state: State }[]) => {
    const live = things.filter(({ state }) => state === 'live').length;
    const unknown = things.filter(({ state }) => state === 'unknown').length;
    return `${things.length} (${live} live, ${unknown} unknown)`;
  };
  return [
    `${ledger.clients.length} clients`,
    `${ledger.deletedClients.length} deleted`,
    `access tokens ${states(ledger.tokens)}`,
    `refresh tokens ${states(ledger.families)}`,
    `codes ${states(ledger.codes)}`,
    `${ledger.sessions.length} sessions`,
  ].join(', ');
}
