import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../config/load-settings.ts';
import { integer, text } from '../../config/property.ts';
import { textLayer } from '../../config/settings-layer.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { errorReply } from '../../protocol/replies.ts';
import { createConfigCheck } from './config-check.ts';

const groups = {
  all: { port: integer('http.port', 8080, 'Port.', { max: 65_535 }), name: text('op.name', 'Name.') },
};
const endpoint = createConfigCheck((content) => {
  const { layer, problems } = textLayer(content, 'configuration');
  return loadSettings(groups, { layers: [layer], problems }).problems;
});

async function post(body: string | Buffer, contentType: string | undefined = 'text/plain; charset=UTF-8') {
  const headers = { 'content-type': contentType };
  try {
    return await endpoint({ method: 'POST', params: {}, query: '', headers, body: Buffer.from(body) });
  } catch (error) {
    if (error instanceof OAuthError) return errorReply(error);
    throw error;
  }
}

describe('POST /config/check', () => {
  it.each(['', '# nothing', 'http.port = 1', 'op.nonsense = a warning only'])('accepts %j', async (body) => {
    expect(await post(body)).toMatchObject({ status: 204, body: '' });
  });

  it.each([
    ['http.port = 70000\nop.name=x', 'Invalid configuration: http.port: expected at most 65535'],
    ['op.name=\\u00zz', 'Invalid configuration: configuration line 1: expected four hexadecimal digits after u'],
    [
      'monitor.apiAccessToken=s3cret',
      'Invalid configuration: monitor.apiAccessToken: is refused: a plain API token must not stand in a configuration',
    ],
    ['#'.repeat(50_001), 'The request body is too large: at most 50000 bytes are taken'],
    [Buffer.from('op.name=Caf\xe9', 'latin1'), 'The configuration is not valid UTF-8'],
  ])('refuses %#', async (body, description) => {
    const reply = await post(body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(String(reply.body))).toEqual({ error: 'invalid_request', error_description: description });
  });

  it.each(['application/json', ''])('refuses the content type %j', async (contentType) => {
    expect(await post('', contentType)).toMatchObject({ status: 400 });
  });
});
