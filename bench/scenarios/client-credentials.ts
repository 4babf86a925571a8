import { stringMember } from '../conversation.ts';
import type { Setting } from '../targets/target.ts';
import { type Scenario, tokenRequest, tryOut } from './scenario.ts';

/** The client_credentials grant (RFC 6749, section 4.4) with each form of access token. */
export const clientCredentials: readonly Scenario[] = [
  grant('RS256', 'client_credentials, JWT RS256', 1.35),
  grant('ES256', 'client_credentials, JWT ES256', 2.5),
  grant('EdDSA', 'client_credentials, JWT EdDSA', 2.1),
  grant('identifier', 'client_credentials, identifier token', 3),
];

function grant(tokens: Setting['clientCredentialsTokens'], title: string, goal: number): Scenario {
  return {
    name: `client-credentials-${tokens.toLowerCase()}`,
    title,
    goal,
    tokens,
    usesStore: true,
    prepare: async (target) => {
      const step = await tokenRequest(target, 'client-credentials', {
        grant_type: 'client_credentials',
        scope: 'read',
      });
      await tryOut(target, step, (answer) => checkForm(stringMember(answer, 'access_token'), tokens));
      return [step];
    },
  };
}

/** A server that issues another form of token than asked for would be rated for other work. */
function checkForm(token: string, tokens: Setting['clientCredentialsTokens']): void {
  const [header, , signature] = token.split('.');
  const alg: unknown =
    header === undefined || signature === undefined
      ? 'identifier'
      : JSON.parse(Buffer.from(header, 'base64url').toString()).alg;
  if (alg !== tokens) throw new Error(`the access token is of the form ${String(alg)}, expected ${tokens}`);
}
