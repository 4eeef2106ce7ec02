import * as z from 'zod';
import type { ApiAnswer } from './api-client.ts';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}
interface OpenApiDocument {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses?: Record<string, Response> }>>>
  >;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/**
 * Holds an answer against an OpenAPI document.
 * @param route as the document has it, e.g. `POST /v1/events`
 * @returns what the document does not say, null where all is as it says
 */
export function breachOf(document: unknown, route: string, answer: ApiAnswer): string | null {
  const { paths, components } = document as OpenApiDocument;
  const [method = '', path = ''] = route.split(' ');
  const responses = paths[path]?.[method.toLowerCase()]?.responses;
  if (responses === undefined) return `${route} is not in the document`;
  const response = resolved(document, responses[answer.status] ?? responses['default']);
  if (response === undefined) return `${route} may not answer ${answer.status}`;
  const schema = response.content?.[answer.contentType]?.schema;
  if (schema === undefined) {
    return `${route} may not answer ${answer.status} as ${answer.contentType || 'nothing'}`;
  }
  const result = validatorOf(schema, components?.schemas ?? {}).safeParse(answer.body);
  return result.success
    ? null
    : `${route} ${answer.status}: ${result.error.issues[0]?.path.join('.')} ${result.error.issues[0]?.message}`;
}

/** A JSON schema with the document's components where JSON Schema has its definitions. */
function validatorOf(schema: unknown, components: Readonly<Record<string, unknown>>): z.ZodType {
  const whole = { allOf: [schema], $defs: components };
  const text = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(JSON.parse(text));
}

function resolved(document: unknown, response: Response | undefined): Response | undefined {
  const reference = (response as { $ref?: string } | undefined)?.$ref;
  if (reference === undefined) return response;
  return reference
    .slice(2)
    .split('/')
    .reduce((at, key) => (at as Record<string, unknown>)?.[key], document) as Response | undefined;
}
