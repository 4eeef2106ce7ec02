import { NotEnoughData } from '../errors.ts';
import type { CatalogueEntry } from '../features/catalogue.ts';
import type { BatchValues } from '../features/item.ts';
import { SESSION_IDLE_MS } from '../features/session-rule.ts';
import { applyToUser, emptyUser, type UserState } from '../features/user.ts';
import { compileVector, type FeatureVector } from '../features/vector.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../features/visitor.ts';
import { quantile } from '../math/quantile.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import type { FeatureValue } from '../schemas/score.ts';
import type { BatchFeatures } from './batch-features.ts';

/** Model inputs: what the events alone decide and the stream keeps. */
export function modelInputs(catalogue: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  return trainingInputs(catalogue).filter((entry) => entry.computed_by === 'stream');
}

/** Those, and what snapshots tell. */
export function trainingInputs(catalogue: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  return catalogue.filter((entry) => !entry.online_only);
}

/** A session as far as the rows need it. */
interface SessionRows {
  /** Linked user, else visitor: the unit of splits and of the bootstrap. */
  unit: number;
  readonly start: number;
  end: number;
  prefixes: number;
  bought: boolean;
  /** Bots by their rate: not folded any more, so no shopper's behaviour. */
  inhuman: boolean;
}

/**
 * Training and evaluation rows: one for each event of a session up to its first purchase, with the
 * features as they stood right after that event. Columns of row values are dense arrays.
 */
export interface PrefixRows {
  readonly features: readonly CatalogueEntry[];
  readonly length: number;
  /** Per row: number of its session, its unit, its place in the session from 1, its source row. */
  readonly session: Int32Array;
  readonly unit: Int32Array;
  readonly prefix: Int32Array;
  readonly sourceRow: Int32Array;
  /** Event time, epoch milliseconds. */
  readonly time: Float64Array;
  /** Rows of the row's session. */
  readonly prefixes: Int32Array;
  /** First and last event of the row's session, purchases included, epoch milliseconds. */
  readonly sessionStart: Float64Array;
  readonly sessionEnd: Float64Array;
  /** 1 where the session buys later on. */
  readonly label: Uint8Array;
  /** 1 / prefixes: every session counts once. */
  readonly weight: Float64Array;
  /** 1 where a user is linked to the visitor. */
  readonly known: Uint8Array;
  /** Of the row's event, two letters, null where unknown. */
  readonly country: readonly (string | null)[];
  /**
   * 1 where the label cannot be relied on: the session may have been open at the end of its part of
   * the data (see `settleMs`), or is a bot's.
   */
  readonly censored: Uint8Array;
  /** Part of the data, from 0, in the order replayed. */
  readonly part: Uint8Array;
  /** By part: a session with an event this close to the end of the data counts as still open. */
  readonly settleMs: readonly number[];
  /** Value of a feature in a row: a finite number or NaN; the index of a category, or NaN. */
  value(row: number, feature: number): number;
  /** Categories by feature index; empty for numbers. */
  readonly categories: readonly (readonly string[])[];
  /** The row as the scorer would get it. */
  vector(row: number, features: readonly number[]): FeatureValue[];
}

/** Sees each row as it is made, with the state that its features were read from. */
export type RowWatcher = (
  row: number,
  event: EnrichedEvent,
  visitor: VisitorState,
  user: UserState | null,
  product: BatchValues | null,
) => void;

interface Part {
  readonly firstSession: number;
  /** Newest event time, epoch milliseconds. */
  end: number;
  /** Between the events of its sessions, milliseconds. */
  readonly gaps: number[];
}

const BLOCK_ROWS = 4096;
/** Of the gaps inside sessions, this share is shorter than a silence that ends a session. */
const SETTLED_QUANTILE = 0.99;

/**
 * Replays events in order_key order through the same fold that serves and collects the rows. State
 * carries over from part to part; sessions are counted within their part.
 */
export class PrefixReplay {
  readonly #features: readonly CatalogueEntry[];
  readonly #timeZone: string;
  readonly #vector: FeatureVector;
  readonly #batch: BatchFeatures | null;
  readonly #visitors = new Map<string, VisitorState>();
  readonly #users = new Map<string, UserState>();
  readonly #units = new Map<string, number>();
  readonly #sessions: SessionRows[] = [];
  /** Of the current part, by visitor: which session its rows go to. */
  readonly #open = new Map<string, { ordinal: number; session: number }>();
  readonly #blocks: Float64Array[] = [];
  readonly #categoryIndex: readonly Map<string, number>[];
  readonly #session: number[] = [];
  readonly #prefix: number[] = [];
  readonly #sourceRow: number[] = [];
  readonly #time: number[] = [];
  readonly #known: number[] = [];
  readonly #country: (string | null)[] = [];
  readonly #watch: RowWatcher | null;
  readonly #parts: Part[] = [];

