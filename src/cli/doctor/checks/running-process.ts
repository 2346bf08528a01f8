import { type Check, info, pass, warning } from '../check.js';

export const runningProcess: Check = {
  id: 'MON-RUN-002',
  title: 'The running application answers',
  about:
    'A process that runs with the preload is asked first, over its socket in MONITORING_RUN_FOLDER; what it says is stronger than what this shell would give it. Without one, the settings are read here as the application would read them.',
  troubles: [
    {
      cause:
        'The application does not run, runs as another user or in another container, or was started without the preload.',
      remedy:
        'Run `monitoring doctor` as the same user where the application runs (`docker exec`, `kubectl exec`, ECS Exec).',
    },
    {
      cause: "The application's event loop is held: the delivery thread answers, the application's own does not.",
      remedy: 'Look at nodejs.eventloop.delay.max and at what runs synchronously; telemetry is delivered meanwhile.',
    },
    {
      cause:
        "No worker thread can be started (permission model, working directory removed): telemetry is sent from the application's own thread.",
      remedy: 'Allow worker threads (`--allow-worker`); a crash is then delivered as well.',
    },
  ],
  needs: [],
  reaches: 'offline',
  run({ running }) {
    if (running === undefined) {
      return info('no running process was found: these are the settings of this shell');
    }
    const { pid, snapshot } = running;
    const evidence = [
      `pid ${pid}, up ${snapshot.uptime} s, @org/monitoring ${snapshot.version}, Node.js ${snapshot.node}`,
      ...(snapshot.application?.entry ? [`entry ${snapshot.application.entry}`] : []),
    ];
    if (snapshot.application === undefined) {
      return warning(`process ${pid} answers, but its event loop does not`, {
        cause: 'the event loop is held for more than a second',
        evidence,
        remedy: 'find what runs synchronously for so long: node --cpu-prof, or nodejs.eventloop.delay.max by time',
      });
    }
    if (snapshot.thread === 'application') {
      return warning(`process ${pid} delivers from its own thread`, {
        cause: 'no worker thread could be started',
        evidence,
        remedy: 'allow worker threads (node --allow-worker), and start the application in a directory that exists',
      });
    }
    return pass(`process ${pid} answers`, { evidence });
  },
};
