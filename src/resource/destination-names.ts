import type { Configuration, IdentifiedConfiguration } from '../config/configuration.js';
import type { Service } from './service.js';

/** Names in AWS that follow from the service's when none is configured. A character that AWS refuses becomes `-`. */

/** The configuration with the names that the settings leave to the service. */
export function nameDestinations(
  given: Configuration,
  service: Pick<Service, 'name' | 'namespace'>,
): IdentifiedConfiguration {
  const { metrics, logs } = given;
  return {
    ...given,
    metrics: { ...metrics, namespace: metrics.namespace ?? defaultNamespace(service) },
    logs: { ...logs, group: logs.group ?? defaultErrorLogGroup(service) },
  };
}

/** PutMetricData: 255 characters; 0-9 A-Z a-z . - _ / # : and no colon first; `AWS/` is AWS's own. */
export function defaultNamespace(service: Pick<Service, 'name' | 'namespace'>): string {
  const name = plain(service, /[^\w.\-/#]/g).slice(0, 255);
  return name.startsWith('AWS/') ? `-${name}`.slice(0, 255) : name;
}

/** CreateLogGroup: 512 characters; a-z A-Z 0-9 _ - / . # */
export function defaultErrorLogGroup(service: Pick<Service, 'name' | 'namespace'>): string {
  const suffix = '/errors';
  return `/${plain(service, /[^\w\-/.#]/g).slice(0, 512 - suffix.length - 1)}${suffix}`;
}

/** `@scope/name` is `scope/name`. */
function plain({ name, namespace }: Pick<Service, 'name' | 'namespace'>, refused: RegExp): string {
  const text = (namespace ?? name).replace(/^[@/:]+/, '').replace(refused, '-');
  return text || 'unknown_service';
}
