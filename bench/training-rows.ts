import { modelInputs, PrefixReplay } from '../shared/domain/prefix-rows.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import { applyToUser, emptyUser, type UserState } from '../shared/features/user.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../shared/features/visitor.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import type { Result, Row } from './report.ts';
import { cpuMicroseconds, interleaved } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { measuredOfEach } from './traffic.ts';

const EVENTS = 75_000;
const TARGET = { least: 100_000 };

export const run = (): Promise<readonly Result[]> => measuredOfEach(EVENTS, measure);

async function measure(source: string, events: readonly EnrichedEvent[]): Promise<Row[]> {
  const lines = events.map((event) => JSON.stringify(event));
  const inputs = modelInputs(catalogue());
  const perSecond = (work: () => void) => async () => {
    globalThis.gc?.();
    return (lines.length / (await cpuMicroseconds(work))) * 1e6;
  };
  const figures = await interleaved(
    {
      rows: perSecond(() => {
        const replay = new PrefixReplay(inputs, 'UTC');
        for (const line of lines) replay.add(JSON.parse(line));
        replay.finish();
      }),
      fold: perSecond(() => {
        const visitors = new Map<string, VisitorState>();
        const users = new Map<string, UserState>();
        for (const line of lines) foldInto(visitors, users, JSON.parse(line));
      }),
    },
    { warmUp: 1, rounds: 5 },
  );
  const unit = 'events/s a core';
  return [
    {
      name: `${source}: lines of the lake made a training set`,
      unit,
      sample: sampleOf(figures.rows),
      target: TARGET,
      against: {
        baseline: 'parsed and folded, no row',
        ratio: ratioOf(figures.rows, figures.fold),
      },
    },
    { name: `${source}: parsed and folded, no row`, unit, sample: sampleOf(figures.fold) },
  ];
}

function foldInto(
  visitors: Map<string, VisitorState>,
  users: Map<string, UserState>,
  event: EnrichedEvent,
): void {
  const visitor = visitors.get(event.visitor) ?? emptyVisitor();
  visitors.set(event.visitor, visitor);
  const { contribution } = applyToVisitor(visitor, event, null);
  if (contribution === null) return;
  const user = users.get(contribution.user) ?? emptyUser();
  users.set(contribution.user, user);
  applyToUser(user, contribution);
}
