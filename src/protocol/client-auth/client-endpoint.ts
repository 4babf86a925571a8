import { OAuthError } from '../../errors/oauth-error.ts';
import type { EventEntry, NoFields } from '../../events/event.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import { type Form, type FormOptions, formBody } from '../params/form.ts';
import { refusalReply } from '../replies.ts';

/** A request to a back-channel endpoint whose caller is known. */
export interface ClientRequest<Caller> {
  readonly caller: Caller;
  readonly form: Form;
  readonly http: HttpRequest;
}

/** An endpoint that clients post forms to: what makes it different from the others. */
export interface ClientEndpoint<Caller> {
  /** Told of what is no fault of the caller. */
  readonly failure: EventEntry<NoFields>;
  /** The timer of each request, e.g. `tokenEndpoint.requestTimer`; `undefined`: none. */
  readonly timer: string | undefined;
  /** How the form is read. */
  readonly form: FormOptions;
  /** Who calls. Throws an `OAuthError` for somebody who may not. */
  authenticate(ctx: RequestContext, request: HttpRequest, form: Form): Promise<Caller>;
  /** Serves an authenticated caller. Throws an `OAuthError` to refuse. */
  serve(ctx: RequestContext, request: ClientRequest<Caller>): HttpReply | Promise<HttpReply>;
  /** Tells of a refusal. `form` is `undefined` when it could not be read. */
  refused(ctx: RequestContext, error: OAuthError, form: Form | undefined): void;
  /** Tells of a failure that is no fault of the caller where the endpoint does so in more detail. */
  failed?(ctx: RequestContext, form: Form | undefined): void;
}

/**
 * The endpoint with what is the same for all of them (RFC 6749, section 3.2): the form is read within
 * `op.token.httpMaxRequestSize`, the caller is authenticated and served, and a refusal is answered with its challenge.
 */
export function clientEndpoint<Caller>(provider: Provider, endpoint: ClientEndpoint<Caller>): Endpoint {
  const { metrics, settingsOf } = provider;
  const limit = settingsOf(tokenProperties).httpMaxRequestSize;
  const timer = endpoint.timer === undefined ? undefined : metrics.timer(endpoint.timer);
  return async (ctx, http) => {
    const started = performance.now();
    let form: Form | undefined;
    try {
      form = formBody(http, limit, endpoint.form);
      const caller = await endpoint.authenticate(ctx, http, form);
      return await endpoint.serve(ctx, { caller, form, http });
    } catch (error) {
      if (!(error instanceof OAuthError)) {
        ctx.emit(endpoint.failure);
        endpoint.failed?.(ctx, form);
        throw error;
      }
      endpoint.refused(ctx, error, form);
      return refusalReply(error);
    } finally {
      timer?.record(performance.now() - started);
    }
  };
}
