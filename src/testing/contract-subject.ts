import type { AccessToken } from '../domain/access-token.ts';
import { noAgreement } from '../domain/agreement.ts';
import type { Authorization, RememberedAuthorization, TokenOrder } from '../domain/authorization.ts';
import type { Grant } from '../domain/grant.ts';
import type { Json } from '../domain/json.ts';
import type { PendingCode } from '../domain/pending-code.ts';
import type { StoredClient } from '../domain/stored-client.ts';
import type { SubjectSession } from '../domain/subject-session.ts';
import { recordKind } from '../ports/stores/records.ts';
import type { Storage, TenantStores } from '../ports/stores/stores.ts';
import type { FakeClock } from './fake-clock.ts';

/** A driver under test. */
export interface OpenedStorage {
  readonly storage: Storage;
  /** The clock that the driver was opened with. */
  readonly clock: FakeClock;
  /** Opens the same data once more, beside the first; absent where data ends with the process. */
  readonly reopen?: () => Promise<Storage>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

/** What a test of the contract works with: two fresh tenants, so that each case is seen not to leak. */
export interface Bench {
  readonly storage: Storage;
  readonly clock: FakeClock;
  readonly a: TenantStores;
  readonly b: TenantStores;
  readonly tids: readonly [string, string];
  readonly reopen: (() => Promise<Storage>) | undefined;
}

/** Opens a bench with tenants that no other test uses. */
export type OpenBench = () => Bench;

/** Texts that a careless driver mixes up, cuts or refuses. */
export const oddTexts: readonly string[] = [
  'with\0nul',
  'with\0nul2',
  '\ud800',
  '\ud801',
  '\ufffd',
  '\uffff0000',
  'quote\'"`;--',
  'back\\slash%_',
  'ключ-鍵-🔑',
  'line\nbreak\ttab',
  ' padded ',
  'Case',
  'case',
  'é',
  'e\u0301',
  '__proto__',
  'constructor',
  'x'.repeat(2000),
];

/** A document of some 10 kB with everything that JSON can say. */
export const bigData = {
  text: 'ä"\\\0\ud800🔑'.repeat(600),
  numbers: [0, -1, 1.5, 1e21, Number.MAX_SAFE_INTEGER],
  nested: { deep: { deeper: [null, true, { end: 'x' }] } },
};

/** An access token of alice for client 123 that ends at `expiresAt`. */
export function accessToken(expiresAt: number, more: Partial<AccessToken> = {}): AccessToken {
  return {
    issuer: 'https://op.example',
    subject: 'alice',
    actor: undefined,
    clientId: '123',
    scope: ['openid'],
    audience: [],
    issuedAt: expiresAt - 600,
    expiresAt,
    id: 'j1',
    grantId: 'g1',
    claims: [],
    claimsLocales: [],
    claimsData: undefined,
    presetUserInfo: undefined,
    data: undefined,
    confirmation: undefined,
    authTime: undefined,
    acr: undefined,
    amr: undefined,
    extra: undefined,
    ...more,
  };
}

/** An order for identifier-based access tokens and a refresh token that rotates and never ends. */
export function tokenOrder(more: Partial<TokenOrder> = {}): TokenOrder {
  return {
    accessTokenEncoding: 'IDENTIFIER',
    accessTokenLifetime: 600,
    issueRefreshToken: true,
    refreshTokenLifetime: 0,
    refreshTokenMaxIdle: 0,
    rotateRefreshToken: true,
    allowIdTokenRefresh: false,
    claimsData: undefined,
    presetUserInfo: undefined,
    data: undefined,
    ...more,
  };
}

/** What alice authorised client 123 to do, as the grant `grantId`. */
export function authorization(grantId: string, more: Partial<Authorization> = {}): Authorization {
  return {
    ...tokenOrder(),
    grantId,
    issuer: 'https://op.example',
    subject: 'alice',
    actor: undefined,
    clientId: '123',
    issuedAt: 1,
    revocationsSeen: 0,
    longLived: true,
    scope: ['openid'],
    claims: [],
    claimsLocales: [],
    audience: [],
    sessionKey: undefined,
    authTime: undefined,
    confirmation: undefined,
    ...more,
  };
}

/** The stored grant of an authorization. */
export function grant(authorized: Authorization, more: Partial<Grant> = {}): Grant {
  return { authorization: authorized, secretDigest: 'digest', seed: undefined, refreshExpiresAt: undefined, ...more };
}

/** What alice agreed to with client 123; `updatedAt` tells records apart. */
export function remembered(updatedAt: number, more: Partial<RememberedAuthorization> = {}): RememberedAuthorization {
  return {
    issuer: 'https://op.example',
    subject: 'alice',
    actor: undefined,
    clientId: '123',
    createdAt: 1,
    updatedAt,
    agreed: { ...noAgreement, scope: ['openid'] },
    declined: noAgreement,
    order: tokenOrder(),
    orderedClaims: [],
    orderedAudience: [],
    ...more,
  };
}

/** A code of `subject`. */
export function pendingCode(subject: string, more: Partial<PendingCode> = {}): PendingCode {
  return {
    authorization: authorization('g1', { subject }),
    redirectUri: 'https://rp.example/cb',
    redirectUriExplicit: true,
    codeChallenge: undefined,
    codeChallengeMethod: undefined,
    idToken: undefined,
    ...more,
  };
}

/** A client registration. */
export function client(clientId: string, more: Partial<StoredClient> = {}): StoredClient {
  return {
    client_id: clientId,
    client_id_issued_at: 1,
    metadata: { redirect_uris: ['https://rp.example/cb'] },
    client_secret_expires_at: 0,
    ...more,
  };
}

/** A subject session that began at `now`. */
export function subjectSession(sub: string, now: number, more: Partial<SubjectSession> = {}): SubjectSession {
  return { sub, ctx: 'web', auth_time: now, creation_time: now, max_life: 60, auth_life: 30, max_idle: 10, ...more };
}

/** A kind of records for the tests. */
export const ticketKind = recordKind<Ticket>('ticket');

/** A record of the tests. */
export interface Ticket {
  readonly holder: string;
  readonly data?: Json;
}

/** Runs `attempt` many times at once. */
export function atOnce<T>(times: number, attempt: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => attempt(index)));
}
