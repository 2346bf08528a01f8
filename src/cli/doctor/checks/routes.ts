import { FRAMEWORKS } from '../../../instrumentation/frameworks/frameworks.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';

/** Fewer say nothing. */
const NOTABLE_REQUESTS = 10;
/** Share of requests without a route that is no accident. */
const NOTABLE_SHARE = 0.5;
/** Frameworks that answer requests without a patch of ours that tells their route. */
const WITHOUT_PATCH = ['next', 'nuxt', 'restify', 'polka', 'h3', 'hono', 'micro'];

export const routes: Check = {
  id: 'MON-METR-004',
  title: 'Requests are told by their route',
  about:
    'Of the running process: how many requests no route took, those aside that were answered with 404 or 405. Their durations are together in one series, `unmatched`.',
  troubles: [
    {
      cause:
        'The framework tells its routes in a way that is not seen, or there is none: plain `http`, Next.js, a router by hand.',
      remedy: "`import { setRoute } from '@org/monitoring'`, and `setRoute('/orders/:id')` in each handler.",
    },
    {
      cause: 'The framework was loaded before the preload, or is inside a bundle.',
      remedy: 'The preload first; packages outside the bundle.',
    },
  ],
  needs: ['MON-RUN-002', 'MON-LOAD-001'],
  reaches: 'offline',
  unless: ({ running }) => (running ? undefined : 'no running process was found'),
  run({ running, application }) {
    const { requests, instrumentations = [] } = running?.snapshot.application ?? {};
    if (requests === undefined) return info('the process does not tell how many requests it has answered');
    const patched = FRAMEWORKS.filter((name) => instrumentations.includes(`@org/monitoring/${name}`));
    const installed = WITHOUT_PATCH.filter((name) => application?.dependencies.has(name));
    return judgeRoutes(requests, [...patched, ...installed]);
  },
};

export function judgeRoutes(
  { total, unmatched }: { readonly total: number; readonly unmatched: number },
  frameworks: readonly string[],
): Verdict {
  const share = `${unmatched} of ${total} requests have no route${total > 0 ? ` (${Math.round((unmatched / total) * 100)} %)` : ''}`;
  const evidence = [`framework: ${frameworks.join(', ') || 'none was seen'}`];
  if (total < NOTABLE_REQUESTS) return info(share, { evidence });
  if (unmatched / total < NOTABLE_SHARE) return pass(share, { evidence });
  return warning(share, {
    cause:
      'nothing tells the route of these requests: their durations, faults and traces are together under "unmatched"',
    evidence,
    remedy: "setRoute('/orders/:id') of @org/monitoring, in each handler or where the application decides who answers",
  });
}
