/** Loading: what a good scenario becomes, and how files are put together. */
import { describe, expect, it } from 'vitest'
import { BadInputError, formatProblem } from '../../../sim/base/result.ts'
import { files, GOOD, loaded, problems, TRACE } from '../world.ts'
import { loadScenario } from '../../../sim/scenario/index.ts'

describe('a loaded scenario', () => {
  it('fills in the defaults of every room', async () => {
    const { scenario } = await loaded(GOOD)
    expect(scenario.seed).toBe(1)
    expect(scenario.engine).toBe('2026-06')
    expect(scenario.network).toEqual({ one_way: 30_000, jitter: 0 })
    expect(scenario.slo).toEqual({ ttftBase: 5_000_000, ttftPerToken: 1_000, decodeTps: 15 })
    expect(scenario.upstream).toMatchObject({
      preset: 'openrouter-2025',
      patience: { enabled: true, base: 10_000_000, per_token: 1_000 },
      retry_elsewhere_on_429: true,
      failover_success: 1,
      retries: 0,
    })
    expect(scenario.coordinator.MODEL_POOLS_ENABLED).toBe(true)
    expect(scenario.mac.heartbeat_interval).toBe(5_000_000)
    expect(scenario.policies).toEqual([])
  })

  it('holds every Mac by itself, with what its names stand for', async () => {
    const { scenario } = await loaded(
      GOOD.replace(
        'demand:',
        '  - {id: mac-a, machine: {chip: M2 Ultra 76c, memory: 192GB}, advertises: [gpt-oss-20b], max_model_slots: 1}\ndemand:',
      ),
    )
    expect(scenario.machines.map((mac) => mac.serial)).toEqual(['mac-1', 'mac-2', 'mac-a'])
    expect(scenario.machines[2]).toMatchObject({ index: 2, maxModelSlots: 1, memoryBytes: 192 * 2 ** 30 })
    expect(scenario.machines[2]?.chip.gpuCores).toBe(76)
    expect(scenario.machines[0]?.advertises.map((model) => model.build)).toEqual([
      'gpt-oss-20b',
      'gemma-4-26b-qat-4bit',
    ])
  })

  it('leaves max_model_slots open when it is silent, for the policy to decide', async () => {
    const { scenario } = await loaded(GOOD)
    expect(scenario.machines[0]?.maxModelSlots).toBeUndefined()
  })

  it('reports builds under the names that clients ask for', async () => {
    const { scenario } = await loaded(GOOD.replace('4bit]\naliases', '4bit, gemma-4-26b-8bit]\naliases'))
    expect(scenario.publicModels).toEqual(['gpt-oss-20b', 'gemma'])
    expect(['gpt-oss-20b', 'gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit'].map(scenario.publicNameOf)).toEqual([
      'gpt-oss-20b',
      'gemma',
      'gemma-4-26b-8bit',
    ])
  })

  it('takes a model of its own that is like another', async () => {
    const { scenario } = await loaded(
      GOOD.replace(
        'models: [',
        'models: [{build: tiny, like: gpt-oss-20b, size: 3GB, reading: {dense: 2GB}, min_ram: 0}, ',
      ),
    )
    const [tiny, oss] = scenario.models
    expect(tiny).toMatchObject({
      build: 'tiny',
      publicName: 'tiny',
      size_gb: { value: 3, evidence: 'assumed', source: 'scenario' },
      diskBytes: { value: 3e9 },
      minRam_gb: { value: 0 },
      reading: { '2026-06': { value: { kind: 'dense', bytesPerStep: 2e9 } } },
    })
    expect(tiny?.contextLimit).toEqual(oss?.contextLimit)
    // A row is multiplied with everything that is read, at the bits per weight of the model it is like.
    expect(tiny?.denseParameters.value).toBeCloseTo(2e9 / 1.0625, 0)
  })

  it('reads JSON as it reads YAML', async () => {
    const { origin, digest } = await loaded(GOOD)
    expect((await loaded(JSON.stringify(origin.raw, null, '\t'))).digest).toBe(digest)
  })

  it('knows arms by name, with their settings as --set writes them', async () => {
    const { scenario } = await loaded(
      `${GOOD}policies:\n  - open\n  - {policy: open, set: {max_model_slots: 1, QUEUE_SIZE: 5}, as: one-slot}\n  - ./mine.ts\n`,
    )
    expect(scenario.policies).toEqual([
      { policy: 'open', as: 'open', settings: [] },
      { policy: 'open', as: 'one-slot', settings: ['max_model_slots=1', 'QUEUE_SIZE=5'] },
      { policy: 'mine.ts', as: './mine.ts', settings: [] },
    ])
  })

  it('keeps the timeline in order of time and a change down to what it names', async () => {
    const { scenario } = await loaded(
      `${GOOD}timeline:\n  - {at: 5m, set: {WARM_POOL_INTERVAL: 20s}}\n  - {at: 2m, disconnect: {fraction: 50%, for: 1m}}\n`,
    )
    expect(scenario.timeline).toEqual([
      { at: 120e6, action: { kind: 'disconnect', fraction: 0.5, machines: undefined, away: 60e6 } },
      { at: 300e6, action: { kind: 'set', settings: { WARM_POOL_INTERVAL: 20e6 } } },
    ])
  })

  it('keeps of a bound that it is a percentage', async () => {
    const { scenario } = await loaded(
      `${GOOD}policies: [open, {policy: open, as: b}]\nexpect:\n  - {metric: m, at_most: 2%}\n  - {metric: m, policy: b, versus: open, improves_by: -5%}\n  - {row: relabel, where: {provider: mac-1}, equals: 0}\n`,
    )
    expect(scenario.expect).toEqual([
      { kind: 'metric', metric: 'm', at_most: { percent: 2 } },
      { kind: 'metric', metric: 'm', policy: 'b', versus: 'open', improves_by: -0.05 },
      { kind: 'row', row: 'relabel', where: { provider: 'mac-1' }, equals: 0 },
    ])
  })
})

