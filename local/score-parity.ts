import { join } from 'node:path';
import { lakeEvents } from '../shared/domain/lake-events.ts';
import {
  type LoggedScore,
  ScoreParity,
  type ScoreParityReport,
} from '../shared/domain/score-parity.ts';
import { visibleSnapshots } from '../shared/domain/visible-snapshots.ts';
import { NotEnoughData, UnreadableInput } from '../shared/errors.ts';
import { lakeFolder, openLake } from './lake.ts';

/**
 * Rebuilds every score of the lake from its events and snapshots, and compares the features.
 * @throws NotEnoughData without a score or without an event; UnreadableInput
 */
export async function scoreParity(
  timeZone: string,
  report: (events: number) => void,
): Promise<ScoreParityReport> {
  const scores = await loggedScores();
  const lake = openLake();
  const { features } = await visibleSnapshots(lake, Number.POSITIVE_INFINITY);
  const parity = new ScoreParity(timeZone, features);
  let next = 0;
  let events = 0;
  for await (const { event } of lakeEvents(lake, Number.POSITIVE_INFINITY)) {
    for (; isBefore(scores[next], event.received_at); next++)
      parity.addScore(scores[next] as LoggedScore);
    parity.addEvent(event);
    report(++events);
  }
  for (const score of scores.slice(next)) parity.addScore(score);
  return parity.report();
}

function isBefore(score: LoggedScore | undefined, receivedAt: string): boolean {
  return score !== undefined && score.decided_at < receivedAt;
}

/** In the order in which they were made, each once. */
async function loggedScores(): Promise<readonly LoggedScore[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const files = join(lakeFolder(), 'bronze', 'decisions', '*', '*.jsonl*');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const found = await connection.runAndReadAll('SELECT count(*)::INT FROM glob($files)', {
      files,
    });
    if (found.getRows()[0]?.[0] === 0)
      throw new NotEnoughData(
        'the lake has no scores: ask for some, e.g. npm start with its simulated shop',
      );
    const read = await connection.runAndReadAll(
      `SELECT any_value(json)::VARCHAR
       FROM read_ndjson_objects($files)
       GROUP BY json ->> '$.decision_id'
       ORDER BY any_value(json ->> '$.decided_at'), json ->> '$.decision_id'`,
      { files },
    );
    return read.getRows().map(([text]) => JSON.parse(text as string) as LoggedScore);
  } catch (error) {
    if (error instanceof NotEnoughData) throw error;
    throw new UnreadableInput(
      `the scores at ${files} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
