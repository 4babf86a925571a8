import {
  constantRequest,
  inTurn,
  json,
  memberAt,
  type Notes,
  noteCode,
  noted,
  requestText,
  type Step,
  stringMember,
} from '../conversation.ts';
import { type AuthorizationAsk, authorizationQuery } from './target.ts';

const path = '/authz-sessions/rest/v3';

/** The three requests that a login page sends to Tessera's authorization session API; the bare server knows them too. */
export function sessionApiSteps(
  ask: AuthorizationAsk,
  options: { readonly authorization?: string; readonly longLived: boolean },
): readonly Step[] {
  const authorized = options.authorization === undefined ? {} : { authorization: options.authorization };
  const query = authorizationQuery(ask).toString();
  const consent = json({
    scope: ask.scope.split(' '),
    claims: ['email', 'email_verified'],
    long_lived: options.longLived,
    access_token: { encoding: 'IDENTIFIER' },
    id_token: { allow_refresh: ask.offline },
    refresh_token: { issue: ask.offline },
  });
  return [
    {
      name: 'start',
      request: constantRequest({ method: 'POST', path, ...authorized, body: json({ query }) }),
      status: 200,
      read: (answer, notes) => notes.values.set('sid', stringMember(answer, 'sid')),
    },
    {
      name: 'sign in',
      request: (notes) =>
        requestText({
          method: 'PUT',
          path: `${path}/${noted(notes, 'sid')}`,
          ...authorized,
          body: json({ sub: ask.subject() }),
        }),
      status: 200,
    },
    {
      name: 'consent',
      request: (notes) =>
        requestText({ method: 'PUT', path: `${path}/${noted(notes, 'sid')}`, ...authorized, body: consent }),
      status: 200,
      read: (answer, notes) => {
        noteCode(memberAt(answer, 'parameters', 'uri'), notes);
        if (ask.offline) notes.values.set('sub_sid', stringMember(answer, 'sub_sid'));
      },
    },
  ];
}

/** The start of an authorization session with the subject session of an earlier visit: answered with the redirection. */
export function sessionApiReturn(
  ask: AuthorizationAsk,
  visits: readonly Notes[],
  options: { readonly authorization: string | undefined },
): Step {
  const query = authorizationQuery(ask).toString();
  const requests = visits.map((visit) =>
    requestText({
      method: 'POST',
      path,
      authorization: options.authorization,
      body: json({ query, sub_sid: noted(visit, 'sub_sid') }),
    }),
  );
  return {
    name: 'start with a session',
    request: inTurn(requests),
    status: 200,
    read: (answer, notes) => noteCode(memberAt(answer, 'parameters', 'uri'), notes),
  };
}
