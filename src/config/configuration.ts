import type { SamplerConfiguration } from './sampler-argument.js';
import type { SettingName, settings } from './settings.js';

export type { PropagatorName } from './choices.js';
export type { SamplerConfiguration, SamplerName } from './sampler-argument.js';

/** The settings in force, parsed and validated: what every other part of the distro reads instead of the environment. */
export type Configuration = Placed & {
  traces: { sampler: SamplerConfiguration };
  /** Whole URL, the signal's path included: `http://localhost:4318/v1/traces`; with gRPC without a path: `http://localhost:4317`. */
  otlp: Record<'metrics' | 'traces' | 'logs', { url: string }>;
  /** Absolute path of the folder for what outlives a process (delivery/left-behind/); absent: nothing is written to disk. */
  runFolder?: string;
};

/** The settings of a service that is known by name: the names in AWS that follow from it are there. */
export type IdentifiedConfiguration = Configuration & { metrics: { namespace: string }; logs: { group: string } };

export type AwsConfiguration = Configuration['aws'];
/** What an OTLP exporter of one signal is given. */
export type OtlpConfiguration = Configuration['otlp']['traces'];
export type BatchConfiguration = Configuration['traces']['batch'];
/** Of every request to AWS. */
export type DeliveryConfiguration = Configuration['delivery'];
export type SpanLimits = Configuration['traces']['limits'];
export type AttributeLimits = Configuration['logs']['limits'];

type Table = typeof settings;

/** What the settings of the table amount to, each at its place. */
type Placed = Plain<
  Intersection<{ [Name in SettingName]: At<NonNullable<Table[Name]['place']>, InForce<Name>> }[SettingName]>
>;

/** The type of a setting's value, or of what counts where it is not set. */
type InForce<Name extends SettingName> =
  NonNullable<Table[Name]['fallback']> extends infer Fallback extends SettingName
    ? [Fallback] extends [never]
      ? Table[Name]['default']
      : NonNullable<Table[Name]['default']> | InForce<Fallback>
    : never;

/** `{ a: { b: Value } }` for the place `a.b`; a value that may be absent is an optional property. */
type At<Place extends string, Value> = Place extends `${infer Key}.${infer Rest}`
  ? { [K in Key]: At<Rest, Value> }
  : undefined extends Value
    ? { [K in Place]?: NonNullable<Value> }
    : { [K in Place]: Value };

/** One structure in the place of an intersection, for people who read the compiler's messages. */
type Plain<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

type Intersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** One setting that could not be taken as it stands; the distro runs on with `used`. */
export interface Problem {
  /** The name of the setting; in a configuration file the path of the key: `tracer_provider.sampler`. */
  key: string;
  /** What was given, shortened; `[redacted]` for a secret. */
  value: string;
  /** Where it was given: `environment`, or the path of the configuration file. */
  from: string;
  expected: string;
  used: string;
}

/** Who decided the value of a setting. */
export type Origin = 'default' | 'environment' | 'configuration file';
