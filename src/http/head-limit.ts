import type { SettingsReader } from '../config/settings-reader.ts';
import { tokenSizes } from '../protocol/issuing/token-size.ts';

/** Bytes of the head of a request that are taken in any case: request line and headers. */
export const maxHead = 16_384;

/** Bytes of a head for what comes beside an access token. */
const besideToken = 4096;

/** The largest head of a request, in bytes: there is room for an access token of any size that is issued. */
export function headLimit(settingsOf: SettingsReader): number {
  return Math.max(tokenSizes(settingsOf).accessToken + besideToken, maxHead);
}
