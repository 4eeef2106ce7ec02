import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { Route } from './wiring.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Bodies that API Gateway passes as text; all others are base64. */
const TEXT = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|javascript|x-www-form-urlencoded))/;

/** What the gateway knows of a request beside what the client sent. */
export interface Arrival {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** The event of an HTTP API, payload format 2.0. */
export function httpEvent(
  request: IncomingMessage,
  body: Buffer,
  route: Route,
  pathParameters: Readonly<Record<string, string>>,
  { requestId, time }: Arrival,
): APIGatewayProxyEventV2 {
  const [pathname, search] = pathAndQuery(request.url ?? '/');
  const searchParams = new URLSearchParams(search);
  const { headers, cookies } = headersOf(request);
  const query = Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name).join(',')]),
  );
  const method = request.method ?? 'GET';
  const routeKey = `${route.method} ${route.path}`;
  const textual = TEXT.test(headers['content-type'] ?? 'text/') && !headers['content-encoding'];
  return {
    version: '2.0',
    routeKey,
    rawPath: pathname,
    rawQueryString: search,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(search.length > 0 ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: '000000000000',
      apiId: 'embedded',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'embedded',
      http: {
        method,
        path: pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: sourceIp(request),
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(time),
      timeEpoch: time,
    },
    ...(Object.keys(pathParameters).length > 0 ? { pathParameters } : {}),
    ...(body.length > 0 ? { body: body.toString(textual ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: body.length > 0 && !textual,
  };
}

/** The event of a request authorizer, payload format 2.0, for the same request. */
export function authorizerEvent(
  event: APIGatewayProxyEventV2,
  identitySource: readonly string[],
): APIGatewayRequestAuthorizerEventV2 {
  const { isBase64Encoded: _, body: __, ...request } = event;
  return {
    ...request,
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:us-east-1:000000000000:embedded/$default/${event.requestContext.http.method}${event.rawPath}`,
    identitySource: [...identitySource],
    cookies: event.cookies ?? [],
    queryStringParameters: event.queryStringParameters ?? {},
    pathParameters: event.pathParameters ?? {},
    stageVariables: {},
    requestContext: event.requestContext,
  };
}

/** As sent: a URL parser would refuse or rewrite what a client may well send. */
function pathAndQuery(target: string): readonly [path: string, query: string] {
  const [beforeFragment = ''] = target.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  if (mark < 0) return [beforeFragment, ''];
  return [beforeFragment.slice(0, mark), beforeFragment.slice(mark + 1)];
}

/** Names in lower case, repeated headers joined, cookies apart. */
function headersOf(request: IncomingMessage) {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name === 'cookie') cookies.push(...(values ?? []).flatMap((value) => value.split('; ')));
    else headers[name] = (values ?? []).join(',');
  }
  return { headers, cookies };
}

function sourceIp(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
}

/** `21/Nov/2026:01:30:00 +0000`, as API Gateway writes it. */
function commonLogTime(time: number): string {
  const [day, clock] = new Date(time).toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, date] = day.split('-') as [string, string, string];
  return `${date}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
}
