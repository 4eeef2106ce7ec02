import {
  EndpointModelFailed,
  EndpointThrottled,
  EndpointUnavailable,
  MalformedPrediction,
} from '../errors.ts';
import type { ModelEndpoint } from '../ports.ts';
import { attemptTimes } from './attempt-times.ts';
import { call } from './call.ts';
import { openSignedHttp, type SignedAnswer } from './signed-http.ts';

/** Whoever waits for a score has a fallback: more than a second attempt does not pay. */
const ATTEMPTS = 2;
const ATTEMPT_MS = 1000;

/**
 * A SageMaker endpoint by its name, each version of the model a production variant of that name.
 * Rows go as CSV as the built-in XGBoost container takes it: no header, no label, nothing where a
 * value is missing. Signed by hand, as the scorer's other single call (docs/adr/object-reader.md).
 */
export function openModelEndpoint(name: string): ModelEndpoint {
  const send = openSignedHttp('sagemaker', ATTEMPT_MS, true);
  const url = `${runtimeUrl()}/endpoints/${encodeURIComponent(name)}/invocations`;
  return {
    async predict(version, rows, signal) {
      if (rows.length === 0) return [];
      const what = `InvokeEndpoint of ${version} on ${name}`;
      const headers = {
        'content-type': 'text/csv',
        accept: 'text/csv',
        'x-amzn-sagemaker-target-variant': version,
      };
      const request = { method: 'POST', url, headers, body: csvOf(rows) } as const;
      const answer = await call(
        what,
        EndpointUnavailable,
        (options) =>
          attemptTimes(
            ATTEMPTS,
            async () => {
              const answer = await send(request, options);
              if (answer.status >= 500) throw new Error(`status ${answer.status}: ${answer.body}`);
              return answer;
            },
            signal,
          ),
        signal,
      );
      if (answer.status !== 200) throw refusalOf(what, answer);
      return numbersOf(answer.body.toString(), rows.length, what);
    },
  };
}

/** Honours the SDK's own variables for another endpoint. */
function runtimeUrl(): string {
  return (
    process.env['AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME'] ??
    process.env['AWS_ENDPOINT_URL'] ??
    `https://runtime.sagemaker.${process.env['AWS_REGION']}.amazonaws.com`
  );
}

function csvOf(rows: readonly Float32Array[]): string {
  return rows
    .map((row) => Array.from(row, (value) => (Number.isNaN(value) ? '' : value)).join(','))
    .join('\n');
}

function refusalOf(what: string, { status, headers, body }: SignedAnswer): Error {
  const type = headers['x-amzn-errortype'] ?? '';
  const message = `${what} failed: status ${status} ${type}: ${body.toString().slice(0, 500)}`;
  if (status === 424) return new EndpointModelFailed(message);
  if (status === 429 || type.startsWith('Throttling')) return new EndpointThrottled(message);
  return new EndpointUnavailable(message);
}

/** The container separates by commas or by lines, by its version. */
function numbersOf(answer: string, rows: number, what: string): number[] {
  const fields = answer.trim().split(/\s*[,\s]\s*/);
  const numbers = fields.map((field) => (field === '' ? Number.NaN : Number(field)));
  if (numbers.length === rows && numbers.every(Number.isFinite)) return numbers;
  throw new MalformedPrediction(
    `${what} answered ${JSON.stringify(answer.slice(0, 200))} to ${rows} rows: one number each is needed`,
  );
}
