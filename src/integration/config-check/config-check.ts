import type { SettingsProblem } from '../../config/problem.ts';
import type { ErrorId } from '../../errors/catalogue.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { mediaType } from '../../protocol/params/form.ts';
import { emptyReply, errorReply } from '../../protocol/replies.ts';

/** Characters of a configuration that is taken. */
const longest = 50_000;

/**
 * `POST /config/check`: 204 when the server would start with the properties text of the body, 400 naming the first bad
 * property when not. Nothing is applied.
 *
 * @param check the checks of the start, over the text of a properties file; the values themselves are never answered
 */
export function createConfigCheck(
  check: (text: string) => readonly SettingsProblem[] | Promise<readonly SettingsProblem[]>,
): (request: HttpRequest) => Promise<HttpReply> {
  return async (request) => {
    if (mediaType(request) !== 'text/plain')
      return refusal('unexpected-content-type', 'The content type must be text/plain');
    const text = request.body.toString('utf8');
    if (text.length > longest)
      return refusal('body-too-large', `The configuration is longer than ${longest} characters`);
    const fatal = (await check(text)).find(({ severity }) => severity === 'fatal');
    if (!fatal) return emptyReply(204);
    const subject = fatal.property === '' ? fatal.source : fatal.property;
    return refusal('invalid-parameter', `Invalid configuration: ${subject}: ${fatal.message}`);
  };
}

function refusal(id: ErrorId, description: string): HttpReply {
  return errorReply(new OAuthError(id, description, description));
}
