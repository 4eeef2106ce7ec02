import * as z from 'zod';
import { nameBasedId } from '../event-id.ts';
import { fault, type LineFormat, type MappedRow } from './source-format.ts';

const instant = z.iso.datetime({ offset: true });

/**
 * The platform's own event, one JSON document a line: as the door takes it, or as the lake keeps it
 * (a raw event is unwrapped; the door ignores what only the platform knows and finds it again).
 * `received_at`, else `event_timestamp`, says when it arrived. An event without an id is named by
 * its line, so that a repeated line is a duplicate.
 */
export const canonical: LineFormat = { syntax: 'jsonl', event: fromLine };

function fromLine(line: string): MappedRow {
  const document = parsed(line);
  if (document === undefined) {
    return fault('invalid_json', null, 'the line is no JSON document');
  }
  if (!isObject(document)) {
    return fault('not_an_object', null, 'the line is no JSON object');
  }
  const { received_at, ...fields } = isObject(document['event'])
    ? unwrapped(document, document['event'])
    : document;
  for (const [field, value] of Object.entries(fields)) {
    // JSON.parse reads 1e999 as Infinity, which would be written again as null.
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return fault('number_out_of_range', field, `${field} is beyond the range of a double`);
    }
  }
  const field = received_at == null ? 'event_timestamp' : 'received_at';
  const time = received_at ?? fields['event_timestamp'] ?? fields['timestamp'];
  if (time === undefined || time === null) {
    return fault('missing_value', field, 'the event has neither received_at nor event_timestamp');
  }
  if (!instant.safeParse(time).success) {
    return fault(
      'invalid_timestamp',
      field,
      `${JSON.stringify(time)} is no ISO 8601 time with zone`,
    );
  }
  const at = Date.parse(time as string);
  const event = {
    ...fields,
    event_id: fields['event_id'] ?? fields['eventId'] ?? nameBasedId(`canonical ${line}`),
    received_at: new Date(at).toISOString(),
  };
  return { event, at, oddities: [] };
}

/** The event of a raw one, with what the door saw of the client. */
function unwrapped(
  raw: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const door = isObject(raw['door']) ? raw['door'] : {};
  return {
    ...event,
    user_agent: door['user_agent'] ?? null,
    country: event['country'] ?? door['country'] ?? null,
    received_at: raw['received_at'],
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // JSON has no undefined: the caller reports the line
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
