import { expect, test } from 'vitest';
import { randomToken } from '../../kit/src/random-token.ts';
import { createSessionStore } from './session-store.ts';

const transaction = (state: string) => ({ state, codeVerifier: 'v', url: 'https://op.example/authorize' });

test('a session is forgotten after two idle hours', () => {
  let now = 0;
  const store = createSessionStore(() => now);
  const session = store.open(randomToken());
  now = 7200;
  expect(store.find(session.id)).toBe(session);
  now = 14_401;
  expect(store.find(session.id)).toBeUndefined();
});

test('the number of sessions is bounded, and the least recently used goes first', () => {
  const store = createSessionStore(() => 0);
  const [first, second] = [store.open(randomToken()), store.open(randomToken())];
  for (let count = 0; count < 199; count += 1) {
    store.find(first.id);
    store.open(randomToken());
  }
  expect(store.find(first.id)).toBe(first);
  expect(store.find(second.id)).toBeUndefined();
});

test('of the requests on their way the latest five stay', () => {
  const store = createSessionStore(() => 0);
  const session = store.open(randomToken());
  for (const state of ['1', '2', '3', '4', '5', '6']) store.begin(session, transaction(state));
  expect(store.take(session, '1')).toBeUndefined();
  expect(store.take(session, '6')?.state).toBe('6');
  expect(store.take(session, '6')).toBeUndefined();
});

test('a parked response goes to its owner, once, and to no other', () => {
  const store = createSessionStore(() => 0);
  const [owner, other] = [store.open(randomToken()), store.open(randomToken())];
  store.begin(owner, transaction('s'));
  const response = { mode: 'form_post', fields: [['state', 's']] } as const;
  const handle = store.park('s', response) ?? '';
  expect(store.park('unknown', response)).toBeUndefined();
  expect(store.takeParked(other, handle)).toBeUndefined();
  expect(store.takeParked(owner, handle)).toBe(response);
  expect(store.takeParked(owner, handle)).toBeUndefined();
});
