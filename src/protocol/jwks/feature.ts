import { fatal, type SettingsProblem } from '../../config/problem.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import type { KeySet } from '../../crypto/key-set.ts';
import { encryptionKeyOf, staticKeySet } from '../../crypto/key-settings.ts';
import { type KeySettings, keyProperties } from '../../crypto/properties.ts';
import type { ServerKeys } from '../../crypto/server-keys.ts';
import { demoEncryptionKey } from '../../demo.ts';
import { openToAll } from '../features/access.ts';
import { json } from '../features/body-shape.ts';
import { trial } from '../features/check-settings.ts';
import type { Feature, Running } from '../features/feature.ts';
import { tokensProperties } from '../issuing/properties.ts';
import { generalProperties, whyNoDemoValues } from '../properties.ts';
import { createJwksEndpoint } from './jwks-endpoint.ts';

const place = '/jwks.json';

/** The keys of the server, and the public ones of them as a document. */
export const jwksFeature: Feature = {
  name: 'keys',
  title: 'Server keys',
  place,
  properties: keyProperties,
  check: (settingsOf) => [
    ...encryptionKey(settingsOf(keyProperties), whyNoDemoValues(settingsOf(generalProperties))),
    ...staticKeys(settingsOf),
  ],
  routes: [
    {
      method: 'GET',
      path: place,
      purpose: 'Public keys (RFC 7517)',
      access: openToAll,
      response: json({ keys: 'object[]' }),
      endpoint: createJwksEndpoint,
    },
  ],
  metadata: ({ issuer }) => ({ jwks_uri: `${issuer}${place}` }),
  open: ({ provider }) => renewRegularly(provider.keys),
  health: ({ provider }) => [
    {
      name: 'keyStore.op',
      async check() {
        const { accessTokenJwsAlg: alg } = provider.settingsOf(tokensProperties);
        if (!provider.keys.current().signingKey(alg)) throw new Error(`no key for ${algProperty}=${alg}`);
      },
    },
  ],
};

/** A server without requests renews its keys too: what it publishes must not be older than their cache lifetime. */
function renewRegularly(keys: ServerKeys): Running {
  const timer = setInterval(() => keys.current(), 1000);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

const algProperty = tokensProperties.accessTokenJwsAlg.name;

function encryptionKey({ encJwk, staticJwkSet }: KeySettings, whyOwn: string | undefined): readonly SettingsProblem[] {
  const property = keyProperties.encJwk.name;
  const remedy = 'Make one with: tessera keys generate --enc';
  if (encJwk === undefined) return staticJwkSet === undefined ? [fatal(property, 'is required', remedy)] : [];
  let key: Buffer;
  try {
    key = encryptionKeyOf(encJwk);
  } catch {
    return [fatal(property, 'is not a 128-bit AES key as JWK (kty oct)', remedy)];
  }
  if (whyOwn === undefined || !key.equals(Buffer.from(demoEncryptionKey, 'base64url'))) return [];
  return [fatal(property, `is the public demo key, ${whyOwn}`, 'Make your own with: tessera keys generate --enc')];
}

function staticKeys(settingsOf: SettingsReader): readonly SettingsProblem[] {
  const { staticJwkSet } = settingsOf(keyProperties);
  if (staticJwkSet === undefined) return [];
  const property = keyProperties.staticJwkSet.name;
  const remedy = 'Make a complete set with: tessera keys generate';
  let keySet: KeySet | undefined;
  const problems = trial(property, remedy, () => {
    // Without signatures: anybody may have a configuration checked.
    keySet = staticKeySet(staticJwkSet, { prove: false });
  });
  const alg = settingsOf(tokensProperties).accessTokenJwsAlg;
  if (keySet === undefined || keySet.signingKey(alg)) return problems;
  return [fatal(property, `has no key for ${algProperty}=${alg}`, remedy)];
}
