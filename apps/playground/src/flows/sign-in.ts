import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { explainFailure, type Failure } from '../failure.ts';
import type { PlaygroundContext } from '../playground-context.ts';
import type { PlaygroundSession, ReceivedResponse, Transaction } from '../session-store.ts';
import { authorizationParameters, requestedScope, type SignInOptions } from '../sign-in-options.ts';
import { tokensOf } from './tokens-of.ts';

/** Makes an authorization request with fresh state, nonce and PKCE verifier, remembers it, and returns its URL; or why not. */
export async function beginSignIn(
  context: PlaygroundContext,
  session: PlaygroundSession,
  options: SignInOptions,
): Promise<{ readonly url: string } | { readonly failure: Failure }> {
  const found = await context.provider.metadata();
  if ('failure' in found) return found;
  const codeVerifier = randomPKCECodeVerifier();
  const once = {
    state: randomState(),
    nonce: randomNonce(),
    codeChallenge: await calculatePKCECodeChallenge(codeVerifier),
  };
  const { configuration } = context.provider.converse(found.metadata);
  const url = buildAuthorizationUrl(configuration, authorizationParameters(options, context, once)).href;
  context.sessions.begin(session, {
    state: once.state,
    ...(requestedScope(options).split(' ').includes('openid') && { nonce: once.nonce }),
    codeVerifier,
    ...(options.maxAge !== '' && { maxAge: Number(options.maxAge) }),
    url,
  });
  return { url };
}

async function redeem(
  context: PlaygroundContext,
  session: PlaygroundSession,
  transaction: Transaction,
  parameters: URLSearchParams,
): Promise<Failure | undefined> {
  const found = await context.provider.metadata();
  if ('failure' in found) return found.failure;
  const { configuration, recorder } = context.provider.converse(found.metadata);
  const at = context.clock.now();
  let failure: Failure | undefined;
  try {
    const currentUrl = new URL(`${context.redirectUri}?${parameters}`);
    const response = await authorizationCodeGrant(configuration, currentUrl, {
      expectedState: transaction.state,
      pkceCodeVerifier: transaction.codeVerifier,
      ...(transaction.nonce !== undefined && { expectedNonce: transaction.nonce }),
      ...(transaction.maxAge !== undefined && { maxAge: transaction.maxAge }),
    });
    session.tokens = tokensOf(response, configuration, at);
    // Whatever was done with the tokens of an earlier sign-in says nothing about these.
    session.steps.clear();
  } catch (error) {
    failure = explainFailure(error, recorder.exchanges);
    session.steps.delete('token');
  }
  if (recorder.exchanges.length > 0) {
    const { exchanges } = recorder;
    session.steps.set('token', { kind: 'token', at, exchanges, ...(failure !== undefined && { failure }) });
  }
  return failure;
}

/**
 * Takes an authorization response (RFC 6749 section 4.1.2) and redeems its code. False when its `state` is not on its way in
 * this browser: then nothing was changed and nothing was sent. The outcome, good or bad, is in the session.
 */
export async function finishSignIn(
  context: PlaygroundContext,
  session: PlaygroundSession,
  response: ReceivedResponse,
): Promise<boolean> {
  const parameters = new URLSearchParams(response.fields.map(([name, value]) => [name, value]));
  const transaction = context.sessions.take(session, parameters.get('state') ?? '');
  if (transaction === undefined) return false;
  session.answered = { requestUrl: transaction.url, response };
  const failure = await redeem(context, session, transaction, parameters);
  if (failure === undefined) delete session.failure;
  else session.failure = failure;
  return true;
}
