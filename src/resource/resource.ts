import type { Attributes } from '@opentelemetry/api';
import { defaultEnvironment } from '../../exporters/cloudwatch-metrics/entity.js';
import { type Platform, present } from './platform.js';
import type { Service } from './service.js';

/** The resource that all telemetry of this process carries. */

/** The semantic conventions that the names of our resource attributes follow. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

export interface ResourceSources {
  service: Service;
  platform: Platform;
  /** OTEL_RESOURCE_ATTRIBUTES: these win. */
  resourceAttributes: Record<string, string>;
  distro: { name: string; version: string };
  /** `SDK_INFO` of the SDK that makes the telemetry; absent in a process that makes none. */
  sdk?: Attributes;
  /** A UUID that no other process has (`service.instance.id` of the semantic conventions). */
  instanceId: string;
  hostName: string;
  pid: number;
  /** `process.versions.node`. */
  nodeVersion: string;
  /** The log group that errors go to; absent when they go elsewhere. Traces lead from there to their logs. */
  errorLogGroup?: string;
}

const LOG_GROUPS = 'aws.log.group.names';
const ENVIRONMENT = 'deployment.environment.name';
/** The name that it had before it became stable; still given by many. */
const FORMER_ENVIRONMENT = 'deployment.environment';

export function createResourceAttributes(sources: ResourceSources): Attributes {
  const { service, platform, resourceAttributes, distro, errorLogGroup } = sources;
  const given = givenAttributes(resourceAttributes);
  const attributes = present({
    'host.name': sources.hostName,
    'process.pid': sources.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': sources.nodeVersion,
    'service.version': service.version,
    'service.namespace': service.namespace,
    'service.instance.id': sources.instanceId,
    ...platform.attributes,
    ...sdkAttributes(sources.sdk),
    'telemetry.distro.name': distro.name,
    'telemetry.distro.version': distro.version,
    ...given,
    'service.name': service.name,
    [LOG_GROUPS]: logGroups(errorLogGroup, given[LOG_GROUPS] ?? platform.attributes[LOG_GROUPS]),
  });
  const environment = namedEnvironment(resourceAttributes, platform) ?? defaultEnvironment(attributes);
  return { ...attributes, [ENVIRONMENT]: environment };
}

/** The environment that the operator or else the platform names; undefined where it follows from what is known of the platform. */
function namedEnvironment(given: Readonly<Record<string, string>>, platform: Platform): string | undefined {
  return given[ENVIRONMENT] || given[FORMER_ENVIRONMENT] || platform.environmentName;
}

/** `attributes` with the environment that follows from them, where neither the operator nor the platform names one. */
export function withEnvironment(
  attributes: Attributes,
  given: Readonly<Record<string, string>>,
  platform: Platform,
): Attributes {
  if (namedEnvironment(given, platform) !== undefined) return attributes;
  return { ...attributes, [ENVIRONMENT]: defaultEnvironment(attributes) };
}

/** `attributes` in the environment of `settled`: series and alarms would split if a running process changed it. */
export function inEnvironmentOf(attributes: Attributes, settled: Attributes): Attributes {
  return { ...attributes, [ENVIRONMENT]: settled[ENVIRONMENT] };
}

/** Name, language and version of the SDK, which names the runtime as well. */
function sdkAttributes(sdk: Attributes = {}): Attributes {
  return Object.fromEntries(Object.entries(sdk).filter(([name]) => name.startsWith('telemetry.sdk.')));
}

/** Adds what was detected later. What is there already stays; log groups are joined. */
export function withDetected(attributes: Attributes, detected: Attributes): Attributes {
  const joined = { ...detected, ...attributes };
  const groups = [...listed(attributes[LOG_GROUPS]), ...listed(detected[LOG_GROUPS])];
  return groups.length > 0 ? { ...joined, [LOG_GROUPS]: [...new Set(groups)] } : joined;
}

/** Several log groups come in one value, joined by `&`, as Application Signals has it. */
function givenAttributes(resourceAttributes: Record<string, string>): Attributes {
  const groups = resourceAttributes[LOG_GROUPS];
  return groups ? { ...resourceAttributes, [LOG_GROUPS]: groups.split('&') } : resourceAttributes;
}

function logGroups(own: string | undefined, others: Attributes[string]): string[] | undefined {
  const groups = [...new Set([...(own ? [own] : []), ...listed(others)])];
  return groups.length > 0 ? groups : undefined;
}

function listed(value: Attributes[string]): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
