import type { Client } from '../domain/client.ts';
import { OAuthError } from '../errors/oauth-error.ts';

/** Resources in one request or registration at most. */
export const maxResources = 20;

/** True for a resource indicator: an absolute URI without fragment (RFC 8707, section 2). */
export function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

/** The values of `resource` in a request, each once. Throws `invalid-target` for what is no resource indicator, or too many. */
export function requestedResources(values: readonly string[]): readonly string[] {
  if (values.length === 0) return values;
  if (values.length > maxResources || !values.every(isResource)) {
    throw new OAuthError('invalid-target', `resource must be absolute URIs without fragment, at most ${maxResources}`);
  }
  return [...new Set(values)];
}

/** A client that has registered resources may ask for those alone (`resources`). Throws `invalid-target`. */
export function refuseUnregistered(client: Client, resources: readonly string[]): void {
  const { resources: registered } = client;
  const stranger = registered && resources.find((resource) => !registered.has(resource));
  if (stranger === undefined) return;
  throw new OAuthError('invalid-target', `${stranger} is not among the registered resources of the client (resources)`);
}
