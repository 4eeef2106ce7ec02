import type { ScoringModel } from './registered-model.ts';

/** The version that the routing names, or why it cannot be compared with. */
export type Champion =
  | { readonly version: string; readonly model: ScoringModel; readonly problem?: undefined }
  | { readonly version: string; readonly model?: undefined; readonly problem: string };
