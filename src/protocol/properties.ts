import { boolean, json, oneOf, type SettingsOf, textWithDefault, url, urlReference } from '../config/property.ts';

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
  splashPage: textWithDefault(
    'op.splashPage',
    'urn:c2id:splash_page:default',
    'What the issuer URL shows: urn:c2id:splash_page:default, urn:c2id:splash_page:blank, urn:c2id:splash_page:op_metadata (redirect to discovery), or an http(s) URL to redirect to.',
  ),
  metadataOverlay: json(
    'op.metadataOverlay',
    'A JSON object laid over the published metadata: members replace, null removes. Behaviour does not change.',
  ),
  configCheck: boolean('op.configCheck.enable', true, 'Serve /config/check.'),
} as const;

/** Values of the general properties. */
export type GeneralSettings = SettingsOf<typeof generalProperties>;
