import { hash53 } from '../features/hash.ts';
import {
  COUNTED_FIELDS,
  type DataProfile,
  type FaultProblem,
  SKETCHED_CATEGORIES,
} from '../schemas/data-profile.ts';
import { EVENT_TYPES, enrichedEvent } from '../schemas/event.ts';
import { Examples } from './data-profile-examples.ts';
import { LogHistogram } from './data-profile-histogram.ts';
import { HashSample } from './data-profile-sample.ts';
import { SessionSample } from './data-profile-sessions.ts';

const EVENT_IDS = 4096;
const CATEGORIES = 1024;
const FAULTS = 256;
/** Of an event id: two tell a repeated id from a repeated delivery. */
const ORDER_KEYS = 2;
const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const NUMBERS = ['price', 'quantity'] as const;
const TIME = /^\d{4}-\d{2}-\d{2}T/;

/** Events of one type, of one day. */
interface TypeCounts {
  events: number;
  /** By place of the field in `COUNTED_FIELDS`. */
  readonly nulls: Float64Array;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Counts events one by one, or what other profilers counted, in bounded memory. The order of events
 * does not matter, nor how they are shared out among profilers that are then merged.
 */
export class DataProfiler {
  #events = 0;
  #from: string | null = null;
  #to: string | null = null;
  #unreadable = 0;
  readonly #unreadableExamples = new Examples();
  readonly #faults = new HashSample<{ events: number; readonly examples: Examples }>(FAULTS);
  /** By day, then type. */
  readonly #days = new Map<string, Map<string, TypeCounts>>();
  /** By type: of each counted field. */
  readonly #nullExamples = new Map<string, readonly Examples[]>();
  readonly #numbers = { price: new LogHistogram(), quantity: new LogHistogram() };
  readonly #categories = new Map(
    SKETCHED_CATEGORIES.map((field) => [
      field,
      { count: 0, values: new HashSample<{ events: number }>(CATEGORIES) },
    ]),
  );
  readonly #eventIds = new HashSample<{
    orderKeys: readonly number[];
    readonly examples: Examples;
  }>(EVENT_IDS);
  readonly #sessions = new SessionSample();

  /** A line that is no JSON, or a file that cannot be unpacked. */
  addUnreadable(day: string, place: string): void {
    this.#unreadable++;
    this.#unreadableExamples.add(day, place);
  }

  /**
   * @param value what a line of the lake holds, whatever that is
   * @param day `YYYY-MM-DD`, for an event without a usable time of receipt
   * @param place names a value that has no id
   */
  add(value: unknown, day: string, place: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.addUnreadable(day, place);
      return;
    }
    this.#events++;
    const event = value as Fields;
    const id = textOf(event['event_id']) ?? place;
    const received = textOf(event['received_at']);
    const ownDay = received !== null && TIME.test(received) ? received.slice(0, 10) : day;
    if (received !== null) {
      if (this.#from === null || received < this.#from) this.#from = received;
      if (this.#to === null || received > this.#to) this.#to = received;
    }
    const parsed = enrichedEvent.safeParse(event);
    if (!parsed.success) this.#addFaults(event, parsed.error.issues, ownDay, id);
    this.#countDay(event, ownDay, id);
    for (const field of NUMBERS) {
      const number = event[field];
      if (typeof number === 'number') this.#numbers[field].add(number, ownDay, id);
    }
    for (const [field, { values }] of this.#categories) {
      const text = event[field];
      if (typeof text === 'string') this.#countCategory(field, values, text);
    }
    this.#identify(event, ownDay, id);
  }

  merge(other: DataProfiler): void {
    this.#events += other.#events;
    this.#from = [this.#from, other.#from].filter((time) => time !== null).sort()[0] ?? null;
    this.#to =
      [this.#to, other.#to]
        .filter((time) => time !== null)
        .sort()
        .at(-1) ?? null;
    this.#unreadable += other.#unreadable;
    this.#unreadableExamples.merge(other.#unreadableExamples);
    this.#faults.merge(other.#faults, newFault, (into, from) => {
      into.events += from.events;
      into.examples.merge(from.examples);
    });
    for (const [day, types] of other.#days)
      for (const [type, from] of types) {
        const into = valueAt(valueAt(this.#days, day, newTypes), type, newTypeCounts);
        into.events += from.events;
        for (const [place, nulls] of from.nulls.entries())
          into.nulls[place] = (into.nulls[place] as number) + nulls;
      }
    for (const [type, from] of other.#nullExamples)
      for (const [place, into] of valueAt(this.#nullExamples, type, newNullExamples).entries())
        into.merge(from[place] as Examples);
    for (const field of NUMBERS) this.#numbers[field].merge(other.#numbers[field]);
    for (const [field, from] of other.#categories) {
      const into = this.#categories.get(field) as typeof from;
      into.count += from.count;
      into.values.merge(from.values, newCount, (left, right) => {
        left.events += right.events;
      });
    }
    this.#eventIds.merge(other.#eventIds, newIdentity, (into, from) => {
      into.orderKeys = firstOf([...into.orderKeys, ...from.orderKeys]);
      into.examples.merge(from.examples);
    });
    this.#sessions.merge(other.#sessions);
  }

  profile(): DataProfile {
    const { sessions, seconds } = this.#sessions.profile();
    const ids = this.#eventIds.entries();
    const duplicated = ids.filter(([, { orderKeys }]) => orderKeys.length > 1);
    const duplicates = new Examples();
    for (const [, { examples }] of duplicated) duplicates.merge(examples);
    return {
      events: this.#events,
      from: this.#from,
      to: this.#to,
      unreadable: { count: this.#unreadable, examples: this.#unreadableExamples.list() },
      faults: this.#faults
        .entries()
        .map(([key, { events, examples }]) => {
          const [problem, ...field] = key.split(' ');
          return {
            field: field.join(' '),
            problem: problem as FaultProblem,
            events,
            examples: examples.list(),
          };
        })
        .sort((a, b) => (`${a.field} ${a.problem}` < `${b.field} ${b.problem}` ? -1 : 1)),
      days: record(this.#days, (types) => ({
        events: record(types, ({ events }) => events),
        nulls: byField(types, ({ nulls }, place) => nulls[place] || null),
      })),
      null_examples: byField(this.#nullExamples, (fields, place) => {
        const list = fields[place]?.list() ?? [];
        return list.length === 0 ? null : list;
      }),
      numbers: {
        price: this.#numbers.price.profile(),
        quantity: this.#numbers.quantity.profile(),
        session_seconds: seconds,
      },
      categories: record(this.#categories, ({ count, values }) => ({
        count,
        distinct: values.distinct(),
        values: values
          .entries()
          .map(([value, { events }]): [string, number] => [value, events])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      })) as DataProfile['categories'],
      event_ids: {
        distinct: this.#eventIds.distinct(),
        sampled: ids.length,
        duplicated: duplicated.length,
        examples: duplicates.list(),
      },
      sessions,
    };
  }

  #addFaults(
    event: Fields,
    issues: readonly { code: string; path: PropertyKey[]; keys?: string[] }[],
    day: string,
    id: string,
  ): void {
    const found = new Set<string>();
    for (const { code, path, keys } of issues) {
      if (code === 'unrecognized_keys')
        for (const key of keys ?? []) found.add(`unknown_field ${key.slice(0, 64)}`);
      else {
        const field = String(path[0]);
        found.add(`${problemOf(event, field, code)} ${field}`);
      }
    }
    for (const key of found) {
      const fault = this.#faults.at(key, newFault);
      if (fault === null) continue;
      fault.events++;
      fault.examples.add(day, id);
    }
  }

  #countDay(event: Fields, day: string, id: string): void {
    const named = textOf(event['event_type']);
    const type = named !== null && TYPES.has(named) ? named : 'unknown';
    const counts = valueAt(valueAt(this.#days, day, newTypes), type, newTypeCounts);
    counts.events++;
    const examples = valueAt(this.#nullExamples, type, newNullExamples);
    for (let place = 0; place < COUNTED_FIELDS.length; place++) {
      if (event[COUNTED_FIELDS[place] as string] != null) continue;
      counts.nulls[place] = (counts.nulls[place] as number) + 1;
      examples[place]?.add(day, id);
    }
  }

  #countCategory(
    field: (typeof SKETCHED_CATEGORIES)[number],
    values: HashSample<{ events: number }>,
    text: string,
  ): void {
    const category = this.#categories.get(field);
    if (category !== undefined) category.count++;
    const sampled = values.at(text, newCount);
    if (sampled !== null) sampled.events++;
  }

  #identify(event: Fields, day: string, id: string): void {
    const orderKey = textOf(event['order_key']);
    const eventId = textOf(event['event_id']);
    if (orderKey === null || eventId === null) return;
    const identity = this.#eventIds.at(eventId, newIdentity);
    if (identity !== null) {
      identity.orderKeys = firstOf([...identity.orderKeys, hash53(orderKey)]);
      identity.examples.add(day, id);
    }
    const visitor = textOf(event['visitor']);
    if (visitor === null) return;
    this.#sessions.add(visitor, () => {
      const time = Date.parse(textOf(event['event_timestamp']) ?? '');
      if (Number.isNaN(time)) return null;
      return { orderKey, time, sessionId: textOf(event['session_id']) };
    });
  }
}

