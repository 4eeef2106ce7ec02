import { DataHalted, NotEnoughData, UnreadableInput } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import type { Expectation } from '../schemas/expectation.ts';
import {
  acceptedData,
  type ValidationReport,
  validationReport,
} from '../schemas/expectation-report.ts';
import { type AcceptedProfile, validateData } from './data-validation.ts';
import { EXPECTATIONS, overriddenExpectations } from './expectations.ts';
import { sha256 } from './model-folder.ts';
import { type ProfiledRange, profileLake } from './profile-lake.ts';
import { haltMessage } from './validation-report.ts';

const FOLDER = 'gold/validation/';
const POINTER = `${FOLDER}accepted.json`;
/** In the lake: what the shop wants otherwise. */
const OVERRIDES = 'expectations.json';

export interface LakeValidation {
  readonly range: ProfiledRange;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly report: (lines: number) => void;
}

/**
 * Profiles the lake and judges it by the expectations, against what training accepted last.
 * @throws NotEnoughData for a lake without events; Usage for overrides that are none
 */
export async function validateEvents(
  lake: ObjectStore,
  { range, now, report }: LakeValidation,
): Promise<ValidationReport> {
  const expectations = await shopExpectations(lake);
  const accepted = await readAccepted(lake);
  const profile = await profileLake(lake, range, report);
  if (profile.events + profile.unreadable.count === 0)
    throw new NotEnoughData(
      'the lake has no events: foresight import puts files there, and npm start what it receives',
    );
  return validateData(profile, accepted, expectations, now);
}

/** @throws DataHalted for a report that halts */
export function requireFit(report: ValidationReport): void {
  if (report.verdict === 'halt') throw new DataHalted(haltMessage(report));
}

/**
 * Makes the profile of a report the one that later data are compared with: the report first and
 * the pointer to it last, so that a crash in between leaves the set before accepted.
 * @param digest hex SHA-256 of the events that were trained on
 */
export async function acceptReport(
  lake: ObjectStore,
  digest: string,
  body: Uint8Array,
): Promise<void> {
  const report = sha256(body);
  await lake.put(reportKey(digest, report), body);
  await lake.put(POINTER, Buffer.from(`${JSON.stringify({ digest, report })}\n`));
}

export function reportBytes(report: ValidationReport): Uint8Array {
  return Buffer.from(`${JSON.stringify(report)}\n`);
}

/** Of one set of events several reports may be accepted, each once: it never changes. */
function reportKey(digest: string, report: string): string {
  return `${FOLDER}data=${digest}/${report}.json`;
}

async function shopExpectations(lake: ObjectStore): Promise<readonly Expectation[]> {
  const overrides = await lake.get(OVERRIDES);
  if (overrides === null) return EXPECTATIONS;
  return overriddenExpectations(Buffer.from(overrides).toString(), OVERRIDES);
}

async function readAccepted(lake: ObjectStore): Promise<AcceptedProfile | null> {
  const pointer = await lake.get(POINTER);
  if (pointer === null) return null;
  try {
    const { digest, report } = acceptedData.parse(JSON.parse(Buffer.from(pointer).toString()));
    const key = reportKey(digest, report);
    const body = await lake.get(key);
    if (body === null || sha256(body) !== report) throw new Error(`${key} is gone or was changed`);
    return {
      digest,
      profile: validationReport.parse(JSON.parse(Buffer.from(body).toString())).profile,
    };
  } catch (error) {
    throw new UnreadableInput(
      `what training accepted last cannot be read: ${(error as Error).message}: restore it, or delete ${POINTER} from the lake to begin anew`,
      { cause: error },
    );
  }
}
