import * as z from 'zod';

/** RFC 9457 problem document; `type` is stable, `field` names the offending part where one is. */
export const problem = z.strictObject({
  type: z.string().describe('Stable name of the problem: what a program decides by.'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('What was wrong with this request, and what to do.'),
  field: z.string().optional().describe('Dotted path of the offending part, where there is one.'),
});
export type Problem = z.infer<typeof problem>;

/** What the gateway in front of the functions answers by itself. */
export const gatewayMessage = z.strictObject({ message: z.string() });

/** Error name → what the caller is told. Every other error is an `InternalError` without detail. */
export const PROBLEMS = {
  InvalidRequest: { status: 400, title: 'The request is not valid' },
  CustomerNotScored: { status: 404, title: 'No value is published of this customer' },
  BodyTooLarge: { status: 413, title: 'The request body is too large' },
  UnsupportedEncoding: { status: 415, title: 'The encoding of the body is not supported' },
  InternalError: { status: 500, title: 'Something failed here' },
  StreamUnavailable: { status: 503, title: 'Events cannot be stored right now' },
  StoreUnavailable: { status: 503, title: 'A store is not available right now' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemName = keyof typeof PROBLEMS;

/** `InvalidRequest` → `urn:foresight:problem:invalid-request`. */
export function problemType(errorName: ProblemName): string {
  return `urn:foresight:problem:${errorName.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`;
}
