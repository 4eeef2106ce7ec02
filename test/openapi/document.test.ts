import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { readProjectWiring } from '../../local/project.ts';
import { ROUTE_SCOPES } from '../../shared/domain/authorize.ts';
import { openApiDocument } from '../../shared/domain/openapi.ts';
import { Contract } from './contract.ts';

const document = openApiDocument();
const contract = new Contract(document);
const routes = readProjectWiring('dev').routes.map((route) => ({
  ...route,
  key: `${route.method} ${route.path}`,
}));

test('is OpenAPI 3.1 by its meta-schema', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('has the routes of serverless.yml, each once', () => {
  expect([...contract.operations.keys()].toSorted()).toEqual(
    routes.map(({ key }) => key).toSorted(),
  );
  const ids = [...contract.operations.values()].map(({ operationId }) => operationId);
  expect(ids).toEqual([...new Set(ids)]);
});

test.each(routes)('$key asks for the scope that opens it', ({ key, authorizer }) => {
  const scope = ROUTE_SCOPES[key];
  expect(scope !== undefined).toBe(authorizer !== null);
  expect(contract.operations.get(key)?.security).toEqual(
    scope === undefined ? [] : [{ ApiKey: [scope] }],
  );
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  for (const [, pointer = ''] of references) {
    const found = pointer
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], document);
    expect(found, pointer).toBeDefined();
  }
});

describe('an example', () => {
  const media = [...contract.operations].flatMap(([route, { requestBody, responses }]) => {
    const [method = '', path = ''] = route.split(' ');
    const operation = ['paths', path, method.toLowerCase()];
    const of = (content: object, place: readonly string[]) =>
      Object.entries(content).flatMap(([type, { examples = {} }]) =>
        Object.entries(examples as Record<string, { value: unknown }>).map(([name, { value }]) => ({
          name: `${[...place, name].slice(1).join(' ')}`,
          place: [...place, 'content', type, 'schema'],
          value,
        })),
      );
    return [
      ...of(requestBody?.content ?? {}, [...operation, 'requestBody']),
      ...Object.entries(responses).flatMap(([status, { content }]) =>
        of(content, [...operation, 'responses', status]),
      ),
    ];
  });

  test.each(media)('is what it exemplifies: $name', ({ place, value }) => {
    expect(contract.mismatch(place, value)).toBeNull();
  });

  test('is there for every body that is sent', () => {
    for (const { requestBody } of contract.operations.values()) {
      if (requestBody === undefined) continue;
      expect(Object.keys(requestBody.content['application/json']?.examples ?? {})).not.toEqual([]);
    }
  });
});
