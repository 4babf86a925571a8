import type { Client } from '../domain/client.ts';
import { splitWords } from '../domain/scope.ts';
import { OAuthError } from '../errors/oauth-error.ts';

/** Resources in one request or registration at most. */
export const maxResources = 20;

/** True for a resource indicator: an absolute URI without fragment (RFC 8707, section 2). */
export function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

/**
 * The values of `resource` in a request, each once; some clients put several into one, with spaces between. Throws
 * `invalid-target` for what is no resource indicator, for none and for too many.
 */
export function requestedResources(values: readonly string[]): readonly string[] {
  if (values.length === 0) return values;
  const resources = [...new Set(values.flatMap(splitWords))];
  if (resources.length === 0 || resources.length > maxResources || !resources.every(isResource)) {
    throw new OAuthError('invalid-target', `resource must be absolute URIs without fragment, at most ${maxResources}`);
  }
  return resources;
}

/** A client that has registered resources may ask for those alone (`resources`). Throws `invalid-target`. */
export function refuseUnregistered(client: Client, resources: readonly string[]): void {
  const { resources: registered } = client;
  const stranger = registered && resources.find((resource) => !registered.has(resource));
  if (stranger === undefined) return;
  throw new OAuthError('invalid-target', `${stranger} is not among the registered resources of the client (resources)`);
}
