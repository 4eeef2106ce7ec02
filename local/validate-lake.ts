import {
  acceptReport,
  type LakeValidation,
  reportBytes,
  requireFit,
  validateEvents,
} from '../shared/domain/lake-validation.ts';
import { sha256 } from '../shared/domain/model-folder.ts';
import type { ValidationReport } from '../shared/schemas/expectation-report.ts';
import { openLake } from './lake.ts';

/** As `validateEvents`, on the lake of the data directory in use. */
export function validateLake(validation: LakeValidation): Promise<ValidationReport> {
  return validateEvents(openLake(), validation);
}

export interface TrainableData {
  readonly report: ValidationReport;
  /** Hex SHA-256 of the report as it is stored. */
  readonly reportDigest: string;
  /** As `acceptReport`. */
  accept(digest: string): Promise<void>;
}

/**
 * Validates what a training is about to read.
 * @throws DataHalted, and what `validateEvents` throws
 */
export async function validateForTraining(validation: LakeValidation): Promise<TrainableData> {
  const report = await validateLake(validation);
  requireFit(report);
  const body = reportBytes(report);
  return {
    report,
    reportDigest: sha256(body),
    accept: (digest) => acceptReport(openLake(), digest, body),
  };
}
