// Preloaded into a server (so it stays JavaScript) to report its used heap: each message is the least of the last five
// seconds, in bytes, which is near what survives a collection.
import { getHeapStatistics } from 'node:v8';

let least = Number.POSITIVE_INFINITY;
setInterval(() => {
  least = Math.min(least, getHeapStatistics().used_heap_size);
}, 100).unref();
setInterval(() => {
  process.send?.(least);
  least = Number.POSITIVE_INFINITY;
}, 5000).unref();
process.channel?.unref();