  /**
   * @param timeZone the shop's IANA time zone
   * @param batch the snapshots that batch features are read from; null: they are missing
   */
  constructor(
    features: readonly CatalogueEntry[],
    timeZone: string,
    watch: RowWatcher | null = null,
    batch: BatchFeatures | null = null,
  ) {
    this.#watch = watch;
    this.#batch = batch;
    this.#features = features;
    this.#timeZone = timeZone;
    this.#vector = compileVector(features.map(({ name }) => name));
    this.#categoryIndex = features.map(() => new Map());
    this.startPart();
  }

  /** From here on, events belong to the next part of the data (e.g. the test file). */
  startPart(): void {
    this.#open.clear();
    this.#parts.push({
      firstSession: this.#sessions.length,
      end: Number.NEGATIVE_INFINITY,
      gaps: [],
    });
  }

  /** @param sourceRow whatever identifies the event to the caller, e.g. its row in a file */
  add(event: EnrichedEvent, sourceRow = 0): void {
    if (event.is_bot) return;
    const visitor = this.#stateOf(event.visitor);
    const { disposition, contribution } = applyToVisitor(visitor, event, null);
    if (contribution !== null) {
      let user = this.#users.get(contribution.user);
      if (user === undefined) {
        user = emptyUser();
        this.#users.set(contribution.user, user);
      }
      applyToUser(user, contribution);
    }
    if (disposition === 'late' || visitor.session === null) return;
    const time = Date.parse(event.event_timestamp);
    const part = this.#parts[this.#parts.length - 1] as Part;
    part.end = Math.max(part.end, time);
    const index = this.#sessionOf(event.visitor, visitor, visitor.session.ordinal, time);
    const session = this.#sessions[index] as SessionRows;
    if (time > session.end) part.gaps.push(time - session.end);
    session.end = Math.max(session.end, time);
    session.unit = this.#unitOf(visitor.user ?? event.visitor);
    session.inhuman ||= visitor.session.inhuman;
    if (event.event_type === 'purchase') session.bought = true;
    if (session.bought) return;
    session.prefixes++;
    this.#appendRow(index, session.prefixes, time, visitor, event, sourceRow);
  }

  #stateOf(visitor: string): VisitorState {
    let state = this.#visitors.get(visitor);
    if (state === undefined) {
      state = emptyVisitor();
      this.#visitors.set(visitor, state);
    }
    return state;
  }

  #unitOf(id: string): number {
    const known = this.#units.get(id);
    if (known !== undefined) return known;
    this.#units.set(id, this.#units.size);
    return this.#units.size - 1;
  }

  #sessionOf(id: string, visitor: VisitorState, ordinal: number, time: number): number {
    const open = this.#open.get(id);
    if (open?.ordinal === ordinal) return open.session;
    const session = this.#sessions.length;
    this.#sessions.push({
      unit: this.#unitOf(visitor.user ?? id),
      start: time,
      end: time,
      prefixes: 0,
      bought: false,
      inhuman: false,
    });
    this.#open.set(id, { ordinal, session });
    return session;
  }

  #appendRow(
    session: number,
    prefix: number,
    time: number,
    visitor: VisitorState,
    event: EnrichedEvent,
    sourceRow: number,
  ): void {
    const user = visitor.user === null ? null : (this.#users.get(visitor.user) ?? null);
    if (user !== null && this.#batch !== null)
      user.batch = this.#batch.at('user', visitor.user as string, time);
    const { product_id } = event;
    const product =
      product_id === null ? null : (this.#batch?.at('product', product_id, time) ?? null);
    const values = this.#vector(
      { visitor, user, product },
      { at: time, product_id, timeZone: this.#timeZone },
    );
    const width = this.#features.length;
    const place = this.#session.length % BLOCK_ROWS;
    if (place === 0) this.#blocks.push(new Float64Array(BLOCK_ROWS * width));
    const block = this.#blocks[this.#blocks.length - 1] as Float64Array;
    for (let feature = 0; feature < width; feature++)
      block[place * width + feature] = this.#encode(feature, values[feature] ?? null);
    this.#session.push(session);
    this.#prefix.push(prefix);
    this.#sourceRow.push(sourceRow);
    this.#time.push(time);
    this.#known.push(visitor.user === null ? 0 : 1);
    this.#country.push(event.country);
    this.#watch?.(this.#session.length - 1, event, visitor, user, product);
  }

  #encode(feature: number, value: FeatureValue): number {
    if (value === null) return Number.NaN;
    if (typeof value === 'number') return value;
    const index = this.#categoryIndex[feature] as Map<string, number>;
    const code = index.get(value) ?? index.size;
    index.set(value, code);
    return code;
  }

  /** @throws NotEnoughData when no event made a row */
  finish(): PrefixRows {
    const length = this.#session.length;
    if (length === 0)
      throw new NotEnoughData(
        'no event before a purchase was found: import events first, or widen the time range',
      );
    const sessionOf = (row: number) => this.#sessions[this.#session[row] as number] as SessionRows;
    const part = filled(new Uint8Array(length), (row) => this.#partOf(row));
    const settleMs = this.#parts.map((_, index) => this.#settleMs(index));
    const perRow = (read: (session: SessionRows) => number) =>
      filled(new Float64Array(length), (row) => read(sessionOf(row)));
    const width = this.#features.length;
    const blocks = this.#blocks;
    const value = (row: number, feature: number) =>
      (blocks[Math.floor(row / BLOCK_ROWS)] as Float64Array)[
        (row % BLOCK_ROWS) * width + feature
      ] as number;
    const categories = this.#categoryIndex.map((index) => [...index.keys()]);
    const types = this.#features.map(({ type }) => type);
    return {
      features: this.#features,
      length,
      session: Int32Array.from(this.#session),
      unit: filled(new Int32Array(length), (row) => sessionOf(row).unit),
      prefix: Int32Array.from(this.#prefix),
      sourceRow: Int32Array.from(this.#sourceRow),
      time: Float64Array.from(this.#time),
      prefixes: filled(new Int32Array(length), (row) => sessionOf(row).prefixes),
      sessionStart: perRow(({ start }) => start),
      sessionEnd: perRow(({ end }) => end),
      label: filled(new Uint8Array(length), (row) => (sessionOf(row).bought ? 1 : 0)),
      weight: perRow(({ prefixes }) => 1 / prefixes),
      known: Uint8Array.from(this.#known),
      country: this.#country,
      censored: filled(new Uint8Array(length), (row) => {
        const { end, inhuman } = sessionOf(row);
        const index = part[row] as number;
        const settled = (this.#parts[index] as Part).end - (settleMs[index] as number);
        return inhuman || end >= settled ? 1 : 0;
      }),
      settleMs,
      part,
      value,
      categories,
      vector: (row, features) =>
        features.map((feature) => {
          const encoded = value(row, feature);
          if (Number.isNaN(encoded)) return null;
          return types[feature] === 'number'
            ? encoded
            : ((categories[feature] as readonly string[])[encoded] ?? null);
        }),
    };
  }

  #partOf(row: number): number {
    const session = this.#session[row] as number;
    let part = this.#parts.length - 1;
    while (part > 0 && session < (this.#parts[part] as Part).firstSession) part--;
    return part;
  }

  /**
   * 30 minutes, the rule that ends sessions. In an excerpt so short that this would leave out more
   * than half of its sessions: the gap that 99 % of the gaps inside its sessions are shorter than.
   */
  #settleMs(index: number): number {
    const { firstSession, end, gaps } = this.#parts[index] as Part;
    const sessions = this.#sessions.slice(firstSession, this.#parts[index + 1]?.firstSession);
    const open = sessions.filter((session) => session.end >= end - SESSION_IDLE_MS);
    if (open.length <= sessions.length / 2 || gaps.length === 0) return SESSION_IDLE_MS;
    return Math.min(SESSION_IDLE_MS, quantile(Float64Array.from(gaps).sort(), SETTLED_QUANTILE));
  }
}

/** Not `from`, which takes ten times as long over what is no array. */
function filled<Column extends Uint8Array | Int32Array | Float64Array>(
  column: Column,
  read: (row: number) => number,
): Column {
  for (let row = 0; row < column.length; row++) column[row] = read(row);
  return column;
}
