import { chiSquareIndependence } from '../math/chi-square-independence.ts';
import { kolmogorovSmirnovPValue } from '../math/kolmogorov-smirnov-p-value.ts';
import { populationStabilityIndex } from '../math/population-stability-index.ts';
import type { CategoryProfile, DataProfile, Example } from '../schemas/data-profile.ts';
import type { Expectation, Measure } from '../schemas/expectation.ts';
import type { Finding, ValidationReport } from '../schemas/expectation-report.ts';
import { bucketedKolmogorovSmirnov, decileCounts, median } from './data-profile-histogram.ts';

export interface AcceptedProfile {
  readonly digest: string;
  readonly profile: DataProfile;
}

interface Measured {
  /** Null where there is nothing to measure. */
  readonly value: number | null;
  readonly detail: string;
  readonly examples?: readonly Example[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const TRAILING_DAYS = 28;
const LEAST_TRAILING_DAYS = 7;
/** Below this many events a day, a day without any is chance. */
const LEAST_DAILY_MEAN = 10;
const LEAST_EVENTS_OF_DAY = 100;
const COMPARED_CATEGORIES = 50;

/**
 * Judges a profile by the expectations.
 * @param accepted what training accepted last, or null
 * @param now epoch milliseconds
 */
export function validateData(
  profile: DataProfile,
  accepted: AcceptedProfile | null,
  expectations: readonly Expectation[],
  now: number,
): ValidationReport {
  const findings = expectations
    .filter(({ severity }) => severity !== 'off')
    .map((one) => judge(one, measured(one.measure, profile, accepted?.profile ?? null, now)));
  const has = (verdict: Finding['verdict']) => findings.some((one) => one.verdict === verdict);
  return {
    verdict: has('halt') ? 'halt' : has('warn') ? 'warn' : 'pass',
    as_of: new Date(now).toISOString(),
    accepted_digest: accepted?.digest ?? null,
    findings,
    profile,
  };
}

function judge(expectation: Expectation, { value, detail, examples = [] }: Measured): Finding {
  const { name, at_least, at_most, severity, measure } = expectation;
  const isBeyond =
    value !== null &&
    ((at_least !== null && value < at_least) || (at_most !== null && value > at_most));
  const beyond = severity === 'halt' ? 'halt' : 'warn';
  return {
    name,
    verdict: value === null ? 'not-judged' : isBeyond ? beyond : 'pass',
    expectation,
    value,
    detail,
    examples: isBeyond ? [...examples] : [],
    advice: isBeyond ? ADVICE[measure.kind] : null,
  };
}

function measured(
  measure: Measure,
  profile: DataProfile,
  accepted: DataProfile | null,
  now: number,
): Measured {
  switch (measure.kind) {
    case 'events':
      return { value: profile.events, detail: `${profile.events} events` };
    case 'unreadable':
      return {
        value: profile.unreadable.count,
        detail: `${profile.unreadable.count} lines or files are no events`,
        examples: profile.unreadable.examples,
      };
    case 'faults':
      return faults(measure, profile);
    case 'null_share':
      return nullShare(measure, profile, accepted);
    case 'worst_day_null_share':
      return worstDayNullShare(measure, profile, accepted);
    case 'not_positive_share': {
      const { count, not_positive, not_positive_examples } = profile.numbers[measure.field];
      if (count === 0) return { value: null, detail: `no event has a ${measure.field}` };
      return {
        value: not_positive / count,
        detail: `${not_positive} of ${count} values of ${measure.field} are 0 or less`,
        examples: not_positive_examples,
      };
    }
    case 'largest_over_median':
      return largestOverMedian(measure.field, profile);
    case 'distinct': {
      const { distinct, values } = profile.categories[measure.field];
      const estimated = distinct > values.length ? 'about ' : '';
      return { value: distinct, detail: `${estimated}${distinct} values of ${measure.field}` };
    }
    case 'duplicate_share': {
      const { sampled, duplicated, examples } = profile.event_ids;
      if (sampled === 0) return { value: null, detail: 'no event has an id' };
      return {
        value: duplicated / sampled,
        detail: `${duplicated} of ${sampled} sampled event ids name several events`,
        examples,
      };
    }
    case 'mean_session_seconds': {
      const { visitors, sessions, mean_seconds } = profile.sessions;
      return {
        value: mean_seconds,
        detail:
          mean_seconds === null
            ? 'there are no sessions'
            : `${sessions} sessions of ${visitors} visitors last ${mean_seconds.toFixed(1)} s on average`,
      };
    }
    case 'type_share': {
      const of = eventsOf(profile, [measure.event_type]);
      if (profile.events === 0) return { value: null, detail: 'there are no events' };
      return {
        value: of / profile.events,
        detail: `${of} of ${profile.events} events are of type ${measure.event_type}`,
      };
    }
    case 'missing_days':
      return missingDays(profile);
    case 'least_day_over_trailing_mean':
      return dayOverTrailingMean(profile, (a, b) => a < b);
    case 'greatest_day_over_trailing_mean':
      return dayOverTrailingMean(profile, (a, b) => a > b);
    case 'hours_since_newest': {
      const newest = Date.parse(profile.to ?? '');
      if (Number.isNaN(newest)) return { value: null, detail: 'no event has a time of receipt' };
      const hours = (now - newest) / (60 * 60 * 1000);
      return { value: hours, detail: `the newest event was received at ${profile.to}` };
    }
    case 'number_drift':
      return numberDrift(measure.field, profile, accepted);
    case 'category_drift':
      return categoryDrift(measure.field, profile, accepted);
  }
}

function faults(
  { problems, fields }: Extract<Measure, { kind: 'faults' }>,
  profile: DataProfile,
): Measured {
  const found = profile.faults
    .filter(({ problem, field }) => problems.includes(problem) && (fields?.includes(field) ?? true))
    .sort((left, right) => right.events - left.events);
  const told = found
    .slice(0, 5)
    .map(({ field, problem, events }) => `${field} is ${TOLD[problem]} in ${events} events`);
  if (found.length > told.length) told.push(`${found.length - told.length} more faults`);
  return {
    value: found.reduce((sum, { events }) => sum + events, 0),
    detail: told.length === 0 ? 'none' : told.join('; '),
    examples: found[0]?.examples ?? [],
  };
}

const TOLD = {
  missing: 'missing',
  unknown_field: 'no field of an event but present',
  null: 'null',
  wrong_type: 'of another type',
  invalid: 'not allowed',
} as const;

type NullMeasure = Extract<Measure, { kind: 'null_share' | 'worst_day_null_share' }>;

/** A field that never has a value is one that the shop does not send, unless it once did. */
function isNeverSent(measure: NullMeasure, profile: DataProfile, accepted: DataProfile | null) {
  const isAbsent = (one: DataProfile) => {
    const [nulls, events] = nullsOf(measure, Object.values(one.days));
    return nulls === events;
  };
  return isAbsent(profile) && (accepted === null || isAbsent(accepted));
}

function nullsOf(
  { field, of }: NullMeasure,
  days: readonly DataProfile['days'][string][],
): readonly [nulls: number, events: number] {
  let [nulls, events] = [0, 0];
  for (const day of days)
    for (const type of of) {
      nulls += day.nulls[field]?.[type] ?? 0;
      events += day.events[type] ?? 0;
    }
  return [nulls, events];
}

function nullShare(
  measure: NullMeasure,
  profile: DataProfile,
  accepted: DataProfile | null,
): Measured {
  const { field, of } = measure;
  const [nulls, events] = nullsOf(measure, Object.values(profile.days));
  if (events === 0) return { value: null, detail: `there are no events of type ${of.join(', ')}` };
  if (isNeverSent(measure, profile, accepted))
    return { value: null, detail: `${field} is never sent with ${of.join(', ')}` };
  return {
    value: nulls / events,
    detail: `${field} is null in ${nulls} of ${events} events (${of.join(', ')})`,
    examples: nullExamples(measure, profile, null),
  };
}

function worstDayNullShare(
  measure: NullMeasure,
  profile: DataProfile,
  accepted: DataProfile | null,
): Measured {
  const { field, of } = measure;
  if (isNeverSent(measure, profile, accepted))
    return { value: null, detail: `${field} is never sent with ${of.join(', ')}` };
  let worst: { day: string; nulls: number; events: number } | null = null;
  for (const [day, counts] of Object.entries(profile.days)) {
    const [nulls, events] = nullsOf(measure, [counts]);
    if (events < LEAST_EVENTS_OF_DAY) continue;
    if (worst === null || nulls / events > worst.nulls / worst.events)
      worst = { day, nulls, events };
  }
  if (worst === null)
    return { value: null, detail: `no day has ${LEAST_EVENTS_OF_DAY} events (${of.join(', ')})` };
  const { day, nulls, events } = worst;
  return {
    value: nulls / events,
    detail: `${field} is null in ${nulls} of ${events} events of ${day}`,
    examples: nullExamples(measure, profile, day),
  };
}

function nullExamples({ field, of }: NullMeasure, profile: DataProfile, day: string | null) {
  return of
    .flatMap((type) => profile.null_examples[field]?.[type] ?? [])
    .filter((one) => day === null || one.day === day)
    .slice(0, 3);
}

function largestOverMedian(field: 'price' | 'quantity' | 'session_seconds', profile: DataProfile) {
  const { largest } = profile.numbers[field];
  const middle = median(profile.numbers[field]);
  if (largest === null || middle === null || middle === 0)
    return { value: null, detail: `${field} has no positive median` };
  return {
    value: largest.value / middle,
    detail: `the largest ${field} is ${largest.value}, on ${largest.example.day}; the median about ${Number(middle.toPrecision(3))}`,
    examples: [largest.example],
  };
}

function eventsOf(profile: DataProfile, types: readonly string[]): number {
  let events = 0;
  for (const day of Object.values(profile.days))
    for (const type of types) events += day.events[type] ?? 0;
  return events;
}

/** Every day from the first to the last, those without an event too. */
function dailyEvents(profile: DataProfile): readonly { day: string; events: number }[] {
  const known = Object.keys(profile.days)
    .filter((day) => !Number.isNaN(Date.parse(day)))
    .sort();
  const [first, last] = [Date.parse(known[0] ?? ''), Date.parse(known.at(-1) ?? '')];
  if (Number.isNaN(first) || Number.isNaN(last)) return [];
  const days = [];
  for (let time = first; time <= last; time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    const types = Object.values(profile.days[day]?.events ?? {});
    days.push({ day, events: types.reduce((sum, count) => sum + count, 0) });
  }
  return days;
}

function trailingMean(days: readonly { events: number }[], index: number): number {
  const before = days.slice(Math.max(0, index - TRAILING_DAYS), index);
  return before.reduce((sum, { events }) => sum + events, 0) / before.length;
}

function missingDays(profile: DataProfile): Measured {
  const days = dailyEvents(profile);
  const missing = days.filter(
    ({ events }, index) => events === 0 && trailingMean(days, index) >= LEAST_DAILY_MEAN,
  );
  const named = missing.slice(0, 5).map(({ day }) => day);
  if (missing.length > named.length) named.push(`${missing.length - named.length} more`);
  return {
    value: missing.length,
    detail: missing.length === 0 ? `${days.length} days` : `no event on ${named.join(', ')}`,
  };
}

function dayOverTrailingMean(
  profile: DataProfile,
  isWorse: (ratio: number, than: number) => boolean,
): Measured {
  const days = dailyEvents(profile);
  let worst: { ratio: number; detail: string } | null = null;
  for (let index = LEAST_TRAILING_DAYS; index < days.length - 1; index++) {
    const { day, events } = days[index] as (typeof days)[number];
    const mean = trailingMean(days, index);
    if (mean < LEAST_DAILY_MEAN || events === 0) continue; // a day without any is a missing one
    const ratio = events / mean;
    if (worst === null || isWorse(ratio, worst.ratio))
      worst = { ratio, detail: `${day}: ${events} events, ${mean.toFixed(1)} a day before it` };
  }
  if (worst === null)
    return {
      value: null,
      detail: `fewer than ${LEAST_TRAILING_DAYS + 2} days, or fewer than ${LEAST_DAILY_MEAN} events a day`,
    };
  return { value: worst.ratio, detail: worst.detail };
}

const FIRST_SET = { value: null, detail: 'no set was accepted before' } as const;

function numberDrift(
  field: 'price' | 'quantity' | 'session_seconds',
  profile: DataProfile,
  accepted: DataProfile | null,
): Measured {
  if (accepted === null) return FIRST_SET;
  const [before, now] = [accepted.numbers[field], profile.numbers[field]];
  if (before.count === 0 || now.count === 0)
    return { value: null, detail: `${field} has no values in one of the sets` };
  const { psi } = populationStabilityIndex(...decileCounts(before, now));
  const distance = bucketedKolmogorovSmirnov(before, now);
  const p = kolmogorovSmirnovPValue(distance, before.count, now.count);
  const middle = (one: typeof now) => Number((median(one) ?? 0).toPrecision(3));
  return {
    value: psi,
    detail: `${field}: median about ${middle(before)} before, ${middle(now)} now; Kolmogorov–Smirnov distance ${distance.toFixed(3)} (${pText(p)})`,
  };
}

function categoryDrift(
  field: keyof DataProfile['categories'],
  profile: DataProfile,
  accepted: DataProfile | null,
): Measured {
  if (accepted === null) return FIRST_SET;
  const [before, now] = [accepted.categories[field], profile.categories[field]];
  if (before.count + now.count === 0)
    return { value: null, detail: `${field} has no values in either set` };
  const names = frequentOf(before, now);
  const old = countsOf(before, names, accepted.events);
  const current = countsOf(now, names, profile.events);
  const { psi, contributions } = populationStabilityIndex(old, current);
  const moved = contributions.reduce(
    (best, one, index) => (one > (contributions[best] as number) ? index : best),
    0,
  );
  const share = (counts: readonly number[], total: number) =>
    `${((100 * (counts[moved] as number)) / total).toFixed(1)} %`;
  return {
    value: psi,
    detail: `${field}: ${[...names, 'the rest', 'no value'][moved]} moved most, from ${share(old, accepted.events)} to ${share(current, profile.events)}; ${association(old, current)}`,
  };
}

function pText(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p ${p.toPrecision(2)}`;
}

/** Effect and test; categories that neither set has say nothing. */
function association(old: readonly number[], current: readonly number[]): string {
  const met = [...old.keys()].filter((index) => (old[index] ?? 0) + (current[index] ?? 0) > 0);
  const table = [old, current].map((counts) => met.map((index) => counts[index] ?? 0));
  const test = met.length < 2 ? null : chiSquareIndependence(table);
  if (test === null) return 'one category only';
  return `Cramér's V ${test.cramersV.toFixed(3)} (chi-square ${pText(test.pearson.pValue)})`;
}

/** The most frequent categories of both sets, each set giving half. */
function frequentOf(before: CategoryProfile, now: CategoryProfile): readonly string[] {
  const top = ({ values }: CategoryProfile) =>
    [...values]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, COMPARED_CATEGORIES / 2)
      .map(([value]) => value);
  return [...new Set([...top(before), ...top(now)])].sort();
}

/** The counts of the named ones, of the rest, and of the events without a value. */
function countsOf(
  { count, values }: CategoryProfile,
  names: readonly string[],
  events: number,
): number[] {
  const known = new Map(values);
  const counts = names.map((name) => known.get(name) ?? 0);
  return [...counts, count - counts.reduce((sum, one) => sum + one, 0), events - count];
}

const SEE_TRACKING =
  'look at what the shop sent that day, put it right and import or replay it again';

const ADVICE: Readonly<Record<Measure['kind'], string>> = {
  events: 'collect or import more events before training',
  unreadable:
    'restore the named file of the lake from its source or a backup, or move it out of bronze/',
  faults: `something other than enrichment wrote these lines, or a column was renamed: ${SEE_TRACKING}`,
  null_share: `the shop stopped sending the field: ${SEE_TRACKING}`,
  worst_day_null_share: `the shop did not send the field on that day: ${SEE_TRACKING}`,
  not_positive_share: `prices and quantities have to be above 0: ${SEE_TRACKING}`,
  largest_over_median:
    'a price in a wrong unit or a placeholder: correct or remove the named event',
  distinct: 'the field holds free text or ids where a category belongs: correct its source',
  duplicate_share: 'the shop gives one event id to several events: make ids unique at the client',
  mean_session_seconds:
    'sessions do not end or times are in a wrong unit: look at session ids and timestamps',
  type_share:
    'a model needs sessions that buy and sessions that do not: see what is sent at checkout',
  missing_days: 'import the missing days, or say in expectations.json that they are known',
  least_day_over_trailing_mean: 'import what is missing of that day, or see why so little came',
  greatest_day_over_trailing_mean: 'look for bots, a load test or an import done twice on that day',
  hours_since_newest: 'see whether the platform still receives events, or train with --to',
  number_drift:
    'see whether the shop changed (season, currency, unit); if it is right, raise the limit once',
  category_drift:
    'see whether the shop changed (campaign, new market); if it is right, raise the limit once',
};
