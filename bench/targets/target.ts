import type { Notes, Step } from '../conversation.ts';
import type { ServerProcess } from '../processes.ts';

/** Signature algorithm of JWT access tokens (RFC 7518, RFC 8037). */
export type TokenAlg = 'RS256' | 'ES256' | 'EdDSA';

/** Where Tessera keeps its state. The other targets have only process memory. */
export type StoreKind = 'memory' | 'sqlite' | 'postgres';

/** What a scenario needs the server to be set to. */
export interface Setting {
  /** Form of the access tokens of the client_credentials grant: signed JWTs, or identifiers that only the server reads. */
  readonly clientCredentialsTokens: TokenAlg | 'identifier';
  readonly store: StoreKind;
  /** Short lifetimes, so that a store that forgets what has expired stops growing within seconds. */
  readonly shortLived: boolean;
}

/** Paths of the standard endpoints at a target. */
export interface EndpointPaths {
  readonly discovery: string;
  readonly jwks: string;
  readonly token: string;
  readonly introspection: string;
  readonly userInfo: string;
  readonly registration: string;
}

/** A confidential client that uses `client_secret_basic`. */
export interface Client {
  readonly id: string;
  readonly secret: string;
}

/** What a client of a scenario does: machine to machine, with users, or with users who come again. */
export type ClientUse = 'client-credentials' | 'code' | 'returning';

/** What an authorization request asks for. */
export interface AuthorizationAsk {
  readonly client: Client;
  readonly scope: string;
  readonly codeChallenge: string;
  /** Yields the subject that signs in, for each conversation anew. */
  readonly subject: () => string;
  /** Whether a refresh token shall come of it. */
  readonly offline: boolean;
}

/** A target that is up, and how to speak with it where the products differ. */
export interface LiveTarget {
  readonly process: ServerProcess;
  readonly paths: EndpointPaths;
  /** The bearer token that allows registration. */
  readonly registrationToken: string;
  readonly client: (use: ClientUse) => Promise<Client>;
  /** The steps from the authorization request to a `code` in the notes: sign-in and consent through the product's own door. */
  readonly authorize: (ask: AuthorizationAsk) => readonly Step[];
  /**
   * The one request by which users come again whose session and consent of the same `ask` are in the notes of their first
   * visits, each in turn; its answer gives the `code` without a prompt.
   */
  readonly comeAgain: (ask: AuthorizationAsk, visits: readonly Notes[]) => Step;
}

/** What a server reports of its heap, bytes: what it used at least lately, or what a full collection has left. */
export type HeapReport = { readonly heap: number } | { readonly kept: number };

/** Targets of every run; Tessera is measured against the others. */
export const usualTargets = ['Tessera', 'oidc-provider', 'bare'] as const;

/** How a target is called in the results. `earlier` is the Tessera of another command, that of `--against`. */
export type TargetName = (typeof usualTargets)[number] | 'earlier';

/** A server that can be put under load. */
export interface Target {
  readonly name: TargetName;
  /**
   * Starts a fresh process. Where the target offers it, `onHeap` hears of the used heap now and then, and of what is kept
   * each time that the process gets a SIGUSR2.
   */
  readonly start: (setting: Setting, onHeap?: (report: HeapReport) => void) => Promise<LiveTarget>;
}

/** The redirection URI of all clients. */
export const redirectUri = 'https://client.example.org/cb';

/** Basic credentials of a client (RFC 6749, section 2.3.1); ours need no form encoding. */
export function basic(client: Client): string {
  return `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
}

/** The authorization request that asks so. */
export function authorizationQuery(ask: AuthorizationAsk): URLSearchParams {
  return new URLSearchParams({
    response_type: 'code',
    client_id: ask.client.id,
    redirect_uri: redirectUri,
    scope: ask.scope,
    state: 'af0ifjsldkj',
    code_challenge: ask.codeChallenge,
    code_challenge_method: 'S256',
  });
}
