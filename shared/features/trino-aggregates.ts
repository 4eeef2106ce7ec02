import { InvalidFeatureDefinition } from '../errors.ts';
import type { Aggregate, Filter } from '../schemas/feature-view.ts';
import { FIELDS } from '../schemas/feature-vocabulary.ts';
import { DAY_MS } from './day-tiles.ts';
import { canonicalJson } from './definition-digest.ts';
import { SUM_UNITS } from './fold-plan.ts';
import { categorySql, doubleLiteral, fieldSql, textLiteral } from './trino-fields.ts';

/** The values of a field that an entity has, once each, and how many of them count for what. */
interface ValueCount {
  readonly name: string;
  readonly source: Source;
  readonly field: string;
  /** By its conditions: the column of the first time that a value met them. */
  readonly firsts: Map<string, string>;
  readonly columns: string[];
}

/** Where occurrences come from: sessions are relations of their own, for nothing reads both. */
export type Source = 'occurrences' | 'session_occurrences';

const SESSION_TYPES: readonly string[] = ['session_start', 'session_end'];

/**
 * The aggregations of a view, each a column once: most over the occurrences of an entity, distinct
 * counts over its values, and `most_frequent` a relation of its own.
 */
export class TrinoAggregates {
  readonly #date: number;
  readonly #columns = new Map<Source, string[]>();
  readonly #counts: ValueCount[] = [];
  readonly #favourites: string[] = [];
  readonly #known = new Map<string, string>();

  /** @param date midnight UTC that the view is as of, epoch milliseconds */
  constructor(date: number) {
    this.#date = date;
  }

  /** @returns the column of an aggregation: a DOUBLE, or text of a category */
  columnOf(aggregate: Aggregate): string {
    const key = canonicalJson(aggregate);
    let sql = this.#known.get(key);
    if (sql === undefined) {
      sql = this.#add(aggregate);
      this.#known.set(key, sql);
    }
    return sql;
  }

  /** Common table expressions over the sources, first those with a row for each entity of one. */
  relations(): readonly string[] {
    return [
      ...[...this.#columns].map(
        ([source, columns]) =>
          `${aggregatesOf(source)} AS (\n  SELECT ${['entity', ...columns].join(',\n    ')}\n  FROM ${source}\n  GROUP BY entity\n)`,
      ),
      ...this.#counts.flatMap(countRelations),
      ...this.#favourites,
    ];
  }

  /** All relations joined, and the expression of the entity. */
  joined(): { readonly from: string; readonly entity: string } {
    const [first = 'aggregates', second] = [...this.#columns.keys()].map(aggregatesOf);
    const entity =
      second === undefined ? `${first}.entity` : `coalesce(${first}.entity, ${second}.entity)`;
    const others = [
      ...this.#counts.map(({ name }) => name),
      ...this.#favourites.map((_, index) => `favourite_${index + 1}`),
    ];
    return {
      entity,
      from: [
        first,
        ...(second === undefined
          ? []
          : [`FULL JOIN ${second} ON ${second}.entity = ${first}.entity`]),
        ...others.map((name) => `LEFT JOIN ${name} ON ${name}.entity = ${entity}`),
      ].join('\n'),
    };
  }

  #add(aggregate: Aggregate): string {
    const { function: name, of } = aggregate;
    const source = sourceOf(aggregate);
    if (!this.#columns.has(source)) this.#columns.set(source, []);
    const where = conditions(aggregate, this.#begin(aggregate));
    if (name === 'distinct_count') return this.#distinct(source, aggregate);
    if (name === 'most_frequent') return this.#favourite(source, aggregate, where);
    const column = (sql: string, type: 'number' | 'time' | 'category' = 'number') =>
      this.#column(source, sql, type);
    // An entity of the other source has no row of this one.
    const counted = (sql: string) => `coalesce(${column(sql)}, 0E0)`;
    const exists = (count: string) => `CASE WHEN ${count} > 0 THEN 1E0 ELSE 0E0 END`;
    if (of === undefined) {
      const count = counted(`count(*)${filtered(where)}`);
      return name === 'exists' ? exists(count) : count;
    }
    const field = fieldSql(of);
    const present = filtered([...where, `${field} IS NOT NULL`]);
    const sum = () =>
      `${counted(`sum(round(${field} * ${doubleLiteral(SUM_UNITS)}))${filtered(where)}`)} / ${doubleLiteral(SUM_UNITS)}`;
    const count = () => counted(`count(${field})${filtered(where)}`);
    switch (name) {
      case 'count':
        return count();
      case 'exists':
        return exists(count());
      case 'sum':
        return sum();
      case 'mean':
        return `${sum()} / nullif(${count()}, 0E0)`;
      case 'min':
      case 'max':
        return column(`${name}(${field})${filtered(where)}`, FIELDS[of]);
      case 'first':
        return column(`min_by(${field}, order_key)${present}`, FIELDS[of]);
      case 'last': {
        const last = aggregate.back === 1 ? 2 : 1;
        const list = `max_by(${field}, order_key, 2)${present}`;
        return column(`element_at(${list}, ${last})`, FIELDS[of]);
      }
    }
  }

  #column(source: Source, sql: string, type: 'number' | 'time' | 'category'): string {
    const prefix = source === 'occurrences' ? 'a' : 's';
    const columns = this.#columns.get(source) as string[];
    const typed = type === 'category' ? sql : `CAST(${sql} AS DOUBLE)`;
    const known = columns.findIndex((column) => column.startsWith(`${typed} AS `));
    if (known >= 0) return `${prefix}${known + 1}`;
    columns.push(`${typed} AS ${prefix}${columns.length + 1}`);
    return `${prefix}${columns.length}`;
  }

  /** A value counts on the first day that has it, as in the fold. */
  #distinct(source: Source, aggregate: Aggregate): string {
    const field = fieldOf(aggregate);
    let count = this.#counts.find((each) => each.source === source && each.field === field);
    if (count === undefined) {
      const name = `distinct_${this.#counts.length + 1}`;
      count = { name, source, field, firsts: new Map(), columns: [] };
      this.#counts.push(count);
    }
    const where = conditions(aggregate, null).join(' AND ') || 'true';
    const first = count.firsts.get(where) ?? `first_${count.firsts.size + 1}`;
    count.firsts.set(where, first);
    const begin = this.#begin(aggregate);
    const column = `d${count.columns.length + 1}`;
    const counted = begin === null ? `count(${first})` : `count_if(${first} >= ${begin})`;
    count.columns.push(`CAST(${counted} AS DOUBLE) AS ${column}`);
    return `coalesce(${count.name}.${column}, 0E0)`;
  }

