/** What is wrong with a demand, said where it is. */
import { describe, expect, it } from 'vitest'
import { GOOD, problems } from './world.ts'

const with_ = (arrivals: string, more = ''): string =>
  GOOD.replace('{poisson: 6/s}', arrivals).replace('output: 100}\n', `output: 100}\n${more}`)
const LABELLED = 'arrival_s,prompt_tokens,output_tokens,model\n43200,100,10,a\n43201.5,200,20,b\n43260,300,30,a\n'
const trace = (arrivals: string, mix: string): string =>
  GOOD.replace('{poisson: 6/s}', arrivals)
    .replace('{gpt-oss-20b: 80%, gemma: 20%}', mix)
    .replace('{prompt: 500, output: 100}', '{from: trace}')

/** [what, arrivals, more, message] */
const ARRIVALS: readonly (readonly [string, string, string, string])[] = [
  [
    'a gap distribution without a shape',
    '{weibull: {rate: 6/s}}',
    '',
    'arrivals.weibull.shape is missing; it must be a number',
  ],
  [
    'a Weibull that is hardly one',
    '{weibull: {rate: 6/s, shape: 0.01}}',
    '',
    'arrivals.weibull.shape must be from 0.2 to 20, not `0.01`',
  ],
  ['a chain of one state', '{mmpp: [{rate: 6/s, mean: 1m}]}', '', 'arrivals.mmpp must have at least 2 entries'],
  [
    'a chain that is always silent',
    '{mmpp: [{rate: 0, mean: 1m}, {rate: 0, mean: 1m}]}',
    '',
    'arrivals.mmpp must have a state with a rate above 0',
  ],
  [
    'a chain that jumps all the time',
    '{mmpp: [{rate: 1/s, mean: 1us}, {rate: 0, mean: 1us}]}',
    '',
    'arrivals.mmpp changes the rate 600000000 times; a run has at most 20000000 changes',
  ],
  ['never on', '{onoff: {rate: 6/s, on: 0, off: 1m}}', '', 'arrivals.onoff.on must be more than 0'],
  [
    'on and off too fast to follow',
    '{onoff: {rate: 6/s, on: 1us, off: 1us}}',
    '',
    'arrivals.onoff changes the rate 600000000 times; a run has at most 20000000 changes',
  ],
  [
    'a pareto the wrong way round',
    '{onoff: {rate: 6/s, on: {pareto: {min: 1h, alpha: 1.5, max: 1m}}, off: 1m}}',
    '',
    'arrivals.onoff.on.pareto.max must be more than `min`',
  ],
  ['a log rate without bounds', '{cox: {sd: 9}}', '', 'arrivals.cox.sd must be from 0 to 3, not `9`'],
  ['a preset nobody knows', 'coxx', '', 'arrivals must be a map or `cox`, not `coxx`'],
  [
    'more users than there are',
    '{users: {count: 1000000, think: 1m}}',
    '',
    'arrivals.users.count must be from 1 to 100000, not `1000000`',
  ],
  [
    'users who never stop asking',
    '{users: {count: 100000, think: 0}}',
    '',
    'arrivals.users.count makes 1200000000 requests in all; a run has at most 20000000',
  ],
  ['sessions from nowhere', '{sessions: {turns: 3}}', '', 'arrivals.sessions needs `rate` or `agents`, one of them'],
  [
    'sessions from two places',
    '{sessions: {rate: 1/m, agents: 3}}',
    '',
    'arrivals.sessions needs `rate` or `agents`, one of them',
  ],
  [
    'tenants never active',
    '{tenants: {rate: 6/s, count: 9, active: 0}}',
    '',
    'arrivals.tenants.active must be at least 0.1%',
  ],
  ['cvs that fall', '{tenants: {rate: 6/s, count: 9, cv: [[0, 2], [1, 1]]}}', '', 'arrivals.tenants.cv must rise'],
  ['a shape of nothing', '{poisson: 6/s, shape: []}', '', 'arrivals.shape must have at least 1 entry'],
  [
    'a shape that is silence',
    '{poisson: 6/s, shape: [{steps: [[0s, 0]]}]}',
    '',
    'arrivals.shape[0].steps is 0 all the time',
  ],
  [
    'points that go back',
    '{poisson: 6/s, shape: [{points: [[2m, 1], [1m, 2]]}]}',
    '',
    'arrivals.shape[0].points[1][0] must be later than the point before it',
  ],
  [
    'a ramp that ends before it begins',
    '{poisson: 6/s, shape: [{ramp: {from: 2m, to: 1m, by: 2}}]}',
    '',
    'arrivals.shape[0].ramp.to must be later than `from`',
  ],
  [
    'a spike without an end',
    '{poisson: 6/s, shape: [{spike: {at: 1m, for: 1m, by: 2, every: 30s}}]}',
    '',
    'arrivals.shape[0].spike.every must be longer than `for`',
  ],
  [
    'a day of 23 hours',
    `{poisson: 6/s, shape: [{day: [${Array(23).fill(1).join(', ')}]}]}`,
    '',
    'arrivals.shape[0].day must be 24 factors, one for each hour',
  ],
  [
    'a time of day that is none',
    '{poisson: 6/s, shape: [{day: azure-conv-weekday, starts: 25:00}]}',
    '',
    'arrivals.shape[0].starts must be a time of day such as 14:00, not `25:00`',
  ],
  [
    'a spike that makes too many',
    '{poisson: 6/s, shape: [{spike: {at: 1m, for: 8m, by: 10000}}]}',
    '',
    'arrivals.poisson makes 28800720 requests in all; a run has at most 20000000',
  ],
  [
    'a load that makes too many',
    '{cox: {rate: 100/s}, load: 1000}',
    '',
    'arrivals.cox.rate makes 60000000 requests in all; a run has at most 20000000',
  ],
  ['a load of nothing', '{poisson: 6/s, load: 0}', '', 'arrivals.load must be from 0.001 to 1000, not `0`'],
  [
    'a share of none without the others',
    '{poisson: 6/s}',
    '    max_tokens: {none: 40%}\n',
    'max_tokens.sent is missing; it must say what those send that send one',
  ],
  [
    'choices that do not add up',
    '{poisson: 6/s}',
    '    max_tokens: {none: 40%, sent: {choices: {1024: 50%}}}\n',
    'max_tokens.sent.choices must sum to 100%, and sums to 50%',
  ],
  [
    'a choice that is no count',
    '{poisson: 6/s}',
    '    max_tokens: {choices: {many: 100%}}\n',
    'max_tokens.choices.many is no whole number of tokens from 1 to 10000000',
  ],
  [
    'two estimates',
    '{poisson: 6/s}',
    '    estimate_error: 0.2\n    estimate_ratio: 1.1\n',
    'estimate_ratio cannot stand beside `estimate_error`',
  ],
  [
    'two kinds of accounts',
    '{poisson: 6/s}',
    '    account: a\n    accounts: {b: 10%}\n',
    'accounts cannot stand beside `account`',
  ],
  [
    'accounts of more than all',
    '{poisson: 6/s}',
    '    accounts: {a: 60%, b: 60%}\n',
    'accounts must sum to at most 100%; what is left has no account',
  ],
  [
    'tenants there are none of',
    '{poisson: 6/s}',
    '    accounts: tenant\n',
    'accounts `tenant` needs `arrivals: {tenants: …}`',
  ],
  [
    'keys for sessions',
    '{sessions: {rate: 1/m}}',
    '    cache_keys: 9\n',
    'cache_keys cannot be set for sessions: each one is a conversation with a key of its own',
  ],
]

