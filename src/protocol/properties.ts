import { oneOf, type SettingsOf, url, urlReference } from '../config/property.ts';
import { isLoopbackUrl } from '../domain/loopback.ts';

/** Properties of the provider as a whole. */
export const generalProperties = {
  env: oneOf(
    'env',
    ['dev', 'prod'],
    'dev',
    'With prod the server refuses a plain-http issuer, and demo keys and demo tokens even where op.issuer is of this machine only.',
  ),
  issuer: url('op.issuer', 'The issuer URL: identity of the provider and base of its endpoints. Required.'),
  policy: urlReference('op.policy', 'Privacy policy, absolute or relative to the issuer.'),
  tos: urlReference('op.tos', 'Terms of service, absolute or relative to the issuer.'),
  serviceDocs: urlReference('op.serviceDocs', 'Developer documentation, absolute or relative to the issuer.'),
} as const;

/** Values of the general properties. */
export type GeneralSettings = SettingsOf<typeof generalProperties>;

/** Why the values that everybody knows must not be used; undefined where only this machine reaches the server. */
export function whyNoDemoValues({ env, issuer }: GeneralSettings): string | undefined {
  if (env === 'prod') return 'with env=prod';
  return issuer === undefined || isLoopbackUrl(issuer)
    ? undefined
    : `and op.issuer=${issuer} is not of this machine only`;
}
