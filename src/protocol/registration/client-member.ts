import type { Json, JsonObject } from '../../domain/json.ts';
import type { Provider } from '../context.ts';
import { kind } from '../features/kinds.ts';
import type { Privilege, Registrant } from './registrant.ts';

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

/**
 * Whether a value gives a client no more power than it holds; `undefined`: it has none, and holds none. Both are as they
 * are stored.
 */
export type Within = (value: Json | undefined, held: Json | undefined, provider: Provider) => boolean;

/** A member of the client metadata that is checked and stored. */
export interface ClientMember {
  readonly name: string;
  readonly check: Check;
  /** `name#tag` is a member as well (OpenID Connect Dynamic Client Registration, section 2.1). */
  readonly tagged: boolean;
  /**
   * Set for a member that carries power: a client that updates its own registration may keep what it holds or give some of it
   * up, and gets no more; leaving the member out keeps it. A registration access token lies where the client lies, and must not
   * be worth more than the client is.
   */
  readonly power: Within | undefined;
  /** The value of a client that says nothing, by what else it says; none by default. */
  readonly defaultValue: ((provider: Provider, metadata: JsonObject) => Json | undefined) | undefined;
  /** Holds the member against the others, defaults filled in, whether or not it is there. Throws `OAuthError`. */
  readonly agree: ((metadata: JsonObject, provider: Provider) => void) | undefined;
}

/** Members of the client metadata. Others are ignored. */
export const clientMembers = kind<ClientMember>('client metadata member');

/** Declares a member; what is not said is not there. */
export function clientMember(
  name: string,
  check: Check,
  more?: Partial<Pick<ClientMember, 'tagged' | 'power' | 'defaultValue' | 'agree'>>,
): ClientMember {
  return {
    name,
    check,
    tagged: more?.tagged ?? false,
    power: more?.power,
    defaultValue: more?.defaultValue,
    agree: more?.agree,
  };
}

/**
 * Whether the registrant may register what needs the privilege. A client that updates its own registration passes: what it holds
 * it may keep, and that it gets no more is held by the `power` of the member.
 */
export function mayRegister({ registrant }: CheckContext, privilege: Privilege): boolean {
  return registrant.kind === 'client' || registrant.may(privilege);
}
