import { type Authorization, longestLifetime } from '../../domain/authorization.ts';
import type { RequestContext } from '../context.ts';

/** What is known of an authorisation; of one that only an access token tells of, not how long its tokens live. */
type Granted = Pick<Authorization, 'sub' | 'act' | 'cid' | 'gid' | 'iat'> &
  Partial<Pick<Authorization, 'lng' | 'irt' | 'rtl' | 'atl'>>;

/** Whether the journal speaks against something issued at `iat`, which is a time of revocation or none. */
export function revokedSince(iat: number, revokedAt: number | undefined, checkBias: number): boolean {
  return revokedAt !== undefined && iat < revokedAt + checkBias;
}

/** Whether an authorisation was revoked, by itself or with its subject, client or actor. */
export async function isRevoked(ctx: RequestContext, { sub, act, cid, gid, iat }: Granted): Promise<boolean> {
  const { stores, settings } = ctx.provider;
  const revokedAt = await stores.journal.latest({ sub, cid, gid, ...(act === undefined ? {} : { act }) });
  return revokedSince(iat, revokedAt, settings.tokens.revocationCheckBias);
}

/**
 * Whether an authorisation was revoked with its subject, client or actor. That its grant has ended, as by a replay of its
 * code, does not count alone; it tells apart what was issued before and after such a revocation in one and the same second.
 */
export async function isRevokedAtLarge(ctx: RequestContext, grant: Granted): Promise<boolean> {
  const { stores, settings } = ctx.provider;
  const { sub, act, cid, iat } = grant;
  const revokedAt = await stores.journal.latest({ sub, cid, ...(act === undefined ? {} : { act }) });
  if (revokedSince(iat, revokedAt, settings.tokens.revocationCheckBias)) return true;
  return revokedAt === iat && isRevoked(ctx, grant);
}

/**
 * Revokes all that descends from one grant, for good: nothing with its `gid` is valid whenever it was issued, also what a
 * request in flight is about to issue. What the subject has consented to stays remembered, under a new grant.
 */
export async function revokeGrant(ctx: RequestContext, grant: Granted & { readonly lng: boolean }): Promise<void> {
  // The record first: were the server killed in between, a record under a revoked grant could never issue anything again.
  if (grant.lng) await renewGrant(ctx, grant);
  await revokeGrantId(ctx, grant.gid, longestLife(grant));
}

async function renewGrant({ provider }: RequestContext, grant: Granted): Promise<void> {
  const { stores, random } = provider;
  const key = { sub: grant.sub, act: grant.act ?? '', cid: grant.cid };
  const [gid, rts] = [random.text(16), random.text(16)];
  await stores.authorizations.update(key, (record) => (record.gid === grant.gid ? { ...record, gid, rts } : undefined));
}

/** Revokes all tokens of a subject with a client, and what the subject has consented to. */
export async function revokeAuthorization(ctx: RequestContext, grant: Granted): Promise<void> {
  const { stores, clock, metrics } = ctx.provider;
  const { sub, cid, gid } = grant;
  await stores.authorizations.remove({ sub, cid });
  const now = clock.now();
  await stores.journal.revoke({ sub, cid }, now, now + retention(ctx, longestLifetime));
  // Times are whole seconds: the journal entry alone would spare what was issued within this one.
  await revokeGrantId(ctx, gid, longestLife(grant));
  metrics.meter('authzStore.revocations').mark();
}

/**
 * Revokes everything with this grant ID, also what was or will be issued in this very second.
 *
 * @param life seconds that anything of the grant can live
 */
export async function revokeGrantId(ctx: RequestContext, gid: string, life: number): Promise<void> {
  const { stores, clock } = ctx.provider;
  const until = clock.now() + retention(ctx, life);
  await stores.journal.revoke({ gid }, until, until);
}

/** Seconds that the journal keeps an entry against something that lives that long: no token may outlive its revocation. */
export function retention({ provider }: RequestContext, life: number): number {
  const { revocationRetention, accessTokenLifetime } = provider.settings.tokens;
  return Math.max(revocationRetention, accessTokenLifetime, life);
}

/** Seconds that tokens of a grant can live; refresh tokens of a remembered one end with the record. */
function longestLife({ lng, irt = true, rtl = 0, atl = 0 }: Granted): number {
  if (lng === undefined) return longestLifetime;
  return lng || !irt ? atl : Math.max(atl, rtl === 0 ? longestLifetime : rtl);
}
