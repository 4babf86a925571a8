import type { AccessToken } from '../domain/access-token.ts';
import type { LongLivedAuthorization } from '../domain/authorization.ts';
import type { AuthorizationSession } from '../domain/authorization-request.ts';
import type { PendingCode } from '../domain/pending-code.ts';
import type { StoredClient } from '../domain/stored-client.ts';
import type { SubjectSession } from '../domain/subject-session.ts';
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

/** An access token of `sub` for `cid` that ends at `exp`. */
export function accessToken(exp: number, more: Partial<AccessToken> = {}): AccessToken {
  return {
    iss: 'https://op.example',
    sub: 'alice',
    cid: '123',
    scp: ['openid'],
    iat: exp - 600,
    exp,
    jti: 'j1',
    ...more,
  };
}

/** A remembered authorisation with the seed `rts`. */
export function authorization(rts: string, more: Partial<LongLivedAuthorization> = {}): LongLivedAuthorization {
  return {
    gid: 'g1',
    iss: 'https://op.example',
    sub: 'alice',
    cid: '123',
    iat: 1,
    lng: true,
    scp: ['openid'],
    clm: [],
    ate: 'IDENTIFIER',
    atl: 600,
    irt: true,
    rtl: 0,
    rtm: 0,
    rtr: true,
    idr: false,
    scs: ['openid'],
    cls: [],
    uat: 1,
    rti: 1,
    rts,
    ...more,
  };
}

/** A code of `sub`. */
export function pendingCode(sub: string, more: Partial<PendingCode> = {}): PendingCode {
  const { scs, cls, uat, rti, rts, ...grant } = authorization('seed', { sub });
  return {
    authorization: grant,
    redirect_uri: 'https://rp.example/cb',
    redirect_uri_explicit: true,
    id_token: undefined,
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

/** An authorisation session. */
export function authzSession(clientId: string, now: number): AuthorizationSession {
  return {
    iss: 'https://op.example',
    creation_time: now,
    state: 'auth',
    request: {
      response_type: 'code',
      response_mode: 'query',
      client_id: clientId,
      redirect_uri: 'https://rp.example/cb',
      redirect_uri_explicit: true,
      scope: ['openid'],
      display: 'page',
      prompt: [],
      max_age_requested: false,
      acr_values: [],
      acr_essential: false,
      ui_locales: [],
      claims_locales: [],
      resource: [],
      custom: {},
    },
  };
}

/** Runs `attempt` many times at once. */
export function atOnce<T>(times: number, attempt: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => attempt(index)));
}
