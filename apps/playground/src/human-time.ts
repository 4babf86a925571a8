const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A duration in the largest unit that fits, such as `10 minutes`; negative values count as their amount. Seconds in. */
export function humanDuration(seconds: number): string {
  const amount = Math.abs(Math.round(seconds));
  const [size, name] = UNITS.find(([unit]) => amount >= unit) ?? [1, 'second'];
  // One decimal below ten, so that 90 minutes do not turn into two hours.
  const count = Math.round((amount / size) * 10) / 10;
  const shown = count >= 10 ? Math.round(count) : count;
  return `${shown} ${name}${shown === 1 ? '' : 's'}`;
}

/**
 * A point in time for a reader: `2026-03-01 12:00:00 UTC (in 10 minutes)`. Both in Unix seconds. A number outside of what
 * a date can hold is returned as such.
 */
export function humanTime(unixSeconds: number, now: number): string {
  const date = new Date(unixSeconds * 1000);
  if (Number.isNaN(date.getTime())) return `${unixSeconds} (not a time)`;
  const text = `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const distance = Math.round(unixSeconds - now);
  if (distance === 0) return `${text} (now)`;
  return `${text} (${distance > 0 ? `in ${humanDuration(distance)}` : `${humanDuration(distance)} ago`})`;
}
