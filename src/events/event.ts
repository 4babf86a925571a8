/** What a field of an event may be; `?` where it may be `undefined`. `message` is the text of the line itself. */
export type FieldType = 'text' | 'text?' | 'number' | 'number?' | 'texts' | 'message';

/** The fields of an event, by name. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

/** An event that carries nothing. */
export type NoFields = Readonly<Record<string, never>>;

interface FieldValues {
  readonly text: string;
  readonly 'text?': string | undefined;
  readonly number: number;
  readonly 'number?': number | undefined;
  readonly texts: readonly string[];
  readonly message: string;
}

/** The values of fields. Never a credential, token, code or complete session identifier. */
export type FieldsOf<F extends FieldTypes> = { readonly [N in keyof F]: FieldValues[F[N]] };

/** The fields of any event. */
export type EventFields = Readonly<Record<string, FieldValues[FieldType]>>;

/** How much an event matters to those who read the log. */
export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/** Something that happens in the server and that others are told of. */
export interface EventEntry<F extends FieldTypes = FieldTypes> {
  /** Stable identifier in the log; `undefined` where the event is only counted. */
  readonly id: string | undefined;
  /** Severity in the log; `undefined`: it is not logged. */
  readonly level: EventLevel | undefined;
  /** The text of the line in the log, or what is counted. */
  readonly text: string;
  /** More for the operator, in Markdown: what it means, and what to do; `undefined` where the text says it all. */
  readonly meaning: string | undefined;
  readonly fields: F;
  /** The field that has the text of the line, and is not shown beside it; `undefined`: the text is always the same. */
  readonly message: string | undefined;
  /** The meter that it marks; `undefined`: it is not counted. */
  readonly meter: string | undefined;
  /**
   * The field that tells causes apart, where one cause may make thousands of lines: the first is written in full, those that follow are
   * counted. `undefined`: every event is a line.
   */
  readonly collectedBy: string | undefined;
}

/** What may be said of a logged event beyond its line. */
interface More {
  readonly meter?: string;
  readonly meaning?: string;
  readonly collectedBy?: string;
}

/** For diagnosis. */
export const debug = logged('debug');
/** What happens in the course of things. */
export const info = logged('info');
/** Suspicious, or in need of attention. */
export const warn = logged('warn');
/** A failure for an internal reason. */
export const error = logged('error');

function logged(level: EventLevel) {
  return <const F extends FieldTypes>(id: string, text: string, fields: F, more: More = {}): EventEntry<F> => ({
    id,
    level,
    text,
    meaning: more.meaning,
    fields,
    message: Object.keys(fields).find((name) => fields[name] === 'message'),
    meter: more.meter,
    collectedBy: more.collectedBy,
  });
}

/** An event that is counted and not logged. */
export function counted(meter: string, text: string): EventEntry<NoFields> {
  return {
    id: undefined,
    level: undefined,
    text,
    meaning: undefined,
    fields: {},
    message: undefined,
    meter,
    collectedBy: undefined,
  };
}
