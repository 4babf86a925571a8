import { expect, test } from 'vitest';
import { humanDuration, humanTime } from './human-time.ts';

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [90, '1.5 minutes'],
  [600, '10 minutes'],
  [3569, '59 minutes'],
  [3570, '1 hour'],
  [3599, '1 hour'],
  [3600, '1 hour'],
  [86_399, '1 day'],
  [86_400 * 30, '30 days'],
  [-120, '2 minutes'],
])('%d seconds are %s', (seconds, words) => {
  expect(humanDuration(seconds)).toBe(words);
});

test('a time says when, and how far that is from now', () => {
  expect(humanTime(600, 0)).toBe('1970-01-01 00:10:00 UTC (in 10 minutes)');
  expect(humanTime(0, 3600)).toBe('1970-01-01 00:00:00 UTC (1 hour ago)');
  expect(humanTime(5, 5)).toBe('1970-01-01 00:00:05 UTC (now)');
  expect(humanTime(1e300, 0)).toBe('1e+300 (not a time)');
});
