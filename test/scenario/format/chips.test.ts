/** Chips of a scenario: what is given holds, what is not is derived and says so, and what cannot be is refused once. */
import { describe, expect, it } from 'vitest'
import { type ChipSpec, chips, derivedFigures, findChip } from '../../../sim/catalog/index.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import { simulate } from '../../../sim/simulation.ts'
import { scenarioJsonSchema } from '../../../sim/scenario/index.ts'
import { keysAt } from '../../../ui/views/run/schema-words.ts'
import type { JsonSchemaNode } from '../../../ui/worker/protocol.ts'
import { GOOD, loaded, problems } from '../world.ts'

const withChips = (section: string, machine = 'chip: M4 Max 40c, memory: 64GB'): string =>
  `${GOOD.replace('chip: M4 Max 40c, memory: 64GB', machine)}chips:\n${section}`

const chipOf = async (text: string, name: string): Promise<ChipSpec> => {
  const { scenario } = await loaded(text)
  return scenario.chips.find((chip) => chip.name === name)!
}

/** A chip of the catalog with every figure written out. */
const restated = ({ name, ...chip }: ChipSpec): string =>
  `  ${name}: {generation: ${chip.generation}, tier: ${chip.tier}, gpu_cores: ${chip.gpuCores}, bandwidth: ${chip.bandwidth_gbs.value}GB/s, matrix_units: ${chip.matrixUnits.value}, tflops: ${chip.tflops.value}, shader_tflops: ${chip.shaderTflops.value}, clock_ghz: ${chip.clock_ghz.value}, memory: [${chip.memory_gb.map((size) => `${size}GB`).join(', ')}], ssd: ${chip.ssd_gbs.value}GB/s, prefill_factor: ${chip.prefillFactor.value}}\n`

/** Values alone, whoever said them. */
const figures = (chip: ChipSpec) =>
  Object.fromEntries(
    Object.entries(chip).map(([key, figure]: [string, unknown]) => [
      key,
      typeof figure === 'object' && figure !== null && 'value' in figure ? figure.value : figure,
    ]),
  )

const short = (text: string): string => text.replace('duration: 10m', 'duration: 2m')

describe('a chip of the scenario', () => {
  it('with all figures of one of the catalog is that chip, whichever it is', async () => {
    const { scenario } = await loaded(withChips(chips.map(restated).join('')))
    expect(scenario.chips.map(figures)).toEqual(chips.map(figures))
    expect(scenario.chips.flatMap(derivedFigures)).toEqual([])
  })

  it.each(['M4 Max 40c', 'M5 Max 40c'])(
    'gives the run of %s its digest when its figures are the same',
    async (name) => {
      const policy = findPolicy('open')!
      const own = await loaded(short(withChips(restated(findChip(name)!), `chip: ${name}, memory: 64GB`)))
      const built = await loaded(short(GOOD.replace('M4 Max 40c', name)))
      const [a, b] = await Promise.all(
        [own, built].map((scenario) => simulate({ scenario, policy, policyName: 'open', seed: 1 })),
      )
      expect(a!.result.digest).toBe(b!.result.digest)
      const faster = await loaded(short(withChips(`  ${name}: {bandwidth: 700GB/s}\n`, `chip: ${name}, memory: 64GB`)))
      const { result } = await simulate({ scenario: faster, policy, policyName: 'open', seed: 1 })
      expect(result.digest).not.toBe(b!.result.digest)
    },
  )

  it('takes generation, tier and cores from a telling name, and the rest from the newest generation, marked', async () => {
    const chip = await chipOf(withChips('  M6 Max 40c: {bandwidth: 700GB/s, source: press}\n'), 'M6 Max 40c')
    expect([chip.generation, chip.tier, chip.gpuCores]).toEqual(['M6', 'Max', 40])
    expect(chip.bandwidth_gbs).toEqual({ value: 700, evidence: 'assumed', source: 'press' })
    const m5 = findChip('M5 Max 40c')!
    expect(chip.shaderTflops.value).toBe(m5.shaderTflops.value)
    expect(chip.tflops.value / m5.tflops.value).toBeCloseTo(1, 2)
    expect([chip.matrixUnits.value, chip.ssd_gbs.value, chip.heatsLike?.value]).toEqual([true, 12, 'M5'])
    expect(derivedFigures(chip).map(({ key }) => key)).toEqual([
      'matrix_units',
      'tflops',
      'shader_tflops',
      'clock_ghz',
      'ssd',
      'prefill_factor',
      'heats_like',
      'memory',
    ])
  })

  it('without matrix units runs its prompts on shader cores', async () => {
    const chip = await chipOf(withChips('  M6 10c: {bandwidth: 170GB/s, matrix_units: false}\n'), 'M6 10c')
    expect([chip.tier, chip.tflops.value]).toEqual(['Base', chip.shaderTflops.value])
  })

  it('finds the clock from cores and the rate of their shaders', async () => {
    const chip = await chipOf(withChips('  M6 10c: {bandwidth: 170GB/s, shader_tflops: 5.12}\n'), 'M6 10c')
    expect(chip.clock_ghz).toMatchObject({ value: 2, evidence: 'derived' })
  })

  it('is like another with arithmetic by cores and clock, all of it marked', async () => {
    const chip = await chipOf(withChips('  mine: {like: M4 Max 40c, gpu_cores: 20}\n'), 'mine')
    expect([chip.tflops.value, chip.shaderTflops.value, chip.bandwidth_gbs.value]).toEqual([8.1, 8.1, 546])
    expect(derivedFigures(chip).every(({ source }) => source.includes('M4 Max 40c'))).toBe(true)
  })

  it('with the name of one of the catalog keeps what it does not replace, marks included', async () => {
    const chip = await chipOf(withChips('  M4 Max 40c: {ssd: 3GB/s}\n'), 'M4 Max 40c')
    expect(chip.bandwidth_gbs).toEqual(findChip('M4 Max 40c')!.bandwidth_gbs)
    expect([chip.ssd_gbs.value, derivedFigures(chip)]).toEqual([3, []])
  })

  it('is inherited and merged by `extends`, figure by figure', async () => {
    const base = withChips('  M6 Max 40c: {bandwidth: 700GB/s, ssd: 9GB/s}\n', 'chip: M6 Max 40c, memory: 64GB')
    const text = 'extends: base.yaml\nchips:\n  M6 Max 40c: {bandwidth: 800GB/s}\n  M6 10c: {bandwidth: 170GB/s}\n'
    const { scenario } = await loaded(text, { 'base.yaml': base })
    expect(
      scenario.chips.map(({ name, bandwidth_gbs, ssd_gbs }) => [name, bandwidth_gbs.value, ssd_gbs.value]),
    ).toEqual([
      ['M6 Max 40c', 800, 9],
      ['M6 10c', 170, 6],
    ])
    expect(scenario.machines[0]!.chip).toEqual(scenario.chips[0])
  })

  it('is completed in editors', () => {
    const schema = scenarioJsonSchema() as unknown as JsonSchemaNode
    const keys = keysAt(schema, ['chips', 'M6 Max 40c']).map(({ label }) => label)
    expect(keys).toEqual(expect.arrayContaining(['like', 'bandwidth', 'matrix_units', 'tflops', 'memory', 'source']))
  })
})

