import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { listen } from './listen.ts';
import { CLIENT } from './real-provider.ts';

/** An answer of the fake server. */
export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server whose answers a test decides, to show what an honest one never says. */
export interface FakeProvider {
  readonly issuer: string;
  /** Path of an endpoint -> its next answers; receives the form. Unknown paths are 404. */
  readonly answers: Map<string, (form: URLSearchParams) => FakeAnswer | Promise<FakeAnswer>>;
  /** Paths asked for, in order. */
  readonly calls: string[];
  /** A JWT of this issuer for the test client, signed with its published key, or with `forged` by another of that name. */
  sign(claims: JWTPayload, options?: { readonly forged?: boolean }): Promise<string>;
  close(): Promise<void>;
}

async function answerRequest(fake: FakeProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  fake.calls.push(path);
  const form = new URLSearchParams(await text(request));
  const answer = (await fake.answers.get(path)?.(form)) ?? { status: 404 };
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
}

/** Starts the fake server with discovery and a JWK set. */
export async function startFakeProvider(): Promise<FakeProvider> {
  const listening = await listen();
  const issuer = listening.origin;
  const real = await generateKeyPair('ES256', { extractable: true });
  const other = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(real.publicKey)), kid: 'fake-1', use: 'sig', alg: 'ES256' };
  const fake: FakeProvider = {
    issuer,
    answers: new Map(),
    calls: [],
    sign: (claims, options) =>
      new SignJWT({ iss: issuer, aud: CLIENT.clientId, sub: 'alice', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'fake-1' })
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(options?.forged === true ? other.privateKey : real.privateKey),
    close: listening.close,
  };
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
  };
  fake.answers.set('/.well-known/openid-configuration', () => ({ status: 200, body: metadata }));
  fake.answers.set('/jwks', () => ({ status: 200, body: { keys: [jwk] } }));
  listening.use((request, response) => answerRequest(fake, request, response));
  return fake;
}
