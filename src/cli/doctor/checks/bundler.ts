import type { Application } from '../application.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';

const BUNDLERS = /\b(esbuild|webpack|rollup|vite|tsup|ncc|parcel|rspack|bun build|next build|nuxt build)\b/;
/** What bundlers leave in what they write. */
const MARKS =
  /__webpack_require__|__esbuild|var __commonJS = |__commonJSMin|parcelRequire|\/\*! @__NO_SIDE_EFFECTS__|__nccwpck_require__/;

export const bundler: Check = {
  id: 'MON-LOAD-005',
  title: 'The application is not bundled, or bundled so that it can be instrumented',
  about:
    'The scripts of package.json are searched for bundlers, and the entry for what they leave behind. Instrumentation works on modules as they are loaded; a bundle loads none.',
  troubles: [
    {
      cause:
        'Frameworks and drivers are inside the bundle: routes are `unmatched`, queries are not traced. Requests, host metrics and uncaught errors are complete.',
      remedy:
        'Leave them out of the bundle: esbuild `--packages=external`, webpack `externals`, Next.js `serverExternalPackages`.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'files',
  unless: ({ application }) => (application ? undefined : 'no application here: give its entry file with --app'),
  run: ({ application }) => judgeBundle(application as Application),
};

export function judgeBundle({ entry, source, scripts }: Pick<Application, 'entry' | 'source' | 'scripts'>): Verdict {
  const script = Object.entries(scripts).find(([, text]) => BUNDLERS.test(text));
  const evidence = script ? [`script "${script[0]}": ${script[1]}`] : [];
  const external = script !== undefined && /--packages[= ]external|externals?\b/.test(script[1]);
  if (source !== undefined && MARKS.test(source)) {
    return warning(`${entry} is a bundle`, {
      cause:
        'instrumentation works on modules as they are loaded: what is inside the bundle is not traced, and routes may be "unmatched"',
      evidence,
      remedy:
        'leave packages out of the bundle: esbuild --packages=external, webpack externals, serverExternalPackages of Next.js',
    });
  }
  if (script !== undefined && source === undefined && !external) {
    return info(`a bundler is used (${BUNDLERS.exec(script[1])?.[1]}): --app <entry> looks at what it writes`, {
      evidence,
    });
  }
  return pass(source === undefined ? 'no bundler in the scripts' : 'the entry is no bundle', { evidence });
}
