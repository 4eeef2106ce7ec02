import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import {
  checkDay,
  checkSnapshot,
  type SurveyRow,
} from '../shared/domain/batch-features-run/check-survey.ts';
import { NotEnoughData } from '../shared/errors.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { surveyed } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });

/** Judges a day of events before silver is made of it, and snapshots before they are loaded. */
export const handler = stepHandler(environment, surveyed, ({ LAKE_BUCKET }) => {
  const lake = openObjectStore(LAKE_BUCKET);
  const rowsAt = async (location: string): Promise<SurveyRow[]> => {
    const body = await lake.get(location.replace(`s3://${LAKE_BUCKET}/`, ''));
    if (body === null) throw new NotEnoughData(`there is no ${location}: redrive the run`);
    return parse(Buffer.from(body), { columns: true });
  };
  return async (survey) => {
    if (survey.of === 'day') {
      checkDay(survey.day, await rowsAt(survey.location));
      return { verdict: 'pass' };
    }
    const { date } = survey;
    const findings = await Promise.all(
      survey.surveys.map(async ({ entity, location }) =>
        checkSnapshot(entity, date, await rowsAt(location)),
      ),
    ).then((each) => each.flat());
    const report = `${JSON.stringify({ date, findings }, null, 2)}\n`;
    await lake.put(`gold/validation/dt=${date}/report.json`, Buffer.from(report));
    const halted = findings.filter(({ verdict }) => verdict === 'halt');
    return { verdict: halted.length > 0 ? 'halt' : 'pass', halted };
  };
});
