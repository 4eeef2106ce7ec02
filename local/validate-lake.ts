import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AcceptedProfile, validateData } from '../shared/domain/data-validation.ts';
import { EXPECTATIONS, overriddenExpectations } from '../shared/domain/expectations.ts';
import { sha256 } from '../shared/domain/model-folder.ts';
import { haltMessage } from '../shared/domain/validation-report.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { DataHalted, NotEnoughData, UnreadableInput } from '../shared/errors.ts';
import type { ObjectStore } from '../shared/ports.ts';
import type { Expectation } from '../shared/schemas/expectation.ts';
import {
  acceptedData,
  type ValidationReport,
  validationReport,
} from '../shared/schemas/expectation-report.ts';
import { openLake } from './lake.ts';
import { type ProfiledRange, profileLake } from './profile-lake.ts';

const FOLDER = 'gold/validation/';
const POINTER = `${FOLDER}accepted.json`;
/** In the data directory: what the shop wants otherwise. */
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
export async function validateLake({
  range,
  now,
  report,
}: LakeValidation): Promise<ValidationReport> {
  const lake = openLake();
  const expectations = shopExpectations(join(dataDirectory().path, OVERRIDES));
  const accepted = await readAccepted(lake);
  const profile = await profileLake(lake, range, report);
  if (profile.events + profile.unreadable.count === 0)
    throw new NotEnoughData(
      'the lake has no events: foresight import puts files there, and npm start what it receives',
    );
  return validateData(profile, accepted, expectations, now);
}

export interface TrainableData {
  readonly report: ValidationReport;
  /** Hex SHA-256 of the report as it is stored. */
  readonly reportDigest: string;
  /**
   * Makes the profile the one that later data are compared with.
   * @param digest hex SHA-256 of the events that were trained on
   */
  accept(digest: string): Promise<void>;
}

/**
 * Validates what a training is about to read.
 * @throws DataHalted, and what `validateLake` throws
 */
export async function validateForTraining(validation: LakeValidation): Promise<TrainableData> {
  const report = await validateLake(validation);
  if (report.verdict === 'halt') throw new DataHalted(haltMessage(report));
  const body = reportBytes(report);
  return { report, reportDigest: sha256(body), accept: (digest) => accept(digest, body) };
}

/** The report first and the pointer to it last: a crash in between leaves the set before accepted. */
async function accept(digest: string, body: Uint8Array): Promise<void> {
  const lake = openLake();
  const report = sha256(body);
  await lake.put(reportKey(digest, report), body);
  await lake.put(POINTER, Buffer.from(`${JSON.stringify({ digest, report })}\n`));
}

function reportBytes(report: ValidationReport): Uint8Array {
  return Buffer.from(`${JSON.stringify(report)}\n`);
}

/** Of one set of events several reports may be accepted, each once: it never changes. */
function reportKey(digest: string, report: string): string {
  return `${FOLDER}data=${digest}/${report}.json`;
}

function shopExpectations(file: string): readonly Expectation[] {
  if (!existsSync(file)) return EXPECTATIONS;
  return overriddenExpectations(readFileSync(file, 'utf8'), file);
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
