import { createHmac, randomBytes } from 'node:crypto';
import type { Reply } from '../../kit/src/exchange.ts';

/** One post of a form by a browser that the form was made for. */
export interface FormPost {
  /** Random identity of the browser, from its cookie. */
  readonly browser: string;
  readonly path: string;
  /** The whole body, form token included. */
  readonly body: string;
  /** The browser's subject session as of now: while the form is being worked on it may become another. */
  session(): string | undefined;
}

/** Answers a form once, however often a hasty finger sends it. */
export interface DoublePosts {
  /**
   * The reply to the last form of this browser, if this is the same form again, posted within seconds or while the first is
   * being answered; else that of `work`. A browser that posts twice waits for the second reply only, and the form is used up by
   * then. Rejects as `work` does.
   */
  answer(post: FormPost, work: () => Promise<Reply>): Promise<Reply>;
}

interface Answered {
  readonly digest: string;
  readonly reply: Promise<Reply>;
  /** The subject sessions that the browser may have when it posts again: before the form and after it. */
  readonly sessions: Set<string | undefined>;
  /** Milliseconds; without end while there is no reply. */
  until: number;
}

const KEPT_FOR = 10_000;
const MOST = 500;

/**
 * {@link DoublePosts} in the memory of this process, on the clock `now` (milliseconds): the last form of each browser, for ten
 * seconds, of at most 500 browsers. Only replies that went well are kept once they are there.
 */
export function createDoublePosts(now: () => number): DoublePosts {
  const last = new Map<string, Answered>();
  // Bodies hold passwords, so that a plain digest of them could be guessed at.
  const secret = randomBytes(32);
  const digestOf = ({ path, body }: FormPost) =>
    createHmac('sha256', secret).update(`${path.length}:${path}${body}`).digest('base64url');

  const makeRoom = () => {
    for (const [browser, { until }] of last) if (until <= now()) last.delete(browser);
    for (const oldest of last.keys()) {
      if (last.size < MOST) break;
      last.delete(oldest);
    }
  };
  const settle = async (post: FormPost, answered: Answered) => {
    const drop = () => {
      if (last.get(post.browser) === answered) last.delete(post.browser);
    };
    try {
      const { page } = await answered.reply;
      // What failed has used nothing up: the next post is a new try.
      if (page !== undefined && page.status >= 400) return drop();
      answered.sessions.add(post.session());
      answered.until = now() + KEPT_FOR;
    } catch {
      // The failure itself goes to those who asked for the reply.
      drop();
    }
  };

  return {
    async answer(post, work) {
      makeRoom();
      const digest = digestOf(post);
      const session = post.session();
      const earlier = last.get(post.browser);
      if (earlier?.digest === digest && earlier.sessions.has(session)) return earlier.reply;
      // Any other form may change what the earlier one stood on, so its reply goes: after a sign-out the same name and password
      // are a new sign-in.
      last.delete(post.browser);
      const answered: Answered = {
        digest,
        reply: work(),
        sessions: new Set([session]),
        until: Number.POSITIVE_INFINITY,
      };
      last.set(post.browser, answered);
      void settle(post, answered);
      return answered.reply;
    },
  };
}
