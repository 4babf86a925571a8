// What the garbage collector did during five seconds under load, appended to the file named by GC_PROFILE:
//   GC_PROFILE=gc.txt npm run bench -- --target Tessera --store memory --tessera "node --import ./bench/gc-profile.js dist/main.js"
import { appendFileSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

const file = process.env['GC_PROFILE'];
const kinds = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'scavenge',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'mark-compact',
};
const durations = new Map();

new PerformanceObserver((list) => {
  for (const { detail, duration } of list.getEntries()) {
    const kind = kinds[detail.kind] ?? 'other';
    durations.set(kind, [...(durations.get(kind) ?? []), duration]);
  }
}).observe({ entryTypes: ['gc'] });

setTimeout(() => durations.clear(), 5000).unref();
setTimeout(() => {
  for (const [kind, list] of durations) {
    const sorted = [...list].sort((a, b) => a - b);
    const sum = sorted.reduce((total, each) => total + each, 0);
    const median = sorted[sorted.length >> 1] ?? 0;
    const longest = sorted.at(-1) ?? 0;
    const line = `${kind}: ${sorted.length} times, ${sum.toFixed(0)} ms in all, median ${median.toFixed(2)} ms, longest ${longest.toFixed(2)} ms`;
    if (file) appendFileSync(file, `${line}\n`);
  }
}, 10_000).unref();
