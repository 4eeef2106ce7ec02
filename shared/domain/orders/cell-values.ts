/**
 * A decimal number, thousands separated by commas or not; null where the cell is none.
 */
export function decimal(cell: string): number | null {
  const text = cell.trim();
  if (
    !/^[-+]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text) ||
    !/\d/.test(text)
  )
    return null;
  return Number(text.replaceAll(',', ''));
}

const TIMESTAMP =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[-+]\d{2}(?::?\d{2})?)?)?$/;

/**
 * `YYYY-MM-DD`, `YYYYMMDD`, either with a time behind it, as epoch milliseconds: a local time is
 * taken as it stands, one with a zone in UTC. Null where the cell is no date.
 */
export function timestamp(cell: string): number | null {
  const match = TIMESTAMP.exec(cell.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  if (year < 100 || month > 12 || hour > 23) return null;
  if (new Date(local).getUTCDate() !== day) return null;
  const [, sign = '+', hours = '0', minutes = '0'] =
    /^([-+])(\d{2}):?(\d{2})?$/.exec(match[7] ?? '') ?? [];
  return local - Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
