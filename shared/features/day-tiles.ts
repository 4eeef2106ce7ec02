/** Sums by UTC day, sparse: parallel arrays, `days` ascending. */
export interface DayTiles {
  readonly days: number[];
  readonly sums: number[];
}

export const DAY_MS = 24 * 60 * 60 * 1000;

/** UTC days since 1970-01-01. @param time epoch milliseconds */
export function utcDay(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** Adds to a day's tile, in whatever order days come. A tile that sums to 0 stays. */
export function addToDay(tiles: DayTiles, day: number, amount: number): void {
  let place = tiles.days.length;
  while (place > 0 && (tiles.days[place - 1] as number) > day) place--;
  if (place > 0 && tiles.days[place - 1] === day) {
    (tiles.sums[place - 1] as number) += amount;
    return;
  }
  tiles.days.splice(place, 0, day);
  tiles.sums.splice(place, 0, amount);
}

/** Sum over the days from `first` to `last`, both included. */
export function sumOfDays(tiles: DayTiles, first: number, last: number): number {
  let sum = 0;
  for (let place = tiles.days.length - 1; place >= 0; place--) {
    const day = tiles.days[place] as number;
    if (day < first) break;
    if (day <= last) sum += tiles.sums[place] as number;
  }
  return sum;
}
