const QUARTER_HOUR_MS = 15 * 60 * 1000;
/** Enough for a replay of months; cleared rather than grown without bound. */
const MAX_REMEMBERED = 20_000;

interface WallClock {
  readonly hour: number;
  readonly weekend: boolean;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const remembered = new Map<string, Map<number, WallClock>>();

/** `Intl` costs microseconds, and every zone's offset is constant within a UTC quarter-hour. */
function wallClock(time: number, timeZone: string): WallClock {
  let quarters = remembered.get(timeZone);
  if (quarters === undefined || quarters.size > MAX_REMEMBERED) {
    quarters = new Map();
    remembered.set(timeZone, quarters);
  }
  const quarter = Math.floor(time / QUARTER_HOUR_MS);
  const known = quarters.get(quarter);
  if (known !== undefined) return known;

  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      weekday: 'short',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = format.formatToParts(quarter * QUARTER_HOUR_MS);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const weekday = part('weekday');
  const clock = { hour: Number(part('hour')), weekend: weekday === 'Sat' || weekday === 'Sun' };
  quarters.set(quarter, clock);
  return clock;
}

/**
 * @param time epoch milliseconds
 * @param timeZone IANA name; an unknown one throws RangeError
 * @returns the hour 0–23, or 1 on Saturday and Sunday else 0
 */
export function clockPart(
  time: number,
  timeZone: string,
  part: 'hour_of_day' | 'is_weekend',
): number {
  const clock = wallClock(time, timeZone);
  if (part === 'hour_of_day') return clock.hour;
  return clock.weekend ? 1 : 0;
}
