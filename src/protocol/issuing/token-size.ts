import type { SettingsReader } from '../../config/settings-reader.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { tokenProperties } from '../grants/properties.ts';
import { tokensProperties } from './properties.ts';

/** Largest tokens, in characters. What is issued is what the server takes: at UserInfo, introspection, revocation and refresh. */
export interface TokenSizes {
  /** By `authzStore.accessToken.maxSize`, and by `op.token.httpMaxRequestSize` where that allows less. */
  readonly accessToken: number;
  /** By `op.token.httpMaxRequestSize`. */
  readonly refreshToken: number;
}

/** The sizes of tokens that the configuration allows. A quarter of a form is left for what else comes in it. */
export function tokenSizes(settingsOf: SettingsReader): TokenSizes {
  const inForm = Math.floor(settingsOf(tokenProperties).httpMaxRequestSize * 0.75);
  return { accessToken: Math.min(settingsOf(tokensProperties).accessTokenMaxSize, inForm), refreshToken: inForm };
}

/** Throws `token-too-large` for an access token that this server would not take itself. */
export function refuseLargeAccessToken(settingsOf: SettingsReader, token: string): void {
  const { accessToken, refreshToken } = tokenSizes(settingsOf);
  if (token.length <= accessToken) return;
  const property = accessToken < refreshToken ? accessTokenProperty : formProperty;
  throw tooLarge('access token', token, accessToken, property);
}

/** Throws `token-too-large` for a refresh token that this server would not take itself. */
export function refuseLargeRefreshToken(settingsOf: SettingsReader, token: string): void {
  const { refreshToken } = tokenSizes(settingsOf);
  if (token.length > refreshToken) throw tooLarge('refresh token', token, refreshToken, formProperty);
}

const accessTokenProperty = tokensProperties.accessTokenMaxSize.name;
const formProperty = tokenProperties.httpMaxRequestSize.name;

function tooLarge(what: string, { length }: string, limit: number, property: string): OAuthError {
  const remedy = `order less in it (data, claims, scope), an access token of the encoding IDENTIFIER, or raise ${property}`;
  return new OAuthError(
    'token-too-large',
    `the ${what} would have ${length} characters, the limit is ${limit}: ${remedy}`,
  );
}
