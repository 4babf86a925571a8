/**
 * Well-known values for evaluation. They are public, so `env=prod` refuses them.
 */

/** The token that opens every web API of a first run; public sample scripts use it. */
export const demoApiToken = 'ztucZS1ZyFKgh0tUEruUtiSTXhnexmd6';

/** SHA-256 of the demo token, in hexadecimal. */
export const demoApiTokenHash = 'cca68b8b82bcf0b96cb826199429e50cd95a042f8e8891d1ac56ab135d096633';

/** Key material, BASE64URL, of the `keyStore.encJWK` of a first run. */
export const demoEncryptionKey = 'dGVzc2VyYS1kZW1vLWtleQ';

/** The client of a first run. */
export const demoClient = {
  id: '000123',
  secret: '7wKJNYFaKKg4FxUdi8_R75GGYsiWezvAbcdN1uSumE4',
} as const;
