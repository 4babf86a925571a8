import { fetchUserInfo, refreshTokenGrant, skipSubjectCheck, tokenIntrospection, tokenRevocation } from 'openid-client';
import { explainFailure, type Failure } from '../failure.ts';
import type { PlaygroundContext } from '../playground-context.ts';
import type { Conversation } from '../provider.ts';
import type { PlaygroundSession, StepKind, Tokens } from '../session-store.ts';
import { tokensOf } from './tokens-of.ts';

/** What the buttons do; `token` belongs to the sign-in. */
export type ActionKind = Exclude<StepKind, 'token'>;

type Action = (input: {
  readonly conversation: Conversation;
  readonly session: PlaygroundSession;
  readonly tokens: Tokens;
  /** Unix seconds. */
  readonly at: number;
}) => Promise<unknown>;

const ACTIONS: Readonly<Record<ActionKind, Action>> = {
  async refresh({ conversation: { configuration }, session, tokens, at }) {
    if (tokens.refreshToken === undefined) throw new Error('There is no refresh token.');
    const response = await refreshTokenGrant(configuration, tokens.refreshToken);
    session.tokens = tokensOf(response, configuration, at, tokens);
  },
  userinfo: ({ conversation: { configuration }, tokens }) =>
    fetchUserInfo(configuration, tokens.accessToken, tokens.subject ?? skipSubjectCheck),
  introspect: ({ conversation: { configuration }, tokens }) =>
    tokenIntrospection(configuration, tokens.accessToken, { token_type_hint: 'access_token' }),
  'revoke-access': ({ conversation: { configuration }, tokens }) =>
    tokenRevocation(configuration, tokens.accessToken, { token_type_hint: 'access_token' }),
  'revoke-refresh': async ({ conversation: { configuration }, tokens }) => {
    if (tokens.refreshToken === undefined) throw new Error('There is no refresh token.');
    await tokenRevocation(configuration, tokens.refreshToken, { token_type_hint: 'refresh_token' });
  },
};

/** Runs one action with the tokens of the session, and keeps what went over the wire there as the latest step. */
export async function runAction(
  context: PlaygroundContext,
  session: PlaygroundSession,
  tokens: Tokens,
  kind: ActionKind,
): Promise<void> {
  const at = context.clock.now();
  const record = (exchanges: Conversation['recorder']['exchanges'], failure?: Failure) => {
    // Deleted first, so that the most recent step is the last of the map.
    session.steps.delete(kind);
    session.steps.set(kind, { kind, at, exchanges, ...(failure !== undefined && { failure }) });
  };
  const found = await context.provider.metadata();
  if ('failure' in found) return record([], found.failure);
  const conversation = context.provider.converse(found.metadata);
  const { exchanges } = conversation.recorder;
  try {
    await ACTIONS[kind]({ conversation, session, tokens, at });
    record(exchanges);
  } catch (error) {
    record(exchanges, explainFailure(error, exchanges));
  }
}
