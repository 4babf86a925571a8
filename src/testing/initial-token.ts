import type { AccessToken } from '../domain/access-token.ts';
import type { Provider } from '../protocol/context.ts';
import { writeAccessTokenJwt } from '../protocol/issuing/access-token.ts';
import { accessToken } from './contract-subject.ts';

/**
 * For tests: a self-contained initial access token for client registration, good for ten minutes, with other members where
 * they are given.
 *
 * @example await initialAccessToken(server.provider, { scope: ['client-reg', 'client-reg:set-id'] })
 */
export function initialAccessToken(provider: Provider, members: Partial<AccessToken> = {}): Promise<string> {
  const now = provider.clock.now();
  const id = provider.random.text(16);
  return writeAccessTokenJwt(
    provider,
    accessToken(now + 600, {
      issuer: provider.issuer,
      clientId: 'portal',
      scope: ['client-reg'],
      audience: [provider.issuer],
      id,
      grantId: id,
      ...members,
    }),
  );
}
