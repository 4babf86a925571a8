import type { AccessToken } from '../../domain/access-token.ts';
import type { PendingCode } from '../../domain/pending-code.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AccessTokenStore, CodeStore } from '../../ports/stores/stores.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';
import type { MemoryRevocations } from './revocations.ts';
import { refuseTaken } from './taken.ts';

/** What a purge needs of a store: to walk it in pages. */
export type Sweep = ExpiringMap<Expiring>['sweep'];

interface CodeEntry extends Expiring {
  readonly payload: string;
  readonly retainUntil: number;
  readonly redeemed: boolean;
}

/** The codes of a tenant. Payloads are JSON text: long-lived object graphs would burden the garbage collector. */
export function createCodes(
  clock: Clock,
  capacity: number,
  revocations: MemoryRevocations,
): CodeStore & { readonly sweep: Sweep } {
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
      const { subject, actor = '', clientId, grantId } = code.authorization;
      return { outcome: 'redeemed', code, standing: revocations.standingNow({ subject, actor, clientId }, grantId) };
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
  revocations: MemoryRevocations,
): AccessTokenStore & { readonly sweep: Sweep } {
  const tokens = createExpiringMap<TokenEntry>(capacity);
  return {
    sweep: tokens.sweep,
    async issue(key, token) {
      refuseTaken(tokens.get(key, clock.now()), 'Access token');
      tokens.set(key, { token: Object.freeze(token), expiresAt: token.expiresAt });
    },
    async find(key) {
      const entry = tokens.get(key, clock.now());
      if (!entry) return undefined;
      const { token } = entry;
      const { subject, actor = '', clientId, grantId, id } = token;
      return { token, standing: revocations.standingNow({ subject, actor, clientId }, grantId, id) };
    },
    async remove(key) {
      return tokens.get(key, clock.now()) !== undefined && tokens.delete(key);
    },
    count: async () => countLive(tokens, clock.now()),
  };
}
