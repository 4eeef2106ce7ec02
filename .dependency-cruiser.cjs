/** Who may import whom, as a table: folder → folders of ours it may reach (design, section 2). */
const DIRECTIONS = {
  'shared/errors': [],
  'shared/schemas': ['shared/schemas'],
  'shared/math': ['shared/math', 'shared/errors'],
  'shared/ports': ['shared/schemas'],
  'shared/features': [
    'shared/features',
    'shared/math',
    'shared/schemas',
    'shared/errors',
    'shared/ports',
  ],
  'shared/trees': ['shared/trees', 'shared/math', 'shared/schemas', 'shared/errors'],
  'shared/domain': [
    'shared/domain',
    'shared/features',
    'shared/trees',
    'shared/math',
    'shared/schemas',
    'shared/errors',
    'shared/ports',
  ],
  'shared/aws': ['shared/aws', 'shared/ports', 'shared/schemas', 'shared/errors'],
  // An embedded endpoint evaluates forests as the container on SageMaker does.
  'shared/embedded': [
    'shared/embedded',
    'shared/trees',
    'shared/math',
    'shared/ports',
    'shared/schemas',
    'shared/errors',
  ],
  // The same database for both worlds.
  'shared/postgres': ['shared/postgres', 'shared/ports', 'shared/schemas', 'shared/errors'],
  'shared/runtime': ['shared/runtime', 'shared/schemas', 'shared/errors'],
  functions: ['shared/'],
  local: ['local', 'functions', 'shared/'],
  cli: ['cli', 'local', 'functions', 'shared/'],
};

const anyOf = (folders) => `^(?:${folders.join('|')})`;
const OURS = '^(?:shared|functions|local|cli|bench|test|console)/';

module.exports = {
  forbidden: [
    ...Object.entries(DIRECTIONS).map(([folder, allowed]) => ({
      name: `${folder}-reaches-too-far`,
      severity: 'error',
      from: { path: `^${folder}(?:/|\\.ts$)` },
      to: {
        path: OURS,
        ...(allowed.length === 0 ? {} : { pathNot: anyOf(allowed) }),
      },
    })),
    {
      name: 'ports-are-types-to-the-domain',
      severity: 'error',
      from: { path: '^shared/(?:domain|features)/' },
      to: { path: '^shared/ports\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-input-or-output-in-pure-folders',
      comment: 'Pure rules take data, a clock and randomness; only node:crypto (hashes) is theirs.',
      severity: 'error',
      from: { path: '^shared/(?:domain|features|math|schemas)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:crypto|buffer)$' },
    },
    {
      name: 'trees-read-bytes-and-use-threads',
      comment: 'The library takes bytes, never paths; training runs on threads of its own.',
      severity: 'error',
      from: { path: '^shared/trees/' },
      to: {
        dependencyTypes: ['core'],
        pathNot: '^(?:node:)?(?:crypto|buffer|zlib|worker_threads)$',
      },
    },
    {
      name: 'adapters-only-by-alias',
      comment: 'Handlers choose no world: #adapters does.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^shared/(?:aws|embedded)/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'functions-stand-alone',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^functions/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-development-dependency-ships',
      severity: 'error',
      from: { path: '^(?:functions|shared|local|cli)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
