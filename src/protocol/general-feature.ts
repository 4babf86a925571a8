import { fatal, type SettingsProblem, warning } from '../config/problem.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { demoApiTokenHash } from '../demo.ts';
import type { Provider } from './context.ts';
import { resolveUrl } from './discovery/metadata.ts';
import { isApiTokenGroup, tokensOf } from './features/access.ts';
import type { Feature } from './features/feature.ts';
import { generalProperties, whyNoDemoValues } from './properties.ts';

/** The provider as a whole: its issuer, and what must not go into production. */
export const generalFeature: Feature = {
  name: 'general',
  title: 'General',
  properties: generalProperties,
  check(settingsOf, { features }) {
    const { issuer, env } = settingsOf(generalProperties);
    const problems = [...issuerProblems(issuer), ...demoTokens(features, settingsOf)];
    if (env === 'prod' && issuer?.startsWith('http:')) {
      problems.push(fatal('op.issuer', 'must be an https URL with env=prod', 'Serve the provider over https.'));
    }
    return problems;
  },
  metadata: ({ issuer, settingsOf }: Provider) => {
    const { serviceDocs, policy, tos } = settingsOf(generalProperties);
    const url = (reference: string | undefined) => reference && resolveUrl(issuer, reference);
    return {
      issuer,
      service_documentation: url(serviceDocs),
      op_policy_uri: url(policy),
      op_tos_uri: url(tos),
    };
  },
};

/** Every web API that is open to the token that everybody knows, where others reach the server. */
function demoTokens(features: readonly Feature[], settingsOf: SettingsReader): readonly SettingsProblem[] {
  const why = whyNoDemoValues(settingsOf(generalProperties));
  if (why === undefined) return [];
  const remedy = 'Configure the hash of a token of your own: openssl rand -hex 32';
  return features.flatMap(({ properties }) =>
    isApiTokenGroup(properties) && [...tokensOf(properties, settingsOf).values()].includes(demoApiTokenHash)
      ? [fatal(properties.apiTokens.name, `is the public demo token, ${why}`, remedy)]
      : [],
  );
}

function issuerProblems(issuer: string | undefined): readonly SettingsProblem[] {
  if (issuer === undefined) {
    const remedy = 'Set it to the URL under which the server is reached, e.g. https://id.example.com';
    return [fatal('op.issuer', 'is required', remedy)];
  }
  const url = new URL(issuer);
  if (url.search || url.hash || issuer.includes('?') || issuer.includes('#')) {
    return [
      fatal('op.issuer', 'must have neither query nor fragment', 'Remove them (OpenID Connect Discovery, section 3).'),
    ];
  }
  if (url.username || url.password) return [fatal('op.issuer', 'must not contain credentials', 'Remove them.')];
  return url.protocol === 'http:'
    ? [warning('op.issuer', 'is a plain http URL', 'Use https for anything but tests.')]
    : [];
}
