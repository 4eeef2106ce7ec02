import type { EnrichedEvent } from '../schemas/event.ts';
import type { Entity, FeatureView, Filter } from '../schemas/feature-view.ts';
import {
  type FIELDS,
  OCCURRENCE_TYPES,
  type OccurrenceType,
} from '../schemas/feature-vocabulary.ts';
import { type Accumulator, accumulatorsFor } from './accumulators.ts';
import { addToDay, type DayTiles, utcDay } from './day-tiles.ts';
import { FIELD_READERS, type Moment } from './event-fields.ts';
import { hash53 } from './hash.ts';

/** Distinct sets of a session stop growing here, the same way wherever they are computed. */
const MAX_DISTINCT = 256;
/** Lines of one order come close together: this many orders back are recognised. */
const MAX_RECENT_VALUES = 64;
/**
 * Sums are kept as integers of 1/10,000, so that the order of addition does not matter and money
 * does not gather rounding errors.
 */
export const SUM_UNITS = 10_000;

type Scalar = number | string | null;
/** count and sum: number; min, max, first, last: scalar; the others as `emptySlot` makes them. */
export type Slot = Scalar | Scalar[] | DayTiles | Map<number, number>;

type Step = (values: Slot[], event: EnrichedEvent, moment: Moment) => void;

/** How one entity's accumulators are kept: positions, and what each kind of event does to them. */
export interface FoldPlan {
  readonly accumulators: readonly Accumulator[];
  /** Keys of all slots in order, four characters each: the layout of stored values. */
  readonly layout: string;
  readonly slotOf: ReadonlyMap<string, number>;
  readonly steps: { readonly [type in OccurrenceType]: readonly Step[] };
}

function emptySlot({ entity, function: name, keeps }: Accumulator): Slot {
  if (keeps === 'day tiles') return { days: [], sums: [] };
  if (name === 'count' || name === 'sum') return 0;
  if (name === 'last_two') return [null, null];
  if (name === 'recent_values') return new Map();
  if (name === 'distinct_count') return entity === 'user' ? 0 : [];
  return null;
}

export function emptyValues(plan: FoldPlan): Slot[] {
  return plan.accumulators.map(emptySlot);
}

export function applyEvent(
  plan: FoldPlan,
  values: Slot[],
  type: OccurrenceType,
  event: EnrichedEvent,
  moment: Moment,
): void {
  for (const step of plan.steps[type]) step(values, event, moment);
}

export function compileFold(views: readonly FeatureView[], entity: Entity): FoldPlan {
  const accumulators = accumulatorsFor(views, entity);
  const slotOf = new Map(accumulators.map(({ key }, slot) => [key, slot]));
  const steps = Object.fromEntries(
    OCCURRENCE_TYPES.map((type): [OccurrenceType, Step[]] => [type, []]),
  ) as Record<OccurrenceType, Step[]>;
  accumulators.forEach((accumulator, slot) => {
    const step = compileStep(accumulator, slot, accumulators);
    if (step === null) return;
    for (const type of typesOf(accumulator.where, entity)) steps[type].push(step);
  });
  return { accumulators, layout: accumulators.map(({ key }) => key).join(''), slotOf, steps };
}

function typesOf(where: Filter, entity: Entity): readonly OccurrenceType[] {
  if (where.event_types !== undefined) return where.event_types;
  return entity === 'user'
    ? OCCURRENCE_TYPES
    : OCCURRENCE_TYPES.filter((type) => type !== 'session_start' && type !== 'session_end');
}

function compileConditions({
  conditions,
}: Filter): ((...of: [EnrichedEvent, Moment]) => boolean) | null {
  if (conditions === undefined) return null;
  const tests = conditions.map((condition) => {
    const read = FIELD_READERS[condition.field];
    if (condition.test === 'not_null')
      return (event: EnrichedEvent, moment: Moment) => read(event, moment) !== null;
    const listed = new Set<Scalar>(condition.values);
    const wanted = condition.test === 'in';
    return (event: EnrichedEvent, moment: Moment) => listed.has(read(event, moment)) === wanted;
  });
  return (event, moment) => tests.every((test) => test(event, moment));
}

