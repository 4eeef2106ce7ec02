import { Cron } from 'croner';
import { UnsupportedWiring } from '../shared/errors.ts';
import type { Clock } from '../shared/ports.ts';
import type { Schedule } from './wiring.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
/** EventBridge is precise to a minute; a second is plenty. */
const LOOK_EVERY_MS = 1000;

/**
 * @param expression `rate(…)` or `cron(…)` as EventBridge has them, in UTC
 * @param after epoch milliseconds
 * @returns the next time after that, epoch milliseconds; infinity where there is none
 * @throws UnsupportedWiring
 */
export function nextRun(expression: string, after: number): number {
  const rate = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return after + Number(rate[1]) * (UNIT_MS[rate[2] as string] as number);
  const cron = /^cron\((\S+ \S+ \S+ \S+ \S+ \S+)\)$/.exec(expression);
  if (!cron)
    throw new UnsupportedWiring(`${expression} is neither rate(n units) nor cron(6 fields)`);
  const dialect = { timezone: 'UTC', alternativeWeekdays: true, sloppyRanges: true } as const;
  try {
    const next = new Cron(`0 ${cron[1]}`, dialect).nextRun(new Date(after));
    return next?.getTime() ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    throw new UnsupportedWiring(`${expression}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * A rate in minutes looks after something, and runs once however often it was missed: the clock of
 * a replay passes months in seconds.
 */
const isHousekeeping = (expression: string) => /^rate\(\d+ minutes?\)$/.test(expression);

/** Runs functions and machines when the platform's clock says so, whichever clock that is. */
export class Schedules {
  readonly #timetable: { schedule: Schedule; expression: string; next: number }[];
  readonly #clock: Clock;
  readonly #invoke: (schedule: Schedule, time: number) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    schedules: readonly Schedule[],
    clock: Clock,
    invoke: (schedule: Schedule, time: number) => Promise<void>,
  ) {
    this.#clock = clock;
    this.#invoke = invoke;
    const now = clock.now();
    this.#timetable = schedules.flatMap((schedule) =>
      schedule.expressions.map((expression) => {
        return { schedule, expression, next: nextRun(expression, now) };
      }),
    );
  }

  start(): void {
    this.#timer = setInterval(() => this.runDue(), LOOK_EVERY_MS);
  }

  /** Runs what has become due, each time it was due but for housekeeping, in order of time. */
  runDue(): Promise<void> {
    this.#running = this.#running.then(() => this.#runDue());
    return this.#running;
  }

  async #runDue(): Promise<void> {
    const now = this.#clock.now();
    for (;;) {
      const [first] = this.#timetable.toSorted((left, right) => left.next - right.next);
      if (first === undefined || first.next > now) return;
      const time = first.next;
      first.next = nextRun(first.expression, isHousekeeping(first.expression) ? now : time);
      await this.#invoke(first.schedule, time);
    }
  }

  /** Ends after the run under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}

/** The event of an EventBridge rule, or the input that the wiring gives instead. */
export function scheduledEvent({ target, input }: Schedule, time: number): unknown {
  if (input !== undefined) return input;
  const name = 'function' in target ? target.function : target.machine;
  return {
    version: '0',
    id: `${name}-${time}`,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: `${new Date(time).toISOString().slice(0, 19)}Z`,
    region: 'us-east-1',
    resources: [`arn:aws:events:us-east-1:000000000000:rule/${name}`],
    detail: {},
  };
}
