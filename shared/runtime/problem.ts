import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PROBLEMS, type Problem, type ProblemName, problemType } from '../schemas/problem.ts';

/** Messages may name what the caller sent: no answer grows with its request. */
const MAX_DETAIL = 1000;

export function problemOf(error: unknown): Problem {
  const name = error instanceof Error ? error.name : '';
  if (!(error instanceof Error) || !isProblemName(name)) {
    const detail = 'The failure was logged with the id of this request.';
    return { type: problemType('InternalError'), ...PROBLEMS.InternalError, detail };
  }
  const field = 'field' in error && typeof error.field === 'string' ? error.field : undefined;
  return {
    type: problemType(name),
    ...PROBLEMS[name],
    detail: error.message.slice(0, MAX_DETAIL),
    ...(field === undefined ? {} : { field }),
  };
}

function isProblemName(name: string): name is ProblemName {
  return Object.hasOwn(PROBLEMS, name);
}

export function problemResponse(problem: Problem): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.status === 503 ? { 'retry-after': '1' } : {}),
    },
    body: JSON.stringify(problem),
  };
}
