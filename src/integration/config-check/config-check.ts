import type { SettingsProblem } from '../../config/problem.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { bodyText, type ExpectedBody } from '../../protocol/params/body-text.ts';
import { emptyReply } from '../../protocol/replies.ts';

/** Bytes of a configuration that is taken. */
export const maxConfiguration = 50_000;

const propertiesText: ExpectedBody = {
  mediaType: 'text/plain',
  noun: 'configuration',
  malformed: 'invalid-configuration',
};

/**
 * `POST /config/check`: 204 when the server would start with the properties text of the body; throws `invalid-parameter`, naming
 * the first bad property, when not, and what a body throws that is none. Nothing is applied.
 *
 * @param check the checks of the start, over the text of a properties file; the values themselves are never answered
 */
export function createConfigCheck(
  check: (text: string) => readonly SettingsProblem[] | Promise<readonly SettingsProblem[]>,
): (request: HttpRequest) => Promise<HttpReply> {
  return async (request) => {
    const fatal = (await check(bodyText(request, maxConfiguration, propertiesText))).find(
      ({ severity }) => severity === 'fatal',
    );
    if (!fatal) return emptyReply(204);
    const subject = fatal.property === '' ? fatal.source : fatal.property;
    const told = `Invalid configuration: ${subject}: ${fatal.message}`;
    throw new OAuthError('invalid-parameter', told, told);
  };
}