/** Null for an accumulator that another one's step keeps. */
function compileStep(
  accumulator: Accumulator,
  slot: number,
  all: readonly Accumulator[],
): Step | null {
  const unconditional = compileUnconditional(accumulator, slot, all);
  const holds = compileConditions(accumulator.where);
  if (unconditional === null || holds === null) return unconditional;
  return (values, event, moment) => {
    if (holds(event, moment)) unconditional(values, event, moment);
  };
}

function compileUnconditional(
  accumulator: Accumulator,
  slot: number,
  all: readonly Accumulator[],
): Step | null {
  const { function: name, of, keeps, entity } = accumulator;
  const read = of === null ? null : FIELD_READERS[of];

  if (name === 'count' || name === 'sum') {
    const amount = (event: EnrichedEvent, moment: Moment): number => {
      if (read === null) return 1;
      const value = read(event, moment);
      if (value === null) return 0;
      return name === 'count' ? 1 : Math.round((value as number) * SUM_UNITS);
    };
    if (keeps === 'day tiles')
      return (values, event, moment) => {
        const added = amount(event, moment);
        if (added !== 0) addToDay(values[slot] as DayTiles, utcDay(moment.time), added);
      };
    return (values, event, moment) => {
      (values[slot] as number) += amount(event, moment);
    };
  }

  if (read === null) return null;
  switch (name) {
    case 'min':
    case 'max':
      return (values, event, moment) => {
        const value = read(event, moment);
        const kept = values[slot] as Scalar;
        if (value === null) return;
        if (kept === null || (name === 'min' ? value < kept : value > kept)) values[slot] = value;
      };
    case 'first':
      return (values, event, moment) => {
        if (values[slot] === null) values[slot] = read(event, moment);
      };
    case 'last':
      return (values, event, moment) => {
        const value = read(event, moment);
        if (value !== null) values[slot] = value;
      };
    case 'last_two':
      return (values, event, moment) => {
        const value = read(event, moment);
        if (value === null) return;
        const two = values[slot] as Scalar[];
        two[1] = two[0] as Scalar;
        two[0] = value;
      };
    case 'distinct_count':
      if (entity === 'user') return null;
      return (values, event, moment) => {
        const value = read(event, moment);
        const seen = values[slot] as number[];
        if (value === null || seen.length >= MAX_DISTINCT) return;
        const hash = hash53(String(value));
        if (!seen.includes(hash)) seen.push(hash);
      };
    case 'recent_values':
      return distinctOverDays(accumulator, slot, all);
    default:
      return null;
  }
}

/**
 * Counts a value on the earliest day that has it, whichever order its lines arrive in, in the
 * lifetime count and in the tiles beside it.
 */
function distinctOverDays(
  { of, where }: Accumulator,
  slot: number,
  all: readonly Accumulator[],
): Step {
  const read = FIELD_READERS[of as keyof typeof FIELDS];
  const counterSlot = (keeps: Accumulator['keeps']) =>
    all.findIndex(
      (other) =>
        other.function === 'distinct_count' &&
        other.of === of &&
        JSON.stringify(other.where) === JSON.stringify(where) &&
        other.keeps === keeps,
    );
  const lifetime = counterSlot('one value');
  const tiles = counterSlot('day tiles');
  const count = (values: Slot[], day: number, added: 1 | -1) => {
    if (tiles >= 0) addToDay(values[tiles] as DayTiles, day, added);
  };
  return (values, event, moment) => {
    const value = read(event, moment);
    if (value === null) return;
    const recent = values[slot] as Map<number, number>;
    const hash = hash53(String(value));
    const day = utcDay(moment.time);
    const known = recent.get(hash);
    if (known === undefined) {
      recent.set(hash, day);
      if (recent.size > MAX_RECENT_VALUES) recent.delete(recent.keys().next().value as number);
      if (lifetime >= 0) (values[lifetime] as number)++;
      count(values, day, 1);
    } else if (day < known) {
      recent.set(hash, day);
      count(values, known, -1);
      count(values, day, 1);
    }
  };
}
