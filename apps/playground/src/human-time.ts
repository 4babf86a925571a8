/** Smallest first; `full` of a unit make one of the next. */
const UNITS: readonly (readonly [seconds: number, name: string, full: number])[] = [
  [1, 'second', 60],
  [60, 'minute', 60],
  [3_600, 'hour', 24],
];
const LARGEST = [86_400, 'day'] as const;

/**
 * A duration in the largest unit that fits, such as `10 minutes`; an amount that rounds to a whole larger unit is told in
 * that one: 3,599 seconds are an hour, not 60 minutes. Negative values count as their amount. Seconds in.
 */
export function humanDuration(seconds: number): string {
  const amount = Math.abs(Math.round(seconds));
  const [size, name] = UNITS.find(([unit, , full]) => inUnits(amount, unit) < full) ?? LARGEST;
  const shown = inUnits(amount, size);
  return `${shown} ${name}${shown === 1 ? '' : 's'}`;
}

/** How often the unit goes into the amount, with one decimal below ten, so that 90 minutes do not turn into two hours. */
function inUnits(amount: number, size: number): number {
  const tenths = Math.round((amount / size) * 10);
  return tenths < 100 ? tenths / 10 : Math.round(amount / size);
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
