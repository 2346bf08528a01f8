import { type Check, pass, warning } from '../check.js';

export const serviceName: Check = {
  id: 'MON-CONF-003',
  title: 'The service has a name',
  about:
    'The name and the environment that all telemetry carries: the dimensions `Service` and `Environment`, the default namespace and the default log group follow from them.',
  troubles: [
    {
      cause: 'No OTEL_SERVICE_NAME, no package.json with a name: everything is filed under unknown_service:node.',
      remedy: 'Set OTEL_SERVICE_NAME.',
    },
    {
      cause:
        'deployment.environment.name is not set: Environment is the name of the platform, such as ecs:default, for staging and production alike.',
      remedy: 'OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production',
    },
  ],
  needs: [],
  reaches: 'offline',
  run({ service, attributes, configuration }) {
    const environment = String(attributes['deployment.environment.name'] ?? '');
    const evidence = [
      `Service ${service.name}, Environment ${environment}`,
      `namespace ${configuration.metrics.namespace}, log group ${configuration.logs.group}`,
    ];
    if (service.nameFrom === 'nothing') {
      return warning(`the service is called ${service.name}`, {
        cause: 'neither OTEL_SERVICE_NAME nor a package.json names it',
        evidence,
        remedy: 'OTEL_SERVICE_NAME=<name>',
      });
    }
    return pass(`${service.name} (from ${service.nameFrom}), environment ${environment}`, { evidence });
  },
};
