import type { AccessToken } from '../../domain/access-token.ts';
import type { AuthorizationSession } from '../../domain/authorization-request.ts';
import type { PendingCode } from '../../domain/pending-code.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AccessTokenStore, AuthzSessionStore, CodeStore } from '../../ports/stores/stores.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';
import type { MemoryJournal } from './journal.ts';

/** What a purge needs of a store: to walk it in pages. */
export type Sweep = ExpiringMap<Expiring>['sweep'];

interface CodeEntry extends Expiring {
  readonly payload: string;
  readonly retainUntil: number;
  readonly redeemed: boolean;
}

/** A key is never reused; one that is taken is a defect of the caller, and the present entry stays. */
function refuseTaken(taken: unknown, what: string): void {
  if (taken !== undefined) throw new Error(`${what}: the key is taken`);
}

/** The codes of a tenant. Payloads are JSON text: long-lived object graphs would burden the garbage collector. */
export function createCodes(clock: Clock, capacity: number): CodeStore & { readonly sweep: Sweep } {
  const codes = createExpiringMap<CodeEntry>(capacity);
  return {
    sweep: codes.sweep,
    async issue(key, code, expiresAt, retainUntil) {
      refuseTaken(codes.get(key, clock.now()), 'Authorization code');
      codes.set(key, { payload: JSON.stringify(code), expiresAt, retainUntil, redeemed: false });
    },
    async redeem(key) {
      const entry = codes.get(key, clock.now());
      if (!entry) return { outcome: 'unknown' };
      const code: PendingCode = JSON.parse(entry.payload);
      if (entry.redeemed) return { outcome: 'replayed', code };
      codes.set(key, { ...entry, expiresAt: entry.retainUntil, redeemed: true });
      return { outcome: 'redeemed', code };
    },
    async count() {
      let count = 0;
      for (const entry of codes.values(clock.now())) if (!entry.redeemed) count++;
      return count;
    },
  };
}

interface TokenEntry extends Expiring {
  readonly token: AccessToken;
}

/** The identifier-based access tokens of a tenant, kept as they are, since each is looked up many times. */
export function createAccessTokens(
  clock: Clock,
  capacity: number,
  journal: MemoryJournal,
): AccessTokenStore & { readonly sweep: Sweep } {
  const tokens = createExpiringMap<TokenEntry>(capacity);
  return {
    sweep: tokens.sweep,
    async issue(key, token) {
      refuseTaken(tokens.get(key, clock.now()), 'Access token');
      tokens.set(key, { token: Object.freeze(token), expiresAt: token.exp });
    },
    async find(key) {
      const entry = tokens.get(key, clock.now());
      return entry && { token: entry.token, revokedAt: journal.latestNow(entry.token) };
    },
    async remove(key) {
      return tokens.get(key, clock.now()) !== undefined && tokens.delete(key);
    },
    count: async () => countLive(tokens, clock.now()),
  };
}

interface SessionEntry extends Expiring {
  readonly payload: string;
  readonly version: number;
}

/** The authorisation sessions of a tenant. */
export function createAuthzSessions(clock: Clock, capacity: number): AuthzSessionStore & { readonly sweep: Sweep } {
  const sessions = createExpiringMap<SessionEntry>(capacity);

  function current(key: string, version: number): SessionEntry | undefined {
    const entry = sessions.get(key, clock.now());
    return entry?.version === version ? entry : undefined;
  }

  return {
    sweep: sessions.sweep,
    async create(key, session, expiresAt) {
      refuseTaken(sessions.get(key, clock.now()), 'Authorization session');
      sessions.set(key, { payload: JSON.stringify(session), version: 1, expiresAt });
    },
    async get(key) {
      const entry = sessions.get(key, clock.now());
      if (!entry) return undefined;
      const session: AuthorizationSession = JSON.parse(entry.payload);
      return { version: entry.version, session };
    },
    async advance(key, version, next) {
      const entry = current(key, version);
      if (!entry) return false;
      sessions.set(key, { payload: JSON.stringify(next), version: version + 1, expiresAt: entry.expiresAt });
      return true;
    },
    async complete(key, version) {
      return current(key, version) !== undefined && sessions.delete(key);
    },
    count: async () => countLive(sessions, clock.now()),
  };
}
