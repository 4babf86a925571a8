import type { TokenSettings } from '../token/properties.ts';
import type { TokensSettings } from './properties.ts';

/** Seconds that a signed token can live by the configuration; what a login page orders may be longer. */
export function longestTokenLifetime(settings: {
  readonly token: TokenSettings;
  readonly tokens: TokensSettings;
}): number {
  const { accessTokenLifetime, idTokenLifetime } = settings.tokens;
  return Math.max(accessTokenLifetime, idTokenLifetime, settings.token.clientCredentialsLifetime);
}
