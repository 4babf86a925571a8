import { freePort, startServer } from '../processes.ts';
import { buildServer } from './build-server.ts';
import type { BenchKeys } from './keys.ts';
import { sessionApiReturn, sessionApiSteps } from './session-api.ts';
import type { Target } from './target.ts';

const secret = 'a-client-secret-of-forty-three-characters--';
const registrationToken = 'an-initial-access-token-of-the-bare-server';

/** The bare node:http server: what the unavoidable work alone allows. */
export async function bareTarget(options: { readonly keys: BenchKeys; readonly pinned: boolean }): Promise<Target> {
  const file = await buildServer('bare-server');
  return {
    name: 'bare',
    start: async (setting) => {
      const port = await freePort();
      const server = await startServer({
        command: process.execPath,
        args: [file],
        env: {
          BENCH_PORT: String(port),
          BENCH_TOKENS: setting.clientCredentialsTokens,
          BENCH_SECRET: secret,
          BENCH_REGISTRATION_TOKEN: registrationToken,
          BENCH_KEYS: JSON.stringify(options.keys.signing),
        },
        port,
        readyPath: '/',
        pinned: options.pinned,
      });
      return {
        process: server,
        paths: {
          discovery: '/.well-known/openid-configuration',
          jwks: '/jwks.json',
          token: '/token',
          introspection: '/token/introspect',
          userInfo: '/userinfo',
          registration: '/clients',
        },
        registrationToken,
        client: async (use) => ({ id: use, secret }),
        authorize: (ask) => sessionApiSteps(ask, { longLived: true }),
        comeAgain: (ask, visits) => sessionApiReturn(ask, visits, { authorization: undefined }),
      };
    },
  };
}
