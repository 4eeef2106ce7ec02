import * as z from 'zod';

/** Everything the month of a deployment may be charged for. */
const PRICED = [
  'http_api_request',
  'lambda_request',
  'lambda_arm_gb_second',
  'dynamodb_write_unit',
  'dynamodb_read_unit',
  'dynamodb_gb_month',
  'dynamodb_recovery_gb_month',
  'kinesis_shard_hour',
  'kinesis_extended_shard_hour',
  'kinesis_put_unit',
  'firehose_gb',
  's3_gb_month',
  's3_put',
  'logs_gb',
  'logs_infrequent_gb',
  'logs_gb_month',
  'metric_month',
  'alarm_metric_month',
  'composite_alarm_month',
  'dashboard_month',
  'xray_trace',
  'kms_key_month',
  'kms_request',
  'secret_month',
  'step_transition',
  'athena_tb',
  'sagemaker_job_hour',
  'sagemaker_endpoint_hour',
  'transfer_out_gb',
] as const;
export type Priced = (typeof PRICED)[number];

/** Prices of one region at one date, before tax. `usd` is for `per` of the unit in the name. */
export const priceTable = z.strictObject({
  region: z.string(),
  date: z.iso.date(),
  prices: z.record(
    z.enum(PRICED),
    z.strictObject({
      usd: z.number().nonnegative(),
      per: z.number().positive(),
      basis: z.enum(['given', 'recalled']),
    }),
  ),
});
export type PriceTable = z.infer<typeof priceTable>;
