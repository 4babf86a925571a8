import { connect, type Socket } from 'node:net';
import { type Notes, newNotes, type Step } from './conversation.ts';
import { type Answer, readAnswer } from './http-answer.ts';

/** What to send, to whom, and for how long. */
export interface Load {
  readonly port: number;
  /** Done again and again by each connection, one step after the other. */
  readonly steps: readonly Step[];
  /** Keep-alive connections; each has one request under way at a time. */
  readonly connections: number;
  readonly seconds: number;
  /**
   * True: the generator sleeps when it has nothing to do. For a database on its core, which on a virtual machine would hear
   * that its data is on disk only at the next tick of a clock (4 ms) while the core is never idle.
   */
  readonly sleeps: boolean;
}

/** What came of a load. */
export interface LoadResult {
  /** Conversations completed within the time. */
  readonly completed: number;
  /** Also those that were under way at its end and were waited for. */
  readonly completedInAll: number;
  /** Measured length of the time. */
  readonly seconds: number;
  /** One per completed conversation, ascending, milliseconds. */
  readonly latencies: Float64Array;
  /** Share of the time (0 to 1) in which the generator had something to do. Close to 1 it measures itself. */
  readonly busy: number;
}

const bytesPerConnection = 65_536;

/**
 * Keeps every connection busy for the given time. Unless it is told to, the event loop never sleeps meanwhile: a sleeping
 * generator has to be woken by the server, and on a virtual machine the server pays for it (up to a third of its rate).
 *
 * @throws Error at the first answer with another status than the step's, with its body, and when a connection breaks.
 */
export async function applyLoad(load: Load): Promise<LoadResult> {
  let latencies = new Float64Array(262_144);
  let completed = 0;
  let answers = 0;
  const started = performance.now();
  const deadline = started + load.seconds * 1000;
  const idleness = load.sleeps ? watchSleep() : keepAwake(() => answers);
  let completedInTime = 0;
  try {
    await Promise.all(
      Array.from({ length: load.connections }, () =>
        converse(load, {
          answered: () => {
            answers += 1;
          },
          finished: (begun, now) => {
            if (completed === latencies.length) latencies = grown(latencies);
            latencies[completed] = now - begun;
            completed += 1;
            if (now >= deadline) return false;
            completedInTime = completed;
            return true;
          },
        }),
      ),
    );
  } finally {
    idleness.stop();
  }
  const elapsed = performance.now() - started;
  return {
    completed: completedInTime,
    completedInAll: completed,
    seconds: load.seconds,
    latencies: latencies.slice(0, completedInTime).sort(),
    busy: 1 - idleness.idleFor() / elapsed,
  };
}

/** Runs a conversation once and returns its notes: for preparing a scenario through the front door. */
export async function converseOnce(port: number, steps: readonly Step[]): Promise<Notes> {
  const notes = newNotes();
  await converse({ port, steps }, { answered: () => {}, finished: () => false, notes });
  return notes;
}

interface Observer {
  readonly answered: () => void;
  /** Called after the last step; false ends the connection. Times by `performance.now()`. */
  readonly finished: (begun: number, now: number) => boolean;
  /** Notes for all conversations of the connection; fresh ones for each when absent. */
  readonly notes?: Notes;
}

/** One connection: repeats the steps until the observer has enough, then closes. */
function converse(load: Pick<Load, 'port' | 'steps'>, observer: Observer): Promise<void> {
  const { port, steps } = load;
  return new Promise((resolve, reject) => {
    let at = 0;
    let notes = observer.notes ?? newNotes();
    let begun = 0;
    let received = '';
    // One buffer for all reads of the connection: the stream machinery would cost a third of the generator's rate.
    const buffer = Buffer.allocUnsafe(bytesPerConnection);
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: receive } });

    function fail(problem: unknown): void {
      socket.destroy();
      const what = problem instanceof Error ? problem.message : String(problem);
      reject(new Error(`step "${steps[at]?.name}": ${what}`));
    }

    function send(): void {
      const step = steps[at];
      if (step === undefined) throw new Error('a conversation needs a step');
      if (typeof step.request === 'function') socket.write(step.request(notes), 'latin1');
      else socket.write(step.request);
    }

    function receive(bytes: number): boolean {
      try {
        const text = buffer.toString('latin1', 0, bytes);
        received = received === '' ? text : received + text;
        const answer = readAnswer(received);
        if (answer !== undefined) {
          received = '';
          observer.answered();
          proceed(answer);
        }
      } catch (problem) {
        fail(problem);
      }
      return true;
    }

    function proceed(answer: Answer): void {
      const step = steps[at];
      if (answer.status !== step?.status) {
        throw new Error(`answered ${answer.status} instead of ${step?.status}: ${answer.body.slice(0, 2000)}`);
      }
      step.read?.(answer, notes);
      at += 1;
      if (at === steps.length) {
        at = 0;
        const now = performance.now();
        if (!observer.finished(begun, now)) {
          socket.destroy();
          resolve();
          return;
        }
        begun = now;
        if (observer.notes === undefined && steps.length > 1) notes = newNotes();
      }
      send();
    }

    socket.on('connect', () => {
      begun = performance.now();
      try {
        send();
      } catch (problem) {
        fail(problem);
      }
    });
    socket.on('error', fail);
    socket.on('close', () => fail('the server closed the connection'));
  });
}

/** Makes libuv poll instead of wait, and sums up the turns of the event loop that brought no answer, milliseconds. */
function keepAwake(answers: () => number): { stop: () => void; idleFor: () => number } {
  let idle = 0;
  let seen = 0;
  let stopped = false;
  let turnBegan = performance.now();
  const turn = (): void => {
    const now = performance.now();
    if (answers() === seen) idle += now - turnBegan;
    else seen = answers();
    turnBegan = now;
    if (!stopped) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop: () => {
      stopped = true;
    },
    idleFor: () => idle,
  };
}

/** The time that the event loop slept, milliseconds. */
function watchSleep(): { stop: () => void; idleFor: () => number } {
  const before = performance.eventLoopUtilization();
  return { stop: () => {}, idleFor: () => performance.eventLoopUtilization(before).idle };
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
