/** What is wrong with `expect:` before anything runs, and that nothing a run can hold is called wrong. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { armsOf } from '../../../sim/lab/runs/arms.ts'
import { expectationProblems } from '../../../sim/lab/check/expectation-problems.ts'
import { policyOf } from '../../../sim/lab/policy/policy-parameters.ts'
import { scalarMetrics } from '../../../sim/metrics/index.ts'
import { loadScenario, type LoadedScenario, type Scenario, withSettings } from '../../../sim/scenario/index.ts'
import { simulate } from '../../../sim/simulation.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { cellsOf, KINDS } from '../../../sim/trace/schema.ts'
import { loaded } from '../../scenario/world.ts'
import { scenarioPaths } from '../../shipped-scenarios.ts'
import { casesOf } from '../../tier.ts'

const WORLD = `name: s
duration: 10m
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
aliases:
  gemma: {desired: gemma-4-26b-qat-4bit}
fleet:
  - id: studio-1
    machine: {chip: M4 Max 40c, memory: 64GB}
    advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]
  - count: 2
    machine: {chip: M4 Max 40c, memory: 64GB}
    advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]
demand:
  - arrivals: {poisson: 6/s}
    mix: {gpt-oss-20b: 80%, gemma: 20%}
    lengths: {prompt: 500, output: 100}
timeline:
  - {at: 5m, set_alias: {later: {desired: gpt-oss-20b}}}
  - {at: 6m, disconnect: {machines: [studio-1]}}
policies: [open, pools, ./mine.ts]
expect:
`

/** The problems of entries, as a user sees them, without the file's name. */
async function problemsOf(...entries: readonly string[]): Promise<readonly string[]> {
  const scenario = await loaded(WORLD + entries.map((entry) => `  - ${entry}\n`).join(''))
  return expectationProblems(scenario).map((problem) => formatProblem(problem).replace(/^s\.yaml:/, ''))
}

const GOODPUT = `metric: 'models["gpt-oss-20b"].goodput'`

describe('a bound', () => {
  it.each([
    [
      `{${GOODPUT}, at_most: 5}`,
      '22:56 expect[0].at_most must be a share, from 0 to 1 or up to 100%, not 5; did you mean 5%?',
    ],
    [`{${GOODPUT}, at_least: 180%}`, '22:57 expect[0].at_least must be a share, from 0 to 1 or up to 100%, not 180%'],
    [`{${GOODPUT}, equals: -0.1}`, '22:55 expect[0].equals must be a share, from 0 to 1 or up to 100%, not -0.1'],
    [`{metric: 'models["gemma"].ttft_ms.p95', at_least: 80%}`, 'only a share takes a percentage'],
    [`{metric: requests.served, at_least: 80%}`, 'only a share takes a percentage'],
    [`{row: relabel, at_least: 50%}`, 'a number of rows, and only a share takes a percentage'],
    [`{metric: requests.served, at_least: -1}`, 'must not be below 0'],
    [`{row: relabel, at_most: -1}`, 'must not be below 0'],
    [`{metric: requests.served, at_least: 3, at_most: 2}`, 'nothing can meet both'],
  ])('%s is refused', async (entry, message) => {
    const [problem, ...more] = await problemsOf(entry)
    expect(problem).toContain(message)
    expect(more).toEqual([])
  })

  it.each([
    `{${GOODPUT}, at_most: 5%}`,
    `{${GOODPUT}, at_least: 0.8, at_most: 100%}`,
    `{metric: providers.speed, at_least: 90%}`,
    `{metric: providers.throttled_share, at_most: 10%}`,
    `{metric: 'upstream["gemma"].uptime', at_least: 99%, confidence: 95%}`,
    `{metric: 'interference["gemma"]["prefix_hit"].gpu_s', at_least: -3}`,
    `{metric: 'models["gemma"].ttft_ms.p95', policy: pools, versus: open, improves_by: 2%}`,
  ])('%s is taken', async (entry) => {
    expect(await problemsOf(entry)).toEqual([])
  })
})