describe('the digest of a scenario', () => {
  const replayed = GOOD.replace('{poisson: 6/s}', '{trace: t.csv}')

  it('is the same for the same meaning, however written', async () => {
    const other = GOOD.replace('duration: 10m', 'duration: 600s').replace('seed: 1\n', '')
    expect((await loaded(other)).digest).toBe((await loaded(GOOD)).digest)
  })

  it('changes with a default made another', async () => {
    expect((await loaded(`${GOOD}coordinator: {QUEUE_SIZE: 11}\n`)).digest).not.toBe((await loaded(GOOD)).digest)
  })

  it('follows the content of a trace, not its place', async () => {
    const { digest } = await loaded(replayed)
    const moved = await loadScenario('a/s.yaml', {
      read: async (path) => ({ 'a/s.yaml': replayed, 'a/t.csv': TRACE })[path],
      resolve: (_, relative) => `a/${relative}`,
    })
    expect(moved.ok && moved.value.digest).toBe(digest)
    expect((await loaded(replayed, { 't.csv': `${TRACE}4.0,1,1\n` })).digest).not.toBe(digest)
  })
})

describe('a scenario that extends another', () => {
  const base = GOOD.replace('name: small', 'name: base\ncoordinator: {QUEUE_SIZE: 5, COLD_DISPATCH: false}')

  it('merges maps deeply and replaces lists', async () => {
    const { scenario, files: read } = await loaded(
      'extends: base.yaml\nname: over\ncoordinator: {QUEUE_SIZE: 7}\nmodels: [gpt-oss-20b, gemma-4-26b-qat-4bit, gemma-4-26b-8bit]\n',
      { 'base.yaml': base },
    )
    expect(scenario.name).toBe('over')
    expect(scenario.coordinator).toMatchObject({ QUEUE_MAX_DEPTH: 7, COLD_DISPATCH: false })
    expect(scenario.models).toHaveLength(3)
    expect(read).toEqual(['s.yaml', 'base.yaml'])
  })

  it("removes the base's key by setting it to nothing", async () => {
    const { scenario } = await loaded('extends: base.yaml\ncoordinator:\n', { 'base.yaml': base })
    expect(scenario.coordinator.QUEUE_MAX_DEPTH).toBe(10)
  })

  it('points at the file in which the mistake stands', async () => {
    const text = 'extends: base.yaml\ncoordinator: {QUEUE_SIZ: 7}\naliases:\n  other: {desired: nowhere}\n'
    expect(await problems(text, { 'base.yaml': base.replace('M4 Max 40c', 'M9') })).toEqual([
      's.yaml:2:15 coordinator.QUEUE_SIZ is not a known key; did you mean `QUEUE_SIZE`?',
      's.yaml:4:20 aliases.other.desired `nowhere` is not among `models`; known models: gpt-oss-20b, gemma-4-26b-qat-4bit',
      'base.yaml:10:21 fleet[0].machine.chip `M9` is not in the catalog; known chips: M1 7c, M1 8c, M1 Pro 14c, M1 Pro 16c, M1 Max 24c, M1 Max 32c, M1 Ultra 48c, M1 Ultra 64c, M2 8c, M2 10c, M2 Pro 16c, M2 Pro 19c and 25 more',
    ])
  })

  it('is refused when it goes round in a circle', async () => {
    expect(await problems('extends: b.yaml\n', { 'b.yaml': '\nextends: s.yaml\n' })).toEqual([
      'b.yaml:2:10 extends goes round in a circle: s.yaml → b.yaml → s.yaml',
    ])
  })

  it('is refused when the other is not there', async () => {
    expect(await problems('name: x\nextends: b.yaml\n')).toEqual(['s.yaml:2:10 extends cannot be read: b.yaml'])
  })

  it('finds traces beside the file that names them', async () => {
    const texts: { readonly [path: string]: string } = {
      's.yaml': 'extends: lib/base.yaml\n',
      'lib/base.yaml': GOOD.replace('{poisson: 6/s}', '{trace: t.csv}'),
      'lib/t.csv': TRACE,
    }
    const result = await loadScenario('s.yaml', {
      ...files(texts),
      resolve: (from, relative) => `${from.slice(0, from.lastIndexOf('/') + 1)}${relative}`,
    })
    expect(result.ok && [...result.value.traces.keys()]).toEqual(['lib/t.csv'])
  })
})

