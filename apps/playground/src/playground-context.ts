import type { FormTokens } from './form-tokens.ts';
import type { Clock, Provider } from './provider.ts';
import type { SessionStore } from './session-store.ts';

/** What every route needs. */
export interface PlaygroundContext {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly issuer: string;
  readonly clientId: string;
  /** Where responses come back: the public URL + `/callback`. */
  readonly redirectUri: string;
  /** Path of the start page as the browser sees it, without a slash at the end; empty at the root of a host. */
  readonly sitePath: string;
  readonly sessions: SessionStore;
  readonly formTokens: FormTokens;
}
