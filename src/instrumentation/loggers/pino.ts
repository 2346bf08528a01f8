import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { ERROR_LEVEL, fieldsOf, type ReportRecord } from './records.js';

type Write = (this: unknown, fields: unknown, message: unknown, level: number, ...rest: unknown[]) => unknown;
type Prototype = Record<symbol, Write | undefined>;
type CreatePrototype = () => object;

const VERSIONS = ['>=6.0.0 <11'];

export const PINO_MODULES = ['pino'];

/** Records of pino at error level and above: what a logger writes passes one method, with the error as it was given. */
export function patchPino(report: ReportRecord): Patches {
  const file = new InstrumentationNodeModuleFile(
    'pino/lib/proto.js',
    VERSIONS,
    (create: CreatePrototype) => {
      const [prototype, name] = writerOf(create);
      if (name) wrapMethod(prototype, name, (original) => observing(original, report));
      return create;
    },
    (create?: CreatePrototype) => {
      const [prototype, name] = writerOf(create);
      if (name) unwrapMethod(prototype, name);
    },
  );
  return new Patches('pino', [new InstrumentationNodeModuleDefinition('pino', VERSIONS, undefined, undefined, [file])]);
}

function observing(original: Write, report: ReportRecord): Write {
  return function write(fields, message, level, ...rest) {
    const result = original.call(this, fields, message, level, ...rest);
    if (level >= ERROR_LEVEL) observed(() => report({ logger: 'pino', level, message, ...fieldsOf(fields) }));
    return result;
  };
}

/** Pino names its methods by symbols of its own. */
function writerOf(create: CreatePrototype | undefined): [Prototype | undefined, symbol | undefined] {
  const prototype: Prototype | undefined = create && Object.getPrototypeOf(create());
  const symbols = prototype ? Object.getOwnPropertySymbols(prototype) : [];
  return [prototype, symbols.find(({ description }) => description === 'pino.write')];
}