/** [what, arrivals, mix, message] */
const REPLAYS: readonly (readonly [string, string, string, string])[] = [
  [
    'a start that is no time',
    '{trace: t.csv, start: noon}',
    '{gpt-oss-20b: 100%}',
    'arrivals.start must be `rotate`, 0, a time after the first request such as 90s, or a time of the recording’s clock such as 12:30:00',
  ],
  [
    'a start in minutes and seconds',
    '{trace: t.csv, start: 12:30}',
    '{gpt-oss-20b: 100%}',
    'arrivals.start must be `rotate`, 0, a time after the first request such as 90s, or a time of the recording’s clock such as 12:30:00',
  ],
  [
    'a start after the end',
    '{trace: t.csv, start: 2m}',
    '{gpt-oss-20b: 100%}',
    'arrivals.start lies outside the recording, which lasts 60s from its first request, which came at 12:00:00 of its clock',
  ],
  [
    'a time at which nothing was recorded',
    '{trace: t.csv, start: 11:59:59}',
    '{gpt-oss-20b: 100%}',
    'arrivals.start lies outside the recording, which lasts 60s from its first request, which came at 12:00:00 of its clock',
  ],
  [
    'labels that are no models',
    '{trace: t.csv}',
    'from trace',
    'mix the recording has `a`, `b`, which no model and no alias here is called; say what stands for them with `as` or `others`',
  ],
  [
    'some labels that are none',
    '{trace: t.csv}',
    '{from: trace, as: {a: gemma}}',
    'mix the recording has `b`, which no model and no alias here is called; say what stands for them with `as` or `others`',
  ],
  [
    'a model of ours that is none',
    '{trace: t.csv}',
    '{from: trace, others: gema}',
    'mix.others `gema` is no alias and no model; did you mean `gemma`?',
  ],
  [
    'a label that the recording does not have',
    '{trace: t.csv}',
    '{from: trace, as: {zzz: gemma}, others: gemma}',
    'mix.as.zzz `zzz` is no model of the recording; there are: a, b',
  ],
  [
    'rows of no label there is',
    '{trace: t.csv}',
    '{from: trace, only: [zzz], others: gemma}',
    'mix.only[0] `zzz` is no model of the recording; there are: a, b',
  ],
  ['a mix from no trace', '{poisson: 6/s}', 'from trace', 'mix needs arrivals from a trace'],
  [
    'a mix that is a word',
    '{trace: t.csv}',
    'from the trace',
    'mix must be a map of models and shares, or `from trace`, not `from the trace`',
  ],
]

describe('a demand', () => {
  it.each(ARRIVALS)('is refused for %s', async (_, arrivals, more, message) => {
    const found = await problems(with_(arrivals, more))
    expect(found.map((text) => text.replace(/^s\.yaml:\d+:\d+ demand\[0\]\./, '')).join('\n')).toContain(message)
  })

  it.each(REPLAYS)('is refused for %s', async (_, arrivals, mix, message) => {
    const found = await problems(trace(arrivals, mix), { 't.csv': LABELLED })
    expect(found.map((text) => text.replace(/^s\.yaml:\d+:\d+ demand\[0\]\./, '')).join('\n')).toContain(message)
  })

  it('needs a recording with models for a mix of it', async () => {
    expect(await problems(trace('{trace: t.csv}', 'from trace'))).toEqual([
      's.yaml:13:10 demand[0].mix needs a recording with a column `model`, and t.csv has none',
    ])
  })

  it('may not tear lengths from models', async () => {
    const text = trace('{trace: t.csv}', '{from: trace, others: gemma}').replace(
      '{from: trace}\n',
      '{from: trace, rows: redrawn}\n',
    )
    expect(await problems(text, { 't.csv': LABELLED })).toEqual([
      's.yaml:14:34 demand[0].lengths.rows must be `own` with `mix: from trace`: a model keeps the lengths it had',
    ])
  })
})
