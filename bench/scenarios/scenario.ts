import { hash } from 'node:crypto';
import { constantRequest, form, noted, requestText, type Step, stringMember } from '../conversation.ts';
import { converseOnce } from '../load-generator.ts';
import { type AuthorizationAsk, basic, type ClientUse, type LiveTarget, type Setting } from '../targets/target.ts';

/** One row of the results. */
export interface Scenario {
  /** Name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Ratio to oidc-provider that we want to reach, in memory. Absent: not a comparison. */
  readonly goal?: number;
  /** Form of the tokens of the client_credentials grant; `identifier` when absent. */
  readonly tokens?: Setting['clientCredentialsTokens'];
  /** Rates the load generator itself, on the bare server alone. */
  readonly generatorCheck?: true;
  /** Whether it is worth running on SQLite and PostgreSQL too. */
  readonly usesStore: boolean;
  /** Gets clients and tokens through the front door, and returns the conversation to repeat. */
  readonly prepare: (target: LiveTarget) => Promise<readonly Step[]>;
}

/** The scope that goes with a signed-in user in all scenarios. */
export const userScope = 'openid email';

const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
let users = 0;

/** A subject that nobody has signed in as yet: else Tessera would remember the consent and skip a step. */
export function freshSubject(): string {
  users += 1;
  return `user-${users}`;
}

/** A token request with client_secret_basic. */
export async function tokenRequest(
  target: LiveTarget,
  use: ClientUse,
  parameters: Readonly<Record<string, string>>,
): Promise<Step> {
  return {
    name: `token request (${parameters['grant_type']})`,
    request: constantRequest({
      method: 'POST',
      path: target.paths.token,
      authorization: basic(await target.client(use)),
      body: form(parameters),
    }),
    status: 200,
  };
}

/** A code flow, and its parts. */
export interface CodeFlow {
  /** All steps, from the authorization request to the tokens. */
  readonly steps: readonly Step[];
  readonly ask: AuthorizationAsk;
  /** The last step: redeems the code of the notes, and notes the tokens. */
  readonly redeem: Step;
  /** The client's credentials. */
  readonly authorization: string;
}

/** The whole code flow (OpenID Connect Core, section 3.1) with PKCE S256; the last step notes the tokens. */
export async function codeFlow(
  target: LiveTarget,
  options: { readonly offline: boolean; readonly subject: () => string; readonly use?: 'code' | 'returning' },
): Promise<CodeFlow> {
  const { offline, subject, use = 'code' } = options;
  const client = await target.client(use);
  const authorization = basic(client);
  const redeem: Step = {
    name: 'token request (authorization_code)',
    request: (notes) =>
      requestText({
        method: 'POST',
        path: target.paths.token,
        authorization,
        body: form({
          grant_type: 'authorization_code',
          code: noted(notes, 'code'),
          redirect_uri: 'https://client.example.org/cb',
          code_verifier: codeVerifier,
        }),
      }),
    status: 200,
    read: (answer, notes) => {
      notes.values.set('access_token', stringMember(answer, 'access_token'));
      notes.values.set('id_token', stringMember(answer, 'id_token'));
      if (offline) notes.values.set('refresh_token', stringMember(answer, 'refresh_token'));
    },
  };
  const codeChallenge = hash('sha256', codeVerifier, 'base64url');
  const ask = { client, scope: userScope, codeChallenge, offline, subject };
  return { steps: [...target.authorize(ask), redeem], ask, redeem, authorization };
}

/** Sends a step once, so that a wrong answer shows before the load, and hands its answer to `check`. */
export async function tryOut(target: LiveTarget, step: Step, check: NonNullable<Step['read']>): Promise<void> {
  await converseOnce(target.process.port, [{ ...step, read: check }]);
}
