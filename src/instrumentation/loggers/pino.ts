import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { BoundErrors, ERROR_LEVEL, fieldsOf, type ReportRecord } from './records.js';

type Write = (this: object, fields: unknown, message: unknown, level: number, ...rest: unknown[]) => unknown;
type Child = (this: object, bindings: unknown, ...rest: unknown[]) => object;
type Prototype = { [name: symbol]: Write | undefined; child?: Child };
type CreatePrototype = () => object;

const VERSIONS = ['>=6.0.0 <11'];

export const PINO_MODULES = ['pino'];

/** Records of pino at error level and above: what a logger writes passes one method, with the error as it was given. */
export function patchPino(report: ReportRecord): Patches {
  const bound = new BoundErrors();
  const file = new InstrumentationNodeModuleFile(
    'pino/lib/proto.js',
    VERSIONS,
    (create: CreatePrototype) => {
      const [prototype, name] = writerOf(create);
      if (name) wrapMethod(prototype, name, (original) => observing(original, report, bound));
      wrapMethod(prototype, 'child', (original) => binding(original, bound));
      return create;
    },
    (create?: CreatePrototype) => {
      const [prototype, name] = writerOf(create);
      if (name) unwrapMethod(prototype, name);
      unwrapMethod(prototype, 'child');
    },
  );
  return new Patches('pino', [new InstrumentationNodeModuleDefinition('pino', VERSIONS, undefined, undefined, [file])]);
}

function observing(original: Write, report: ReportRecord, bound: BoundErrors): Write {
  return function write(fields, message, level, ...rest) {
    const result = original.call(this, fields, message, level, ...rest);
    if (level >= ERROR_LEVEL)
      observed(() => report({ logger: 'pino', level, message, ...bound.with(this, fieldsOf(fields)) }));
    return result;
  };
}

function binding(original: Child, bound: BoundErrors): Child {
  return function child(bindings, ...rest) {
    const logger = original.call(this, bindings, ...rest);
    observed(() => bound.bind(logger, bindings, this));
    return logger;
  };
}

/** Pino names its methods by symbols of its own. */
function writerOf(create: CreatePrototype | undefined): [Prototype | undefined, symbol | undefined] {
  const prototype: Prototype | undefined = create && Object.getPrototypeOf(create());
  const symbols = prototype ? Object.getOwnPropertySymbols(prototype) : [];
  return [prototype, symbols.find(({ description }) => description === 'pino.write')];
}
