import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCheckedLookup, type ResolveAll } from '../../src/plugins/fetch/checked-lookup.ts';
import { createHttpFetch, type HttpFetchOptions } from '../../src/plugins/fetch/safe-fetch.ts';
import { FetchError, type FetchRequest } from '../../src/ports/http-fetch.ts';
import { checkUrl } from '../../src/protocol/outgoing/check-url.ts';
import { isForbiddenAddress } from '../../src/protocol/outgoing/forbidden-addresses.ts';

const strict = { allowHttp: true, allowPrivateAddresses: false };
let server: Server;
let base: string;
let port: number;
let handler: RequestListener;
let hits = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    hits++;
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  hits = 0;
  handler = (_request, response) => response.end('ok');
});

/** Resolves every name to the addresses of the next answer; the last one stays. */
function resolver(...answers: string[][]): ResolveAll & { calls: number } {
  const resolve = Object.assign(
    (...[, , callback]: Parameters<ResolveAll>) => {
      const addresses = answers[Math.min(resolve.calls++, answers.length - 1)] ?? [];
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
    { calls: 0 },
  );
  return resolve;
}

const get = (url: string, options: HttpFetchOptions = {}, request: Partial<FetchRequest> = {}) =>
  createHttpFetch(options).fetch({ url, connectTimeout: 1000, readTimeout: 1000, maxSize: 1000, ...request });

const refusal = async (...call: Parameters<typeof get>): Promise<string> => {
  try {
    await get(...call);
  } catch (error) {
    if (error instanceof FetchError) return error.reason;
    throw error;
  }
  return 'fetched';
};

const serving = (respond: (response: ServerResponse, request: IncomingMessage) => void) => {
  handler = (request, response) => respond(response, request);
};

/** Answers from the local server as if it were a public one; the rules for answers are the same. */
const near: HttpFetchOptions = { allowHttp: true, allowPrivateAddresses: true };

describe('a URL of a client', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0x7f.0.0.1/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:169.254.169.254]/latest/meta-data/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://192.0.0.192/',
    'http://198.19.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('%s is refused by its address', async (url) => {
    expect(await refusal(url, { allowHttp: true })).toBe('forbidden-address');
  });

  test.each([
    'http://public.example/',
    'file:///etc/passwd',
    'ftp://public.example/',
    'gopher://public.example/',
    'data:text/plain,x',
    'javascript:x',
    'https://user@public.example/',
    'https://user:password@public.example/',
    'https://public.example@127.0.0.1/',
    'https://public.example:22/',
    'https://public.example:25/',
    'https://public.example:0/',
    'https://[fe80::1%25eth0]/',
    'https://',
    '//public.example/',
    'public.example',
    `https://public.example/${'a'.repeat(2048)}`,
    '',
  ])('%s is refused as such', async (url) => {
    const resolve = resolver(['127.0.0.1']);
    expect(await refusal(url, { resolve })).toBe('forbidden-url');
    expect(resolve.calls).toBe(0);
  });

  test('a public one passes', () => {
    for (const url of [
      'https://rp.example/jwks',
      'https://rp.example:8443/',
      'http://1.1.1.1/',
      'http://[2606:4700::1]/',
    ]) {
      expect(checkUrl(url, strict).href).toContain('http');
    }
  });
});

describe('a name of a client', () => {
  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:10.0.0.1']],
    [['169.254.169.254']],
    [['93.184.216.34', '127.0.0.1']],
    [['2606:4700::1', 'fd00::1']],
  ])('that resolves to %j is refused before anything is connected to', async (addresses) => {
    const url = `http://rp.example:${port}/`;
    expect(await refusal(url, { allowHttp: true, resolve: resolver(addresses) })).toBe('forbidden-address');
    expect(hits).toBe(0);
  });

  test('that is local by its own meaning is refused with the system’s resolver', async () => {
    expect(await refusal(`http://localhost:${port}/`, { allowHttp: true })).toBe('forbidden-address');
    expect(hits).toBe(0);
  });

  test('that changes its address gains nothing: what is checked is what is connected to', async () => {
    const resolve = resolver(['93.184.216.34', '2606:4700::1'], ['127.0.0.1']);
    const lookup = createCheckedLookup(resolve);
    const ask = (all: boolean) =>
      new Promise<unknown>((settle) => lookup('rebind.example', { all }, (error, answer) => settle(error ?? answer)));
    expect(await ask(true)).toStrictEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
    expect(resolve.calls).toBe(1);
    expect(await ask(false)).toMatchObject({ reason: 'forbidden-address' });
    expect(await refusal(`http://rebind.example:${port}/`, { allowHttp: true, resolve })).toBe('forbidden-address');
    expect(hits).toBe(0);
  });

  test('that has no address is a network error', async () => {
    expect(await refusal('https://rp.example/', { resolve: resolver([]) })).toBe('network');
  });

  test('leaves the operator’s own URLs alone', async () => {
    const { status, body } = await get(`${base}/claims`, {}, { trusted: true });
    expect([status, body]).toStrictEqual([200, 'ok']);
  });
});