function problemOf(event: Fields, field: string, code: string): FaultProblem {
  if (!Object.hasOwn(event, field)) return 'missing';
  if (event[field] === null) return 'null';
  return code === 'invalid_type' ? 'wrong_type' : 'invalid';
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const newFault = () => ({ events: 0, examples: new Examples() });
const newTypes = () => new Map<string, TypeCounts>();
const newTypeCounts = (): TypeCounts => ({
  events: 0,
  nulls: new Float64Array(COUNTED_FIELDS.length),
});
const newNullExamples = (): readonly Examples[] => COUNTED_FIELDS.map(() => new Examples());
const newCount = () => ({ events: 0 });
const newIdentity = (): { orderKeys: readonly number[]; readonly examples: Examples } => ({
  orderKeys: [],
  examples: new Examples(),
});

function firstOf(orderKeys: readonly number[]): readonly number[] {
  return [...new Set(orderKeys)].sort((a, b) => a - b).slice(0, ORDER_KEYS);
}

function valueAt<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** By key, so that equal profiles are equal text. */
function record<From, To>(
  map: ReadonlyMap<string, From>,
  of: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, of(value)]),
  );
}

/** By field, then type; what is null is left out. */
function byField<Counts, To>(
  types: ReadonlyMap<string, Counts>,
  of: (counts: Counts, place: number) => To | null,
): Record<string, Record<string, To>> {
  const fields = COUNTED_FIELDS.map((field, place): [string, Map<string, To>] => {
    const found = [...types].flatMap(([type, counts]): [string, To][] => {
      const value = of(counts, place);
      return value === null ? [] : [[type, value]];
    });
    return [field, new Map(found)];
  });
  return record(new Map(fields.filter(([, found]) => found.size > 0)), (found) =>
    record(found, (value) => value),
  );
}
