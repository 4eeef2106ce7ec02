/**
 * Loaded before a test run (`node --import`): appends the IAM action of each AWS request that this
 * process sends to the file RECORDED_ACTIONS, one a line. Read off the wire, so it does not matter
 * whether bundled or plain code, or which client, sends it.
 */
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';

const file = process.env['RECORDED_ACTIONS'];
const seen = new Set<string>();

function record(action: string): void {
  if (file === undefined || seen.has(action)) return;
  seen.add(action);
  appendFileSync(file, `${action}\n`);
}

channel('http.client.request.created').subscribe((message) => {
  const { request } = message as { request: ClientRequest };
  // …/20260101/us-east-1/dynamodb/aws4_request
  const service = /\/(\w+)\/aws4_request/.exec(String(request.getHeader('authorization')))?.[1];
  if (service === undefined) return;
  const operation = String(request.getHeader('x-amz-target') ?? '').split('.')[1];
  if (operation !== undefined) record(`${service}:${operation}`);
  else if (service === 's3') record(s3Action(request));
  else if (service === 'sagemaker') record('sagemaker:InvokeEndpoint');
  else recordQuery(service, request);
});

/** Of the REST calls of S3 that adapters make: IAM knows fewer actions than the API has calls. */
function s3Action({ method, path }: ClientRequest): string {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const ofBucket = pathname.split('/').filter(Boolean).length < 2;
  if (method === 'GET' || method === 'HEAD')
    return ofBucket && (searchParams.has('list-type') || method === 'HEAD')
      ? 's3:ListBucket'
      : 's3:GetObject';
  if (method === 'DELETE') return ofBucket ? 's3:DeleteBucket' : 's3:DeleteObject';
  return ofBucket ? 's3:CreateBucket' : 's3:PutObject';
}

/** The query protocol (SNS, STS) names its action in the body, which is sent later. */
function recordQuery(service: string, request: ClientRequest): void {
  const end = request.end.bind(request);
  request.end = ((chunk?: unknown, ...rest: []) => {
    const action = /(?:^|&)Action=(\w+)/.exec(String(chunk ?? ''))?.[1];
    if (action !== undefined) record(`${service}:${action}`);
    return end(chunk as string, ...rest);
  }) as typeof request.end;
}
