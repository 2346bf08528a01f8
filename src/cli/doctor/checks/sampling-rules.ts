import type { AwsAnswer } from '../../aws/call.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { statementFor } from '../policy.js';
import { isDenied } from './permission.js';

export const samplingRules: Check = {
  id: 'MON-XRAY-005',
  title: "The account's sampling rules can be read",
  about:
    'With OTEL_TRACES_SAMPLER=xray: one call of xray:GetSamplingRules, signed, or unsigned to the endpoint that the sampler is given.',
  troubles: [
    {
      cause:
        'xray:GetSamplingRules or xray:GetSamplingTargets is denied: the sampler falls back to one request a second and 5 % of the rest.',
      remedy: 'Attach AWSXrayWriteOnlyPolicy, or add the statement that the check prints.',
    },
  ],
  needs: ['MON-CRED-003', 'MON-NET-004'],
  reaches: 'aws',
  calls: ['xray:GetSamplingRules'],
  unless: (context) => {
    const { sampler } = context.configuration.traces;
    if (sampler.name !== 'xray') return 'the sampler is not xray';
    if (sampler.endpoint !== undefined) return `its rules come from ${sampler.endpoint}`;
    return unlessUsed('xray')(context);
  },
  async run(context, signal) {
    const { region } = await context.region();
    return judgeRules(await context.call({ service: 'xray', action: '/GetSamplingRules' }, signal), region);
  },
};

export function judgeRules({ error, body }: AwsAnswer, region: string | undefined): Verdict {
  if (error !== undefined) {
    const evidence = [`${error.name}: ${error.message}`];
    if (!isDenied(error.name, error.message)) return info(`not known: ${evidence[0]}`);
    return warning("the account's sampling rules can't be read", {
      cause: 'xray:GetSamplingRules is denied: one request a second and 5 % of the rest are traced instead',
      evidence,
      remedy: `attach to the identity: ${statementFor('xray:GetSamplingRules', { region })}, and xray:GetSamplingTargets`,
    });
  }
  const records =
    (body as { SamplingRuleRecords?: { SamplingRule?: { RuleName?: string } }[] }).SamplingRuleRecords ?? [];
  const names = records.flatMap(({ SamplingRule }) => SamplingRule?.RuleName ?? []);
  return pass(`${names.length} rule${names.length === 1 ? '' : 's'}: ${names.slice(0, 10).join(', ')}`);
}
