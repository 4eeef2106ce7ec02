import { InvalidFeatureDefinition } from '../errors.ts';
import { FIELDS, type Field } from '../schemas/feature-vocabulary.ts';

/** How each field of the feature language is read off an occurrence in the lake. */
const FIELD_SQL: { readonly [name in Field]?: string } = {
  event_type: 'event_type',
  event_timestamp: 'event_time',
  product_id: 'product_id',
  product_category: 'product_category',
  brand: 'brand',
  price: 'price',
  quantity: 'CAST(quantity AS DOUBLE)',
  amount: 'price * CAST(coalesce(quantity, 1) AS DOUBLE)',
  order: 'coalesce(order_id, event_id)',
  query: 'query',
  device_type: 'device_type',
  channel_type: 'channel_type',
  country: 'country',
  session_seconds: 'session_seconds',
};

/**
 * @returns an expression of the field's type: text, DOUBLE, or BIGINT epoch milliseconds for a time
 * @throws InvalidFeatureDefinition for what only a session's fold knows
 */
export function fieldSql(field: Field): string {
  const sql = FIELD_SQL[field];
  if (sql === undefined)
    throw new InvalidFeatureDefinition(`${field} is known to the fold of a session alone`);
  return sql;
}

/** As `fieldSql`, for comparing with texts. */
export function categorySql(field: Field): string {
  if (FIELDS[field] !== 'category')
    throw new InvalidFeatureDefinition(`${field} is a ${FIELDS[field]}, so it is in no list`);
  return fieldSql(field);
}

export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A DOUBLE in Trino and in DuckDB alike: without an exponent it would be a DECIMAL. */
export function doubleLiteral(value: number): string {
  const text = String(value);
  return text.includes('e') ? text.toUpperCase() : `${text}E0`;
}
