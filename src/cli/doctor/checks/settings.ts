import { formatProblem } from '../../../config/print.js';
import { type Check, failed, pass, warning } from '../check.js';

export const settings: Check = {
  id: 'MON-CONF-001',
  title: 'Every setting can be taken as it is given',
  about:
    'All settings are read as the application reads them: environment, and the file that OTEL_CONFIG_FILE names. `monitoring config` prints each with who decided it.',
  troubles: [
    {
      cause:
        'A value is out of range, of another type, or a name that does not exist: the documented default is used instead.',
      remedy: 'Give what the line expects; docs/configuration.md has every setting.',
    },
    {
      cause: 'A MONITORING_* variable is no setting, mostly a slip.',
      remedy: 'Take the name that it resembles, which the line gives.',
    },
    {
      cause: "The configuration file can't be read or parsed: the environment and the defaults are used.",
      remedy: 'Mend what the line names.',
    },
  ],
  needs: [],
  reaches: 'offline',
  run({ reading, running }) {
    const problems = running?.snapshot.application?.problems ?? reading.problems;
    const given = running?.snapshot.application?.settings.filter(({ origin }) => origin !== 'default').length;
    const [first] = problems;
    if (first === undefined) {
      const count = given ?? Object.values(reading.origins).filter((origin) => origin !== 'default').length;
      return pass(`${count} given, the rest at their defaults`);
    }
    const doubtful = problems.every(({ value, used }) => used === value);
    if (doubtful) {
      return warning(`${first.key} is taken as it is given, and may be a slip`, {
        cause: 'the value has the right form, and is none that is known',
        evidence: problems.map(formatProblem),
        remedy: `set ${first.key} to ${first.expected}`,
      });
    }
    const names = problems.map(({ key }) => key).join(', ');
    return failed(`${names} can't be taken as given`, {
      cause: 'another value is used instead',
      evidence: problems.map(formatProblem),
      remedy: `set ${first.key} to ${first.expected}`,
    });
  },
};
