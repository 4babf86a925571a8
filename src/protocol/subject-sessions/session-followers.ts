import { type FollowSessions, nothingFollows } from '../../ports/stores/subject-sessions.ts';
import { kind, type Named, type Registry } from '../features/kinds.ts';

/** Says what follows from the end of subject sessions, however they end: by sign-out, quota, web API or expiry. */
export interface SessionFollower extends Named {
  /** What is to be kept of it, as records, in the very transaction that ends the sessions. */
  readonly follow: FollowSessions;
}

/** The followers that features add. */
export const sessionFollowers = kind<SessionFollower>('session follower');

/** All followers of a registry as one. */
export function followersIn(registry: Registry): FollowSessions {
  const followers = registry.of(sessionFollowers);
  if (followers.size === 0) return nothingFollows;
  return (ended) => [...followers.values()].flatMap(({ follow }) => follow(ended));
}
