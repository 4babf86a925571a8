import type { Json, JsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';
import { kind } from '../features/kinds.ts';
import type { Registrant } from './registrant.ts';

/** What the check of a metadata member may look at. */
export interface CheckContext {
  readonly provider: Provider;
  readonly registrant: Registrant;
  readonly applicationType: 'web' | 'native';
  /** The registered metadata at an update; empty at a registration. What a client has it may keep. */
  readonly current: JsonObject;
}

/**
 * Checks a member's value (never `null`) and answers it as it is to be stored. Throws `OAuthError`. `name` is that of the
 * member, with the language tag if there is one.
 */
export type Check = (value: Json, name: string, ctx: CheckContext) => Json;

/** A member of the client metadata that is checked and stored. */
export interface ClientMember {
  readonly name: string;
  readonly check: Check;
  /** `name#tag` is a member as well (OpenID Connect Dynamic Client Registration, section 2.1). */
  readonly tagged: boolean;
  /** Only the privileged may set it: an update by the client itself that leaves it out does not remove it. */
  readonly privileged: boolean;
  /** The value of a client that says nothing; none by default. */
  readonly defaultValue: ((provider: Provider) => Json | undefined) | undefined;
  /** Holds the member against the others, defaults filled in, whether or not it is there. Throws `OAuthError`. */
  readonly agree: ((metadata: JsonObject, provider: Provider) => void) | undefined;
}

/** Members of the client metadata. Others are ignored. */
export const clientMembers = kind<ClientMember>('client metadata member');

/** Declares a member; what is not said is not there. */
export function clientMember(
  name: string,
  check: Check,
  more?: Partial<Pick<ClientMember, 'tagged' | 'privileged' | 'defaultValue' | 'agree'>>,
): ClientMember {
  return {
    name,
    check,
    tagged: more?.tagged ?? false,
    privileged: more?.privileged ?? false,
    defaultValue: more?.defaultValue,
    agree: more?.agree,
  };
}
