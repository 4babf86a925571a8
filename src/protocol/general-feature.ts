import { fatal, type SettingsProblem, warning } from '../config/problem.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { demoApiTokenHash } from '../demo.ts';
import { maxJsonDepth } from '../domain/json.ts';
import { maxScopeValues } from '../domain/scope.ts';
import { pathFault } from '../domain/url-path.ts';
import type { Provider } from './context.ts';
import { resolveUrl } from './discovery/metadata.ts';
import { isApiTokenGroup, tokensOf } from './features/access.ts';
import type { Feature } from './features/feature.ts';
import { fixedLimit } from './features/limit.ts';
import { maxFormParameters } from './params/form.ts';
import { maxMemberItems, maxMemberLength, maxObjectLength } from './params/members.ts';
import { generalProperties, whyNoDemoValues } from './properties.ts';
import { maxResources } from './resources.ts';

/** The provider as a whole: its issuer, and what must not go into production. */
export const generalFeature: Feature = {
  name: 'general',
  title: 'General',
  properties: generalProperties,
  limits: [
    fixedLimit('Levels of nesting in JSON', maxJsonDepth, '', { error: 'malformed-json' }),
    fixedLimit('Parameters of a form or query', maxFormParameters, '', { error: 'malformed-form' }),
    fixedLimit('A text in the JSON of a web API', maxMemberLength, 'characters', { error: 'invalid-parameter' }),
    fixedLimit('Items of a list of texts there', maxMemberItems, '', { error: 'invalid-parameter' }),
    fixedLimit('An object there that is kept for somebody else, as JSON', maxObjectLength, 'characters', {
      error: 'invalid-parameter',
    }),
    fixedLimit('Values of a scope', maxScopeValues, '', { error: 'malformed-scope' }),
    fixedLimit('Resources of a request (`resource`)', maxResources, '', { error: 'invalid-target' }),
  ],
  check(settingsOf, { features }) {
    const { issuer, env } = settingsOf(generalProperties);
    const problems = [...issuerProblems(issuer)];
    if (env === 'prod' && issuer?.startsWith('http:')) {
      problems.push(fatal('op.issuer', 'must be an https URL with env=prod', 'Serve the provider over https.'));
    }
    return [...problems, ...demoTokens(features, settingsOf)];
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
  const path = issuer.replace(/^https?:\/\/[^/]*/i, '');
  const fault = pathFault(path);
  if (fault !== undefined) {
    return [
      fatal('op.issuer', `has a path that ${fault}`, 'Clients compare it letter by letter, and proxies rewrite it.'),
    ];
  }
  const problems: SettingsProblem[] = [];
  if (path.endsWith('/')) problems.push(warning('op.issuer', 'ends with a slash, which is left out', 'Remove it.'));
  if (url.protocol === 'http:') {
    problems.push(warning('op.issuer', 'is a plain http URL', 'Use https for anything but tests.'));
  }
  return problems;
}
