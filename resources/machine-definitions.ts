/**
 * Serverless plugin: the definition of a state machine goes into the template as a text. In it
 * `"ResultPath": null` keeps a state's input, but the framework removes each null of a template, and
 * CloudFormation refuses those that it finds.
 */

interface Serverless {
  readonly service: {
    readonly provider: {
      readonly compiledCloudFormationTemplate: {
        readonly Resources: Readonly<
          Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
        >;
      };
    };
  };
}

// The framework takes a plugin as a module's default export.
export default class MachineDefinitions {
  readonly hooks: Readonly<Record<string, () => void>>;
  readonly #serverless: Serverless;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => this.#writeAsText(),
    };
  }

  #writeAsText(): void {
    const { Resources } = this.#serverless.service.provider.compiledCloudFormationTemplate;
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type !== 'AWS::StepFunctions::StateMachine') continue;
      Properties['DefinitionString'] = JSON.stringify(Properties['Definition']);
      delete Properties['Definition'];
    }
  }
}
