const HOUR_MS = 3_600_000;

/** Share of a day's arrivals by hour, UTC. */
const HOURS: readonly number[] = [
  14, 8, 5, 4, 4, 6, 14, 26, 36, 42, 46, 50, 54, 50, 46, 46, 48, 52, 58, 68, 76, 74, 54, 30,
];
/** Share of a week's arrivals by day, Sunday first. */
const WEEKDAYS: readonly number[] = [1.2, 1.05, 0.95, 0.93, 0.92, 0.9, 1.05];

/** Times of arrival in order: `count` independent ones, spread over `days` by the rhythm. */
export function* arrivals(
  random: () => number,
  {
    startAt,
    days,
    count,
    rhythm,
  }: {
    startAt: number;
    days: number;
    count: number;
    rhythm: 'weekly' | 'flat';
  },
): Generator<number> {
  const timeAt = rhythm === 'flat' ? even(startAt, days) : weekly(startAt, days);
  let position = 0;
  // The next order statistic of uniform numbers, given the last: nothing has to be sorted or kept.
  for (let left = count; left > 0; left--) {
    position += (1 - position) * -Math.expm1(Math.log1p(-random()) / left);
    yield Math.floor(timeAt(position));
  }
}

function even(startAt: number, days: number): (position: number) => number {
  return (position) => startAt + position * days * 24 * HOUR_MS;
}

function weekly(startAt: number, days: number): (position: number) => number {
  const hours = Math.ceil(days * 24);
  const sums = new Float64Array(hours + 1);
  for (let hour = 0; hour < hours; hour++) {
    const time = new Date(startAt + hour * HOUR_MS);
    const weight = (HOURS[time.getUTCHours()] as number) * (WEEKDAYS[time.getUTCDay()] as number);
    const share = Math.min(1, days * 24 - hour);
    sums[hour + 1] = (sums[hour] as number) + weight * share;
  }
  const total = sums[hours] as number;
  let hour = 0; // positions only grow
  return (position) => {
    const point = position * total;
    while (hour < hours - 1 && (sums[hour + 1] as number) <= point) hour++;
    const from = sums[hour] as number;
    const width = (sums[hour + 1] as number) - from;
    const share = Math.min(1, days * 24 - hour);
    return startAt + (hour + (share * (point - from)) / width) * HOUR_MS;
  };
}
