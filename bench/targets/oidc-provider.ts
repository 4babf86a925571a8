import {
  constantRequest,
  form,
  inTurn,
  locationPath,
  type Notes,
  noteCode,
  noted,
  requestText,
  type Step,
} from '../conversation.ts';
import { headerOf } from '../http-answer.ts';
import { freePort, startServer } from '../processes.ts';
import { buildServer } from './build-server.ts';
import type { BenchKeys } from './keys.ts';
import { type AuthorizationAsk, authorizationQuery, redirectUri, type Target } from './target.ts';

const secret = 'a-client-secret-of-forty-three-characters--';
const registrationToken = 'an-initial-access-token-of-oidc-provider';

/** oidc-provider in a process of its own. */
export async function oidcProviderTarget(options: {
  readonly keys: BenchKeys;
  readonly pinned: boolean;
}): Promise<Target> {
  const file = await buildServer('oidc-provider-server');
  return {
    name: 'oidc-provider',
    start: async (setting) => {
      const port = await freePort();
      const server = await startServer({
        command: process.execPath,
        args: [file],
        env: {
          BENCH_PORT: String(port),
          BENCH_TOKENS: setting.clientCredentialsTokens,
          BENCH_SECRET: secret,
          BENCH_REDIRECT_URI: redirectUri,
          BENCH_REGISTRATION_TOKEN: registrationToken,
          BENCH_KEYS: JSON.stringify(options.keys.signing),
        },
        port,
        readyPath: '/.well-known/openid-configuration',
        pinned: options.pinned,
      });
      return {
        process: server,
        paths: {
          discovery: '/.well-known/openid-configuration',
          jwks: '/jwks',
          token: '/token',
          introspection: '/token/introspection',
          userInfo: '/me',
          registration: '/reg',
        },
        registrationToken,
        client: async (use) => ({ id: use, secret }),
        authorize: (ask) => browserSteps(ask),
        comeAgain: returnStep,
      };
    },
  };
}

/** What a browser does: the authorization endpoint, two interaction pages with their forms, and the redirections between. */
function browserSteps(ask: AuthorizationAsk): readonly Step[] {
  const query = authorizationQuery(ask);
  if (ask.offline) {
    query.set('scope', `${ask.scope} offline_access`);
    query.set('prompt', 'consent');
  }
  return [
    {
      name: 'authorization request',
      request: constantRequest({ method: 'GET', path: `/auth?${query}` }),
      status: 303,
      read: followLater,
    },
    get('login page', 200),
    submit('sign in', () => form({ login: ask.subject() })),
    get('resume after sign-in', 303),
    get('consent page', 200),
    submit('consent', () => form({})),
    {
      ...get('resume after consent', 303),
      read: (answer, notes) => {
        notes.cookies.store(answer);
        noteCode(headerOf(answer, 'location'), notes);
      },
    },
  ];
}

/** The authorization endpoint with the session cookie. Without the scope that would ask for consent again. */
function returnStep(ask: AuthorizationAsk, visits: readonly Notes[]): Step {
  const path = `/auth?${authorizationQuery(ask)}`;
  return {
    name: 'authorization request with a session',
    request: inTurn(
      visits.map(({ cookies }) => requestText({ method: 'GET', path, cookieLine: cookies.headerLine(path) })),
    ),
    status: 303,
    read: (answer, notes) => noteCode(headerOf(answer, 'location'), notes),
  };
}

const followLater: NonNullable<Step['read']> = (answer, notes) => {
  notes.cookies.store(answer);
  if (answer.status === 303) notes.values.set('next', locationPath(answer));
};

function get(name: string, status: number): Step {
  return {
    name,
    request: (notes) => {
      const path = noted(notes, 'next');
      return requestText({ method: 'GET', path, cookieLine: notes.cookies.headerLine(path) });
    },
    status,
    read: followLater,
  };
}

function submit(name: string, body: () => ReturnType<typeof form>): Step {
  return {
    name,
    request: (notes) => {
      const path = noted(notes, 'next');
      return requestText({ method: 'POST', path, cookieLine: notes.cookies.headerLine(path), body: body() });
    },
    status: 303,
    read: followLater,
  };
}
