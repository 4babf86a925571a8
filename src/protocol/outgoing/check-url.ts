import { isIP } from 'node:net';
import { isLoopbackHost } from '../../domain/loopback.ts';
import { FetchError } from '../../ports/http-fetch.ts';
import { isForbiddenAddress } from './forbidden-addresses.ts';

/** What a URL may be. */
export interface UrlPolicy {
  readonly allowHttp: boolean;
  readonly allowPrivateAddresses: boolean;
}

export const maxUrlLength = 2048;

/**
 * Parses a URL to fetch. Throws `FetchError` `forbidden-url` for another scheme than https (or http where allowed), a
 * userinfo part, or a privileged port other than 80 and 443, behind which no web server is expected; `forbidden-address` for
 * an IP literal, in whichever spelling, that is not a public address. The message names the host at most: paths and
 * queries may hold secrets.
 */
export function checkUrl(text: string, policy: UrlPolicy): URL {
  if (text.length > maxUrlLength || !URL.canParse(text)) throw new FetchError('forbidden-url', 'not an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(policy.allowHttp && url.protocol === 'http:')) {
    throw new FetchError(
      'forbidden-url',
      `the scheme ${url.protocol.slice(0, 20)} is not allowed, expected ${policy.allowHttp ? 'https: or http:' : 'https:'}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchError('forbidden-url', `the URL for ${url.hostname} has a userinfo part`);
  }
  if (policy.allowPrivateAddresses) return url;
  // Without a public address behind it a port says nothing; with one, it keeps the server from talking to mail and the like.
  const port = Number(url.port);
  if (port !== 0 && port < 1024 && port !== 80 && port !== 443) {
    throw new FetchError('forbidden-url', `the port ${port} of ${url.hostname} is not allowed`);
  }
  if (url.port === '0') throw new FetchError('forbidden-url', `the port 0 of ${url.hostname} is not allowed`);
  // Sockets resolve names only: a literal never reaches the checked lookup.
  const address = literalOf(url.hostname);
  if (address !== undefined && isForbiddenAddress(address)) {
    throw new FetchError('forbidden-address', `${address} is not a public address`);
  }
  return url;
}

/**
 * Why a URL could never be fetched, for the operator; `undefined` where it may be. Beside what `checkUrl` says, the names of
 * this machine are no public hosts (RFC 6761, section 6.3).
 */
export function refusedUrl(text: string, policy: UrlPolicy): string | undefined {
  try {
    const { hostname } = checkUrl(text, policy);
    const local = !policy.allowPrivateAddresses && isLoopbackHost(hostname);
    return local ? `${hostname} is this machine` : undefined;
  } catch (error) {
    if (error instanceof FetchError) return error.message;
    throw error;
  }
}

/** The IP address that a host is, as URL parsers leave it (decimal, octal, hexadecimal and short forms are resolved). */
function literalOf(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) ? bare : undefined;
}