describe('an answer', () => {
  test('arrives with status, type and text', async () => {
    serving((response, request) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"a":"ü"}');
    });
    expect(await get(base, near)).toStrictEqual({ status: 404, contentType: 'application/json', body: '{"a":"ü"}' });
  });

  test('of a POST arrives, and the body was sent', async () => {
    serving((response, request) => request.pipe(response));
    const { body } = await get(base, near, { method: 'POST', body: 'Привет' });
    expect(body).toBe('Привет');
  });

  test.each([301, 302, 303, 307, 308])('with a redirect %i to the metadata service is refused', async (status) => {
    serving((response) => response.writeHead(status, { Location: 'http://169.254.169.254/latest/meta-data/' }).end());
    expect(await refusal(base, near)).toBe('redirect');
    expect(hits).toBe(1);
  });

  test('that announces too much is refused at once', async () => {
    serving((response) => {
      response.writeHead(200, { 'Content-Length': String(2 ** 40) });
      response.flushHeaders();
    });
    expect(await refusal(base, near)).toBe('too-large');
  });

  test('that does not end is cut off at the limit', async () => {
    let sent = 0;
    let closed: Promise<void> | undefined;
    serving((response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      const pump = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1000, 97))) sent += 1000;
        if (!response.destroyed) response.once('drain', pump);
      };
      pump();
    });
    expect(await refusal(base, near, { maxSize: 50_000 })).toBe('too-large');
    await closed;
    expect(sent).toBeLessThan(20_000_000);
  });

  test('of exactly the limit is fine, of one byte more is not', async () => {
    serving((response) => response.end('a'.repeat(1000)));
    expect((await get(base, near)).body).toHaveLength(1000);
    serving((response) => {
      response.write('a'.repeat(1000));
      response.end('a');
    });
    expect(await refusal(base, near)).toBe('too-large');
  });

  test('that drips is cut off by the total time', async () => {
    let dripping: NodeJS.Timeout | undefined;
    serving((response) => {
      response.writeHead(200);
      dripping = setInterval(() => response.write('a'), 10);
      response.on('close', () => clearInterval(dripping));
    });
    expect(await refusal(base, { ...near, totalTimeout: 150 })).toBe('timeout');
  });

  test('that never begins is cut off by the read time', async () => {
    serving(() => {});
    expect(await refusal(base, near, { readTimeout: 60 })).toBe('timeout');
  });

  test('whose TLS handshake never begins is cut off by the connect time', async () => {
    const silent = createTcpServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const at = typeof address === 'object' && address ? address.port : 0;
    expect(await refusal(`https://127.0.0.1:${at}/`, near, { connectTimeout: 60 })).toBe('timeout');
    silent.close();
  });

  test.each(['gzip', 'br', 'zstd'])('in %s is refused unread', async (coding) => {
    serving((response) => response.writeHead(200, { 'Content-Encoding': coding }).end('bomb'));
    expect(await refusal(base, near)).toBe('network');
  });

  test('with huge headers is refused', async () => {
    serving((response) => response.writeHead(200, { 'X-Large': 'a'.repeat(100_000) }).end());
    expect(await refusal(base, near)).toBe('network');
  });

  test('that breaks off is refused', async () => {
    serving((response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('a');
      setImmediate(() => response.destroy());
    });
    expect(await refusal(base, near)).toBe('network');
  });

  test('that is not UTF-8 is refused', async () => {
    serving((response) => response.end(Buffer.of(0xff, 0xfe)));
    expect(await refusal(base, near)).toBe('network');
  });

  test('that nobody gives is a network error', async () => {
    expect(await refusal('http://127.0.0.1:1/', near)).toBe('network');
  });

  test('headers cannot be smuggled in', async () => {
    expect(await refusal(base, near, { headers: { 'X-A': 'a\r\nX-B: b' } })).toBe('network');
    expect(hits).toBe(0);
  });
});

describe('isForbiddenAddress', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.255.255',
    '192.0.1.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => expect(isForbiddenAddress(address)).toBe(false));

  test('no spelling of an IPv4 address inside of an IPv6 one is public', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        return [`::ffff:${dotted}`, `::${dotted}`, `64:ff9b::${dotted}`, `2002:${hex}::1`].every(isForbiddenAddress);
      }),
    );
  });

  test('whatever is no address is forbidden', () => {
    fc.assert(fc.property(fc.string(), (text) => isForbiddenAddress(`${text}x`)));
    expect(isForbiddenAddress('2606:4700::1%eth0')).toBe(true);
    expect(isForbiddenAddress('')).toBe(true);
  });
});
