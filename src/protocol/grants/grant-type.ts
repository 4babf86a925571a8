import type { SettingsReader } from '../../config/settings-reader.ts';
import type { RequestContext } from '../context.ts';
import { kind } from '../features/kinds.ts';
import type { TokenDecision } from '../issuing/token-decision.ts';
import type { TokenRequest } from './token-request.ts';

/** A grant of the token endpoint (RFC 6749, section 4). */
export interface GrantType {
  /** The `grant_type` value. */
  readonly name: string;
  /** Name of the grant in metrics, e.g. `clientCredentials`. */
  readonly metric: string;
  /** Whether the configuration offers it; otherwise it is neither served nor published. */
  isEnabled(settingsOf: SettingsReader): boolean;
  /** Whether clients may register for it without a privileged token. */
  readonly openToAll: boolean;
  /**
   * Validates the request and spends what the grant rests on, in one atomic store operation. Returns what may be issued and
   * signs nothing. Throws `OAuthError`.
   */
  decide(ctx: RequestContext, request: TokenRequest): TokenDecision | Promise<TokenDecision>;
  /** Parameters, beside `resource` (RFC 8707), that may come more than once; they are read with `many` alone. */
  readonly repeatable?: readonly string[];
}

/** The grant types, in the order in which discovery lists them. */
export const grantTypes = kind<GrantType>('grant type');
