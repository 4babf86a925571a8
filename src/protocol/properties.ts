import { oneOf, type SettingsOf, url, urlReference } from '../config/property.ts';

/** Properties of the provider as a whole. */
export const generalProperties = {
  env: oneOf(
    'env',
    ['dev', 'prod'],
    'dev',
    'With prod the server refuses demo keys, demo tokens and a plain-http issuer.',
  ),
  issuer: url('op.issuer', 'The issuer URL: identity of the provider and base of its endpoints. Required.'),
  policy: urlReference('op.policy', 'Privacy policy, absolute or relative to the issuer.'),
  tos: urlReference('op.tos', 'Terms of service, absolute or relative to the issuer.'),
  serviceDocs: urlReference('op.serviceDocs', 'Developer documentation, absolute or relative to the issuer.'),
} as const;

/** Values of the general properties. */
export type GeneralSettings = SettingsOf<typeof generalProperties>;
