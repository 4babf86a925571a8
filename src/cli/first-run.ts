import { demoApiToken, demoClient } from '../demo.ts';
import { messageOf } from '../domain/error-message.ts';
import { isJsonObject } from '../domain/json.ts';
import { CommandFailed } from './command.ts';

/** Where the server is: for browsers, and for this process. */
interface Place {
  readonly issuer: string;
  readonly api: string;
}

/** Where public sample clients expect their answer; who runs them has them on this machine. */
const sampleRedirectUri = 'http://127.0.0.1:8080/oidc-client/cb';

/** Registers the demo client through the web API, or brings its registration up to date with the issuer. */
export async function registerDemoClient({
  api,
  issuer,
}: {
  readonly api: string;
  readonly issuer: string;
}): Promise<void> {
  const metadata = {
    client_name: 'Tessera playground',
    client_uri: `${issuer}/playground`,
    policy_uri: `${issuer}/playground#policy`,
    tos_uri: `${issuer}/playground#terms`,
    redirect_uris: [`${issuer}/playground/callback`, sampleRedirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: 'openid profile email address phone offline_access read write',
  };
  const path = `${api}/clients/${demoClient.id}`;
  const known = await call(path, 'GET');
  const response = known.ok
    ? await call(path, 'PUT', { ...metadata, client_id: demoClient.id, preferred_client_secret: demoClient.secret })
    : await call(`${api}/clients`, 'POST', {
        ...metadata,
        preferred_client_id: demoClient.id,
        preferred_client_secret: demoClient.secret,
      });
  if (!response.ok) {
    const remedy = 'tessera dev needs op.reg.apiAccessTokenSHA256 as it is by default, open to the public demo token.';
    throw new CommandFailed(`The demo client cannot be registered: ${await response.text()}. ${remedy}`);
  }
}

function call(url: string, method: string, body?: object): Promise<Response> {
  return reach(url, {
    method,
    headers: { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Like `fetch`, whose own error says nothing of the reason. */
async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
    throw new CommandFailed(`The server does not answer at ${url}: ${reason}. Check http.host and http.port.`);
  }
}

/** What the terminal shows: where to click, as whom, and a token to play with. */
export async function welcome({ issuer, api, port }: Place & { readonly port: number }): Promise<string> {
  const credentials = `${demoClient.id}:${demoClient.secret}`;
  const response = await reach(`${api}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
  });
  const answer: unknown = await response.json();
  const token = isJsonObject(answer) && typeof answer['access_token'] === 'string' ? answer['access_token'] : undefined;
  if (token === undefined) {
    const remedy = 'tessera dev needs op.grantHandler.clientCredentials.simpleHandler.enable=true.';
    throw new CommandFailed(`The demo client gets no token: ${JSON.stringify(answer)}. ${remedy}`);
  }
  // With an issuer of another port somebody has to forward to this one.
  const behindProxy = new URL(api).port === new URL(issuer).port ? '' : `, listening at port ${port}`;
  return `
  Tessera is ready${behindProxy}.

  Click through a login     ${issuer}/playground
  Sign in as                alice / secret   (or bob / secret)
  Discovery                 ${issuer}/.well-known/openid-configuration

  An access token of the demo client, good for ten minutes:

TOKEN=${token}

  Another one:

curl -s -u ${credentials} -d grant_type=client_credentials -d scope=read ${issuer}/token

  What it says:

curl -s -u ${credentials} -d token=$TOKEN ${issuer}/token/introspect

  Every web API is open to the public demo token ${demoApiToken}.
  For anything but a look around: tessera serve --config FILE. Stop with Ctrl-C.
`;
}
