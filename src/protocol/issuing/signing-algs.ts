import type { SettingsReader } from '../../config/settings-reader.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs } from '../../crypto/jws-algorithms.ts';
import { tokensProperties } from './properties.ts';

/** The algorithms with a digital signature that the settings let the server sign tokens with. */
export function signingAlgs(settingsOf: SettingsReader): readonly AsymmetricJwsAlg[] {
  const { idTokenJwsAlgs, accessTokenJwsAlg } = settingsOf(tokensProperties);
  const enabled = new Set<string>([...idTokenJwsAlgs, accessTokenJwsAlg]);
  return asymmetricJwsAlgs.filter((alg) => enabled.has(alg));
}
