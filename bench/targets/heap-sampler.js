// Preloaded into a server (so it stays JavaScript) to report its used heap, in bytes: as `heap` the least of the last five
// seconds, and at SIGUSR2, after a full collection, as `kept` what survives.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const used = () => getHeapStatistics().used_heap_size;

let least = Number.POSITIVE_INFINITY;
setInterval(() => {
  least = Math.min(least, used());
}, 100).unref();
setInterval(() => {
  process.send?.({ heap: least });
  least = Number.POSITIVE_INFINITY;
}, 5000).unref();
process.on('SIGUSR2', () => {
  collect();
  process.send?.({ kept: used() });
});
process.channel?.unref();