describe('a metric that cannot exist', () => {
  it.each([
    ['models["gpt-oss-20b"].goodputt', 'did you mean `goodput`?'],
    ['models["gpt-oss-20"].goodput', 'did you mean `gpt-oss-20b`?'],
    ['models["gemma-4-26b-qat-4bit"].goodput', 'it is asked for as `gemma`'],
    ['fragmentation["later"].rejected_while_idle', 'no request asks for `later`'],
    ['requests.rejected.pool_exhuasted', 'did you mean `pool_exhausted`?'],
    ['models["gemma"].requests.failed.ttft_timout', 'did you mean `ttft_timeout`?'],
    ['models["gemma"].ttft_within["4s"]', 'a result has no `4s` there'],
    ['models["gemma"].ttft_ms', 'name one of count, mean, p50'],
    ['models["gemma"].goodput.p95', 'there is nothing below `goodput`'],
    ['providers.thermal.hot', 'figures: nominal, fair, serious, critical'],
    ['faults.wake', 'a result has no `wake` there'],
    ['interference["gemma"]["gpt"].gpu_s', 'nobody is blamed under the name `gpt`; did you mean `gpt-oss-20b`?'],
    ['events', 'a result has no `events` there'],
    ['toString', 'a result has no `toString` there'],
    ['models["__proto__"].goodput', 'no request asks for `__proto__`'],
    ['..', 'is no path'],
  ])('%s: %s', async (path, message) => {
    const [problem, ...more] = await problemsOf(`{metric: '${path}', at_most: 0}`)
    expect(problem).toMatch(/^22:14 expect\[0\]\.metric `/)
    expect(problem).toContain(message)
    expect(more).toEqual([])
  })

  it('is one for improves_by that has no good direction', async () => {
    const [problem] = await problemsOf('{metric: providers.busy_share, policy: pools, versus: open, improves_by: 10%}')
    expect(problem).toContain('providers.busy_share has no good direction')
  })
})

describe('a comparison of an arm with itself', () => {
  it('is refused, named or meant', async () => {
    const entry = '{metric: evictions, policy: open, versus: open, improves_by: 10%}'
    expect(await problemsOf(entry)).toEqual([expect.stringContaining('compares `open` with itself')])
    const alone = await loaded(
      `${WORLD.replace('policies: [open, pools, ./mine.ts]', 'policies: [open]')}  - {metric: evictions, versus: open, improves_by: 10%}\n`,
    )
    expect(expectationProblems(alone).map(({ message }) => message)).toEqual(['compares `open` with itself'])
  })
})

describe('a row that cannot exist', () => {
  it.each([
    ['{row: relabl', '22:11 expect[0].row `relabl` is no kind of row; did you mean `relabel`?'],
    ['{row: constructor', 'is no kind of row'],
    [
      '{row: queued, where: {model: a}',
      '22:27 expect[0].where.model is no column of queued rows; columns: at, request',
    ],
    [
      '{row: disconnected, where: {provider: studio-l}',
      '22:43 expect[0].where.provider `studio-l` is no Mac of the fleet; did you mean `studio-1`?',
    ],
    ['{row: load_started, where: {machine: 3}', 'the fleet has 3, numbered from 0'],
    ['{row: dispatched, where: {build: gpt-oss-20}', 'did you mean `gpt-oss-20b`?'],
    ['{row: dispatched, where: {build: gemma}', '`gemma` never stands there'],
    ['{row: arrived, where: {model: gemma-4-26b-qat-4bit}', 'it is asked for as `gemma`'],
    ['{row: desired_models, where: {alias: lateer}', 'did you mean `later`?'],
    ['{row: ended, where: {reason: pool_exhuasted}', 'did you mean `pool_exhausted`?'],
    ['{row: ended, where: {status: 42}', 'must be a status from 100 to 599'],
    ['{row: ended, where: {midStream: 1}', 'must be true or false, not 1'],
    [`{row: ended, where: {status: '429'}`, 'must be a whole number, not `429`'],
    ['{row: ended, where: {at: 10s}', 'must be whole microseconds'],
    ['{row: ended, where: {request: -1}', 'must not be below 0'],
    ['{row: attempt_ended, where: {text: insufficient memory}', 'did you mean `insufficient memory to load model`?'],
    ['{row: decision, where: {recheck: headrom}', 'did you mean `headroom`?'],
    ['{row: relabel, policy: pools, where: {surface: preflite}', 'did you mean `preflight`?'],
    ['{row: relabel, policy: pools, where: {to: blue}', '`blue` never stands there; known pools: gemma, later'],
    ['{row: timeline, where: {what: disconnect studio-2}', 'did you mean `disconnect studio-1`?'],
    ['{row: timeline, where: {what: crash studio-1}', '`crash studio-1` never stands there'],
    ['{row: registered, where: {chip: M3 Max 40c}', 'did you mean `M4 Max 40c`?'],
  ])('%s}: %s', async (entry, message) => {
    const [problem, ...more] = await problemsOf(`${entry}, at_most: 0}`)
    expect(problem).toContain(message)
    expect(more).toEqual([])
  })

  it('may be of a label, where a policy of one’s own gives labels', async () => {
    expect(
      await problemsOf(
        '{row: relabel, policy: ./mine.ts, where: {to: blue}, at_most: 0}',
        '{row: relabel, where: {to: blue}, at_most: 0}',
        `{metric: 'pools["blue"].warm_providers', policy: ./mine.ts, at_least: 0}`,
      ),
    ).toEqual([])
  })
})

const entries = (...policies: readonly string[]): string =>
  policies.map((policy) => `  - {row: disconnected, ${policy}where: {provider: other}, at_most: 0}\n`).join('')

it('names that only one arm has are names', async () => {
  const world = WORLD.replace(
    'policies: [open, pools, ./mine.ts]',
    'policies: [open, {policy: open, set: {"fleet[0].id": other}, as: b}]',
  )
  const good = world.replace('  - {at: 6m, disconnect: {machines: [studio-1]}}\n', '')
  expect(expectationProblems(await loaded(good + entries('', 'policy: b, ')))).toEqual([])
  expect(expectationProblems(await loaded(good + entries('policy: open, ')))).toHaveLength(1)
})

it('a setting that says what is wrong is named, not the file', async () => {
  const scenario = await loaded(`${WORLD}  - {metric: evictions, at_most: 0}\n`)
  const changed = withSettings(scenario, ['expect[0].metric=evictoins'])
  if (!changed.ok) throw new Error('a good setting')
  expect(expectationProblems(changed.value).map(formatProblem)).toEqual([
    '--set expect[0].metric=evictoins expect[0].metric `evictoins`: a result has no `evictoins` there; did you mean `evictions`?',
  ])
})

/** Every text, and every serial for its number, that rows of a kind held in a column. */
function cellsSeen(rows: ReadonlyMap<string, readonly [kind: string, column: string, value: string | boolean]>) {
  return [...rows.values()].map(([row, column, value]) => ({
    kind: 'row' as const,
    row,
    where: { [column]: value },
    at_least: 0,
  }))
}

async function watched(scenario: LoadedScenario, arm: string): Promise<LoadedScenario> {
  const arms = await armsOf(scenario, [arm], resolvePolicy)
  if (!arms.ok) throw new Error('an arm of the scenario')
  const { name, policy: source, settings } = arms.value[0]!
  const changed = withSettings(scenario, settings)
  const policy = policyOf(source)
  if (!changed.ok || !policy.ok) throw new Error('an arm that is loaded')
  const seen = new Map<string, readonly [string, string, string | boolean]>()
  const observe = (row: TraceRow): void => {
    const cells = cellsOf(row)
    for (const [column, { type }] of Object.entries(KINDS[row.kind]!.columns)) {
      const value = cells[column]!
      if (type === 'text' || type === 'bool')
        seen.set(`${row.kind}.${column}.${value}`, [row.kind, column, value as string | boolean])
    }
  }
  const { result } = await simulate({
    scenario: changed.value,
    policy: policy.value,
    policyName: name,
    seed: 1,
    verify: false,
    subscribers: [observe],
  })
  const metrics = [...scalarMetrics(result).keys()].map((metric) => ({ kind: 'metric' as const, metric, at_least: 0 }))
  const asked: Scenario = { ...scenario.scenario, expect: [...metrics, ...cellsSeen(seen)] }
  return { ...scenario, scenario: asked }
}

/** Small ones in which much happens: refusals, loads, moves, faults, lies, aliases that change. */
const EVENTFUL = scenarioPaths.filter(([name]) =>
  /^(?:review|pools|rollout\/(?:alias|new)|attacks\/(?:flipping|not-there))/.test(name),
)

it.each(EVENTFUL)('nothing that runs of %s hold is called impossible', async (_, path) => {
  const scenario = await loadScenario(path, nodeFiles)
  if (!scenario.ok) throw new Error('a shipped scenario')
  const arms = scenario.value.scenario.policies.map((arm) => arm.as)
  for (const arm of arms.length > 0 ? arms.slice(0, casesOf(1)) : ['open']) {
    expect(expectationProblems(await watched(scenario.value, arm)).map(formatProblem)).toEqual([])
  }
})
