import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { FetchError } from '../../ports/http-fetch.ts';
import { isForbiddenAddress } from '../../protocol/outgoing/forbidden-addresses.ts';

/** Resolves a name to all its addresses. `node:dns` `lookup` with `all` is one. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** The resolver of the system. */
export const systemResolve: ResolveAll = (hostname, options, callback) => systemLookup(hostname, options, callback);

/**
 * A `lookup` for sockets that refuses a name as soon as one of its addresses is forbidden. What it answers is what the
 * socket connects to, so that a name that changes its addresses between check and use (DNS rebinding) gains nothing.
 */
export function createCheckedLookup(resolve: ResolveAll): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error) return callback(error, '');
      if (!first) return callback(new FetchError('network', `${hostname} has no address`), '');
      const forbidden = addresses.find(({ address }) => isForbiddenAddress(address));
      if (forbidden) {
        const text = `${hostname} resolves to ${forbidden.address}, which is not a public address`;
        return callback(new FetchError('forbidden-address', text), '');
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
