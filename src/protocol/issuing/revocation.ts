import { longestLifetime } from '../../domain/authorization.ts';
import type { RevocationTarget } from '../../domain/revocation.ts';
import { events } from '../../events/catalogue.ts';
import type { Standing } from '../../ports/stores/revocations.ts';
import type { Provider, RequestContext } from '../context.ts';
import { tokensProperties } from './properties.ts';

/** When something that can be revoked was issued. */
interface Issued {
  /** Unix seconds. */
  readonly issuedAt: number;
  /** What tells apart what was issued before and after a revocation within one second; `undefined`: all counts as after it. */
  readonly revocationsSeen: number | undefined;
}

/** Whether something speaks against a thing: its grant or token has ended, or all that was issued before some time is void. */
export function isVoid(
  { settingsOf }: Provider,
  { ended, notBefore }: Standing,
  { issuedAt, revocationsSeen }: Issued,
): boolean {
  if (ended) return true;
  if (notBefore === undefined) return false;
  if (issuedAt < notBefore.at + settingsOf(tokensProperties).revocationCheckBias) return true;
  return issuedAt === notBefore.at && revocationsSeen !== undefined && revocationsSeen < notBefore.count;
}

/** The number of revocations that were marked in the second `now`, for what is issued in it. */
export function revocationsIn(now: number, notBefore: Standing['notBefore']): number {
  return notBefore?.at === now ? notBefore.count : 0;
}

/** A grant, as far as its end goes. */
interface Endable {
  readonly grantId: string;
  /** Seconds that access tokens of it live; 0: the server's default. */
  readonly accessTokenLifetime: number;
}

/** Time for what is under way, in seconds: a token may be dated at its check and handed out later. */
const slack = 300;

/** An ended grant is remembered for a day at least: the default lifetime of its access tokens may have been longer than today's. */
const leastRetention = 86_400;

/**
 * Ends a grant for good: nothing with its ID is valid whenever it was issued, also what a request in flight is about to
 * issue. What the subject has consented to stays remembered, and other grants live.
 *
 * @param refreshLife seconds that a self-contained refresh token of it can live; 0: it has none
 */
export async function endGrant(ctx: RequestContext, grant: Endable, refreshLife: number): Promise<void> {
  const { clock, stores, settingsOf } = ctx.provider;
  const accessLife = Math.max(grant.accessTokenLifetime, settingsOf(tokensProperties).accessTokenLifetime);
  await stores.grants.end(grant.grantId, clock.now() + Math.max(accessLife, refreshLife, leastRetention) + slack);
  ctx.emit(events.token.revoked);
}

/** Ends a single access token that expires at `expiresAt`, Unix seconds. */
export async function endToken(ctx: RequestContext, id: string, expiresAt: number): Promise<void> {
  await ctx.provider.stores.grants.end(id, expiresAt + slack);
  ctx.emit(events.token.revoked);
}

/** Seconds that a self-contained refresh token that ends at `expiresAt` has left; those without end live for a hundred years. */
export function lifeLeft({ provider }: RequestContext, expiresAt: number | undefined): number {
  return expiresAt === undefined ? longestLifetime : expiresAt - provider.clock.now();
}

/**
 * Voids everything that was issued to a target before `at`, Unix seconds, with the remembered authorizations and grants that
 * match it. The mark comes first: were the server killed in between, what is left could never issue anything again.
 */
export async function revokeAll(ctx: RequestContext, target: RevocationTarget, at: number): Promise<void> {
  const { stores, settingsOf } = ctx.provider;
  // Self-contained refresh tokens may live as long.
  await stores.revocations.revoke(
    target,
    at,
    at + Math.max(settingsOf(tokensProperties).revocationRetention, longestLifetime),
  );
  await stores.authorizations.remove(target);
  ctx.emit(events.token.revoked);
}
