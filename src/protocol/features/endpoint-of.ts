import type { Endpoint, Provider, Route } from '../context.ts';

/** The endpoint of one route out of several that are made together. Throws an `Error` when it is not among them. */
export function endpointOf(
  make: (provider: Provider) => readonly Route[],
  method: Route['method'],
  path: string,
): (provider: Provider) => Endpoint {
  return (provider) => {
    const route = make(provider).find((each) => each.method === method && each.path === path);
    if (!route) throw new Error(`there is no endpoint for ${method} ${path}`);
    return route.endpoint;
  };
}