/** Without the name of the file. */
const about = async (section: string, machine?: string): Promise<readonly string[]> =>
  (await problems(withChips(section, machine))).map((problem) => problem.replace(/^s\.yaml:/, ''))

describe('of a chip that cannot be', () => {
  it.each([
    ['  M6 Max 40c: {}\n', '16:3 chips["M6 Max 40c"] needs `bandwidth`, which nothing else tells, or `like`'],
    [
      '  mine: {bandwidth: 500GB/s, tier: Max}\n',
      '16:3 chips.mine needs `generation`, `gpu_cores`, or a name that says so, such as `M6 Max 40c`, or `like`',
    ],
    [
      '  M6 Max 40c: {bandwidth: 500GB/s, gpu_cores: 32}\n',
      '16:47 chips["M6 Max 40c"].gpu_cores contradicts the name `M6 Max 40c`, which says `40`',
    ],
    [
      '  mine: {like: M4 Mx 40c}\n',
      '16:16 chips.mine.like `M4 Mx 40c` is not in the catalog; did you mean `M4 Max 40c`?',
    ],
    [
      '  mine: {like: M4 Max 40c, bandwith: 1GB/s}\n',
      '16:28 chips.mine.bandwith is not a known key; did you mean `bandwidth`?',
    ],
    [
      '  - {like: M4 Max 40c}\n',
      '16:3 chips must be a map from names to chips, such as `M6 Max 40c: {bandwidth: 700GB/s}`, not a list',
    ],
  ])('%s it says once what is wrong and where', async (section, message) => {
    expect(await about(section)).toEqual([message])
  })

  it('a Mac that names a misspelt one hears of the right one', async () => {
    const found = await about('  M6 Max 40c: {bandwidth: 700GB/s}\n', 'chip: M6 Mx 40c, memory: 64GB')
    expect(found).toEqual([
      '9:21 fleet[0].machine.chip `M6 Mx 40c` is not in the catalog or in `chips`; did you mean `M6 Max 40c`?',
    ])
  })

  it('a Mac with more memory than its kind is sold with hears where to say otherwise', async () => {
    const section = '  M6 Max 40c: {bandwidth: 700GB/s}\n'
    expect(await about(section, 'chip: M6 Max 40c, memory: 256GB')).toEqual([
      '9:41 fleet[0].machine.memory must be from 36GB to 128GB: `chips` does not say what M6 Max 40c is sold with, and those of M5 Max are 36GB, 48GB, 64GB, 128GB; name its `memory` there',
    ])
    const said = '  M6 Max 40c: {bandwidth: 700GB/s, memory: [64GB, 256GB]}\n'
    expect(await about(said, 'chip: M6 Max 40c, memory: 256GB')).toEqual([])
  })
})
