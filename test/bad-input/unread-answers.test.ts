import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { events } from '../../src/events/catalogue.ts';
import type { EventEntry, EventFields } from '../../src/events/event.ts';
import { openToAll } from '../../src/protocol/features/access.ts';
import type { Feature } from '../../src/protocol/features/feature.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { memoryInUse } from '../support/memory-in-use.ts';
import { httpRequest } from './wire.ts';

let server: TestServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** What a server under test tells of an event, and a way to wait for the next time. */
interface Watch {
  readonly seen: EventFields[];
  /** Resolves once there are so many. */
  until(count: number): Promise<void>;
}

const large = Buffer.alloc(20_000_000, 'x');

/** An answer that no kernel takes at once. */
const largeAnswer: Feature = {
  name: 'large',
  title: 'A large answer',
  routes: [
    {
      method: 'GET',
      path: '/large',
      purpose: 'A large answer',
      access: openToAll,
      endpoint: () => () => ({ status: 200, headers: {}, body: large }),
    },
  ],
};

async function start(properties: Readonly<Record<string, string>>, watched: EventEntry): Promise<Watch> {
  const seen: EventFields[] = [];
  const listening = new Set<() => void>();
  const listener = (event: EventEntry, fields: EventFields) => {
    if (event !== watched) return;
    seen.push(fields);
    for (const told of listening) told();
  };
  server = await startTestServer({ properties, features: [largeAnswer], listeners: [listener] });
  return {
    seen,
    until: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (seen.length >= count) resolve();
        };
        listening.add(check);
        check();
      }),
  };
}

async function connected(): Promise<Socket> {
  const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1');
  sockets.push(socket);
  // What the server does to a connection that it gives up is not the matter here.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A peer that goes on sending requests, as long as the server takes them, and never reads. */
async function sendWithoutReading(request: string): Promise<Socket> {
  const socket = await connected();
  const many = request.repeat(200);
  const send = () => {
    while (!socket.destroyed && socket.write(many));
  };
  socket.on('drain', send);
  send();
  return socket;
}

/** The bytes that come until the connection ends. */
async function readToTheEnd(socket: Socket): Promise<number> {
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
  return size;
}

const metadata = () => httpRequest('GET', '/.well-known/openid-configuration');

describe('a peer that sends requests and reads no answer', () => {
  test('is cut when it has not taken an answer for http.writeTimeout', async () => {
    const limits = { 'http.writeTimeout': '300', 'http.maxUnreadPerConnection': '1000000000' };
    const cut = await start(limits, events.http.readerCut);
    const peers = await Promise.all(Array.from({ length: 5 }, () => sendWithoutReading(metadata())));
    await cut.until(peers.length);
    for (const fields of cut.seen) expect(fields['property']).toBe('http.writeTimeout');
    await Promise.all(peers.map(readToTheEnd));
    // All others are served as before.
    expect((await server.send('/jwks.json')).status).toBe(200);
  });

  test.each([
    ['at once', metadata()],
    ['in a while', httpRequest('GET', '/userinfo', { Authorization: `Bearer ${'x'.repeat(40)}` })],
  ])('has answers that are made %s kept up to http.maxUnreadPerConnection and no further', async (_when, request) => {
    const cut = await start({ 'http.maxUnreadPerConnection': '100000' }, events.http.readerCut);
    const peer = await sendWithoutReading(request);
    await cut.until(1);
    expect(cut.seen[0]).toMatchObject({ property: 'http.maxUnreadPerConnection' });
    // One answer more than the limit, with what is around it.
    expect(cut.seen[0]?.['unread_bytes']).toBeLessThan(120_000);
    await readToTheEnd(peer);
  });

  test('does not fill the memory together with many of its kind, which http.maxUnread bounds', async () => {
    const limits = { 'http.maxUnread': '2000000', 'http.maxUnreadPerConnection': '1000000000' };
    const cut = await start(limits, events.http.readerCut);
    await server.send('/jwks.json');
    const before = memoryInUse();
    const peers = await Promise.all(Array.from({ length: 30 }, () => sendWithoutReading(metadata())));
    await cut.until(peers.length);
    for (const fields of cut.seen) expect(fields['property']).toBe('http.maxUnread');
    // Unbounded, each of them had ten megabytes.
    expect(memoryInUse() - before).toBeLessThan(30_000_000);
  });
});

test('a peer that reads all that it asked for is never cut, however much it asks for in one go', async () => {
  const cut = await start({ 'http.writeTimeout': '300' }, events.http.readerCut);
  const peer = await connected();
  const last = httpRequest('GET', '/.well-known/openid-configuration', { Connection: 'close' });
  peer.write(metadata().repeat(99) + last);
  expect(await readToTheEnd(peer)).toBeGreaterThan(100 * 1000);
  expect(cut.seen).toEqual([]);
});

test('one answer may be larger than all that may wait, for whoever reads it', async () => {
  const limits = { 'http.maxUnread': '65536', 'http.maxUnreadPerConnection': '1024', 'http.writeTimeout': '5000' };
  const cut = await start(limits, events.http.readerCut);
  const peer = await connected();
  peer.write(httpRequest('GET', '/large', { Connection: 'close' }));
  expect(await readToTheEnd(peer)).toBeGreaterThan(large.length);
  expect(cut.seen).toEqual([]);
});

test('a large answer that is not read is noticed, too', async () => {
  const cut = await start({ 'http.writeTimeout': '300' }, events.http.readerCut);
  const peer = await connected();
  peer.write(httpRequest('GET', '/large'));
  await cut.until(1);
  expect(cut.seen).toMatchObject([{ property: 'http.writeTimeout', answers: 1 }]);
  expect(await readToTheEnd(peer)).toBeLessThan(large.length);
});

describe('connections', () => {
  test('beyond http.maxConnections are closed at once, told of together, and let in again when there is room', async () => {
    const limits = { 'http.maxConnections': '3', 'http.writeTimeout': '400' };
    const refused = await start(limits, events.http.connectionsRefused);
    const first = await connected();
    const held = [await connected(), await connected()];
    // Accepted by the kernel first, and dropped as soon as the server looks at them.
    const surplus = await Promise.all(Array.from({ length: 4 }, connected));
    await Promise.all(surplus.map(readToTheEnd));
    await refused.until(1);
    expect(refused.seen).toEqual([{ count: 4, limit: 3 }]);
    first.destroy();
    for (const socket of held) socket.destroy();
    await expect
      .poll(() =>
        server.send('/jwks.json').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  test('on which nothing comes are closed after http.requestTimeout', async () => {
    await start({ 'http.requestTimeout': '1000' }, events.http.readerCut);
    const silent = await connected();
    await readToTheEnd(silent);
    expect(silent.destroyed).toBe(true);
  });
});
