import type { EventEntry, EventFields, FieldsOf, FieldTypes, NoFields } from '../events/event.ts';
import { noFields } from '../ports/events.ts';
import type { Provider, RequestContext } from './context.ts';

/** The context of a request. */
export function requestContext(provider: Provider, requestId: string): RequestContext {
  return new Context(provider, requestId);
}

/** A class, because there is one for each request, and methods on a prototype cost nothing then. */
class Context implements RequestContext {
  readonly provider: Provider;
  readonly requestId: string;

  constructor(provider: Provider, requestId: string) {
    this.provider = provider;
    this.requestId = requestId;
  }

  emit(event: EventEntry<NoFields>): void;
  emit<F extends FieldTypes>(event: EventEntry<F>, fields: FieldsOf<F>, error?: unknown): void;
  emit(event: EventEntry, fields: EventFields = noFields, error?: unknown): void {
    this.provider.events.publish(event, fields, error, this.requestId);
  }
}
