import { InvalidRequest } from '../../errors.ts';

/** Chooses fields of a CSV record. */
export type RecordFilter = (fields: readonly string[]) => readonly string[];

/**
 * `InputFilter` or `OutputFilter` of a transform job on CSV records: `$`, or one list of indexes
 * and slices as in `$[1:]`, `$[0,-1]`, `$[0,3:5]`; negative ones count from the end.
 * @throws InvalidRequest for any other path
 */
export function recordFilter(path: string): RecordFilter {
  if (path === '$') return (fields) => fields;
  const list = /^\$\[([\d\s,:-]+)\]$/.exec(path)?.[1];
  const parts = list?.split(',').map((part) => part.trim()) ?? [];
  if (parts.length === 0 || !parts.every((part) => /^(-?\d+|(-?\d+)?:(-?\d+)?)$/.test(part)))
    throw new InvalidRequest(
      `${path} chooses no fields of a CSV record: $, or indexes and slices as in $[0,2:-1]`,
      'DataProcessing',
    );
  const choosers = parts.map(chooser);
  return (fields) => choosers.flatMap((choose) => choose(fields));
}

function chooser(part: string): RecordFilter {
  if (!part.includes(':')) {
    const index = Number(part);
    return (fields) => {
      const field = fields.at(index);
      return field === undefined ? [] : [field];
    };
  }
  const [from = '', to = ''] = part.split(':');
  const start = from === '' ? 0 : Number(from);
  const end = to === '' ? undefined : Number(to);
  return (fields) => fields.slice(start, end);
}