it('says so when the scenario itself is not there', async () => {
  expect(await loadScenario('no.yaml', files({}))).toEqual({
    ok: false,
    error: [{ file: 'no.yaml', message: 'cannot be read' }],
  })
})

/** Every other file of this disk is a folder. */
const withFolder = (text: string) =>
  loadScenario('s.yaml', {
    ...files({ 's.yaml': text }),
    async read(path) {
      if (path === 's.yaml') return text
      throw new BadInputError([{ file: path, message: 'is a folder, not a file' }])
    },
  })

describe('a folder where a file should be', () => {
  it.each([
    [
      'as a trace',
      GOOD.replace('poisson: 6/s', 'trace: data'),
      's.yaml:12:23 demand[0].arrivals.trace cannot be read: data is a folder, not a file',
    ],
    ['as a base', 'extends: data\n', 's.yaml:1:10 extends cannot be read: data is a folder, not a file'],
  ])('is a problem of the scenario that names it %s', async (_, text, message) => {
    const result = await withFolder(text)
    expect(result.ok ? [] : result.error.map(formatProblem)).toEqual([message])
  })
})

it('says that a file is nested too deeply, not how the parser noticed', async () => {
  const [message] = await problems(`a: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`)
  // Compiled code has smaller frames: the parser may come through, and then it is counted.
  expect(message).toMatch(/^s\.yaml:1:\d+ is nested too deeply(?:: 64 levels are the most)?$/)
})