  /** Of values equally frequent, the first by code point. */
  #favourite(source: Source, aggregate: Aggregate, where: readonly string[]): string {
    const field = fieldOf(aggregate);
    const name = `favourite_${this.#favourites.length + 1}`;
    this.#favourites.push(
      `${name} AS (
  SELECT entity, value
  FROM (
    SELECT entity, ${field} AS value,
      row_number() OVER (PARTITION BY entity ORDER BY count(*) DESC, ${field}) AS place
    FROM ${source}
    WHERE ${[...where, `${field} IS NOT NULL`].join(' AND ')}
    GROUP BY entity, ${field}
  ) ranked
  WHERE place = 1
)`,
    );
    return `${name}.value`;
  }

  /** First millisecond of the window, null of a lifetime. */
  #begin({ window, entity }: Aggregate): number | null {
    if (window.kind === 'session')
      throw new InvalidFeatureDefinition(`a ${entity} of a session is kept by the stream`);
    return window.kind === 'lifetime' ? null : this.#date - window.days * DAY_MS;
  }
}

function aggregatesOf(source: Source): string {
  return source === 'occurrences' ? 'aggregates' : 'session_aggregates';
}

/**
 * Sessions begin and end for users alone, and the fold of a user sees few types of events: an
 * aggregation that leaves open which of them it means has no one answer.
 */
function sourceOf({ entity, where }: Aggregate): Source {
  if (entity !== 'user') return 'occurrences';
  const ofSessions = where.event_types?.map((type) => SESSION_TYPES.includes(type)) ?? [];
  if (new Set(ofSessions).size !== 1)
    throw new InvalidFeatureDefinition(
      'an aggregation of a user names its event types: those of sessions or others, not both',
    );
  return ofSessions[0] ? 'session_occurrences' : 'occurrences';
}

/** One relation a field, whatever is counted of it: grouping is the dear part. */
function countRelations({ name, source, field, firsts, columns }: ValueCount): string[] {
  const times = [...firsts].map(([where, first]) =>
    firsts.size === 1
      ? `min(event_time) AS ${first}`
      : `min(event_time) FILTER (WHERE ${where}) AS ${first}`,
  );
  const any = [...firsts.keys()].map((where) => (firsts.size === 1 ? where : `(${where})`));
  return [
    `${name}_values AS (
  SELECT entity, ${[`${field} AS value`, ...times].join(', ')}
  FROM ${source}
  WHERE ${firsts.size === 1 ? any[0] : `(${any.join(' OR ')})`} AND ${field} IS NOT NULL
  GROUP BY entity, ${field}
)`,
    `${name} AS (\n  SELECT entity, ${columns.join(', ')}\n  FROM ${name}_values\n  GROUP BY entity\n)`,
  ];
}

function fieldOf({ of, function: name }: Aggregate): string {
  if (of === undefined) throw new InvalidFeatureDefinition(`${name} names no field`);
  return fieldSql(of);
}

function conditions({ where }: { readonly where: Filter }, begin: number | null): string[] {
  const listed = (texts: readonly string[]) => texts.map(textLiteral).join(', ');
  const oneOf = (field: string, texts: readonly string[]) =>
    texts.length === 1 ? `${field} = ${listed(texts)}` : `${field} IN (${listed(texts)})`;
  return [
    ...(where.event_types === undefined ? [] : [oneOf('event_type', where.event_types)]),
    ...(begin === null ? [] : [`event_time >= ${begin}`]),
    ...(where.conditions ?? []).map((condition) => {
      if (condition.test === 'not_null') return `${fieldSql(condition.field)} IS NOT NULL`;
      const field = categorySql(condition.field);
      const list = listed(condition.values);
      return condition.test === 'in'
        ? oneOf(field, condition.values)
        : `(${field} IS NULL OR ${field} NOT IN (${list}))`;
    }),
  ];
}

function filtered(where: readonly string[]): string {
  return where.length === 0 ? '' : ` FILTER (WHERE ${where.join(' AND ')})`;
}
