/** Answer and evidence as data: what is said of an arm, which rows there are, and that nothing hides in them. */
import { readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { builtinPolicies } from '../../../../sim/policy/index.ts'
import { answerOf, sentenceOf, sloText } from '../../../../ui/data/answer/answer.ts'
import { WORDS_MAX, wordsOfArm } from '../../../../ui/data/answer/arm-words.ts'
import { datasetWords } from '../../../../ui/data/answer/dataset-words.ts'
import { evidenceCsv, evidenceOf, niceDomain } from '../../../../ui/data/answer/evidence.ts'
import type { Summary } from '../../../../ui/data/answer/summary.ts'
import { evidenceLayout, pointAt } from '../../../../ui/charts/evidence/evidence-layout.ts'

const { compare, runs } = JSON.parse(readFileSync('ui/assets/headline.json', 'utf8')) as Summary
const usual = { everything: false, named: [], hidden: [] } as const
const evidence = evidenceOf(compare, runs, usual)

describe('the answer', () => {
  it('says of every built-in policy what it is, in six words at most', () => {
    for (const { name } of builtinPolicies) {
      const words = wordsOfArm({ policy: name, as: name, settings: [] })
      expect(words, name).not.toBe('a policy of your own')
      expect(words.split(' ').length, name).toBeLessThanOrEqual(WORDS_MAX)
    }
  })

  it.each([
    [{ policy: 'open', as: 'retries-1', settings: ['upstream.retries=1'] }, 'open, retries 1'],
    [{ policy: './mine.ts', as: './mine.ts', settings: [] }, 'a policy of your own'],
    [{ policy: './mine.ts', as: 'mine', settings: [] }, './mine.ts'],
    [{ policy: 'pools', as: 'x', settings: ['a.b=1', 'a.c=2', 'a.d=3', 'a.e=4'] }, 'pools, b 1, c 2, d …'],
  ])('says of an arm what it sets: %o', (arm, words) => {
    expect(wordsOfArm(arm)).toBe(words)
  })

  it('has every arm once, the baseline with its goodput, the others with a verdict for each model', () => {
    const answers = answerOf(compare)
    expect(answers.map(({ arm }) => arm)).toEqual(Object.keys(compare.policies))
    for (const { arm, isBaseline, models } of answers) {
      expect(isBaseline).toBe(arm === compare.baseline)
      expect(models.map(({ model }) => model)).toEqual(compare.models)
      expect(
        models.every(({ word, findings }) => (word === '') === isBaseline && findings.length > 0 !== isBaseline),
      ).toBe(true)
    }
  })

  it('names the odds and the onset of every model whose service fell in some run', () => {
    for (const answer of answerOf(compare)) {
      const fell = Object.entries(compare.collapse[answer.arm] ?? {})
        .filter(([, { p, never_up }]) => (p ?? 0) > 0 || never_up > 0)
        .map(([model]) => model)
      expect(answer.collapses.map(({ model }) => model).toSorted()).toEqual(fell.toSorted())
      for (const { model, text } of answer.collapses) expect(sentenceOf(answer, 'open')).toContain(`${model} ${text}`)
    }
  })

  it.each([
    [
      { ttft_base_ms: 5000, ttft_per_token_ms: 1, decode_tps: 15 },
      'first token ≤ 5 s + 1 ms per prompt token, then ≥ 15 tok/s',
    ],
    [{ ttft_base_ms: 850, ttft_per_token_ms: 0, decode_tps: 0 }, 'first token ≤ 850 ms'],
    [
      { ttft_base_ms: 2500, ttft_per_token_ms: 0.25, decode_tps: 7.5 },
      'first token ≤ 2.5 s + 0.25 ms per prompt token, then ≥ 7.5 tok/s',
    ],
  ])('says what goodput means: %o', (slo, words) => {
    expect(sloText(slo)).toBe(words)
  })

  it('takes question and SLO from the scenario, else from the result, else from the shipped file of the name', () => {
    const bare = { id: 1, kind: 'files', scenario: 's', path: undefined, runs: [], compare: undefined } as const
    const shipped = [
      { path: 'scenarios/s.yaml', folder: '', name: 's', about: 'shipped?', arms: { mine: 'open, x 1' } },
    ]
    expect(datasetWords(bare, shipped)).toMatchObject({ question: 'shipped?', slo: undefined })
    expect(datasetWords(bare, shipped).wordsOf('mine')).toBe('open, x 1')
    expect(datasetWords(bare, []).wordsOf('toString')).toBe('')
    const slo = { ttft_base_ms: 1, ttft_per_token_ms: 0, decode_tps: 0 }
    const told = { ...bare, compare: { ...compare, scenario: { name: 's', about: 'told?', slo } } }
    expect(datasetWords(told, shipped)).toMatchObject({ question: 'told?', slo })
  })
})

describe('the evidence', () => {
  it('has the same seeds in every cell, each with the value of its own run', () => {
    expect(evidence.rows.length).toBeGreaterThan(5)
    for (const { path, cells } of evidence.rows)
      for (const { values } of cells) expect(values.length, path).toBe(compare.seeds.length)
    const goodput = evidence.rows.find(({ path }) => path === 'models["gemma-4-26b"].goodput')!
    for (const { arm, values } of goodput.cells)
      for (const [i, seed] of compare.seeds.entries())
        expect(values[i]).toBe(
          runs.find((run) => run.policy === arm && run.seed === seed)?.result.models['gemma-4-26b']?.goodput,
        )
  })

  it('shows every seed inside its axis', () => {
    for (const { path, domain, cells } of evidenceOf(compare, runs, { ...usual, everything: true }).rows)
      for (const value of cells.flatMap(({ values }) => values))
        if (value !== null) expect(value >= domain[0] && value <= domain[1], `${path} ${value}`).toBe(true)
  })

  it('leaves out only what is zero in every run, and names it', () => {
    const all = evidenceOf(compare, runs, { ...usual, everything: true })
    expect(all.zero.length).toBeGreaterThan(0)
    for (const line of all.zero) {
      const [label, models = ''] = line.replace(')', '').split(' (')
      for (const model of models.split(', '))
        expect(
          all.rows.some((row) => row.label === label && row.model === model),
          line,
        ).toBe(false)
    }
    expect(
      all.rows.every(({ cells }) => cells.some(({ figure, values }) => figure?.mean !== 0 || values.some(Boolean))),
    ).toBe(true)
  })

  it('adds what the scenario’s expectations name, once, and keeps the baseline whatever is hidden', () => {
    const named = ['requests.served', 'requests.served', 'models["gemma-4-26b"].goodput']
    const { rows } = evidenceOf(compare, runs, { ...usual, named })
    expect(rows.filter(({ path }) => path === 'requests.served').length).toBe(1)
    expect(rows.length).toBe(evidence.rows.length + 1)
    const { arms } = evidenceOf(compare, runs, { ...usual, hidden: Object.keys(compare.policies) })
    expect(arms).toEqual([compare.baseline])
  })

  it('is a line per metric, arm and seed as CSV', () => {
    const lines = evidenceCsv(evidence).trim().split('\n')
    expect(lines.length).toBe(1 + evidence.rows.length * evidence.arms.length * compare.seeds.length)
  })

  test.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })])(
    'has axes with round ends around all values and inside what a share can be',
    (values) => {
      const [low, high] = niceDomain(values, [0, 1])
      expect(low).toBeLessThan(high)
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(1)
      for (const value of values) expect(value >= low - 1e-9 && value <= high + 1e-9).toBe(true)
    },
  )

  test.prop([fc.integer({ min: 320, max: 4000 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 20 })])(
    'is laid out inside its width without two cells on one place, and a point in a cell finds it',
    (width, arms, rows) => {
      const given = {
        ...evidence,
        arms: Array.from({ length: arms }, (_, i) => `arm ${i}`),
        rows: Array.from({ length: rows }, (_, i) => evidence.rows[i % evidence.rows.length]),
      }
      const layout = evidenceLayout(given, width)
      expect(layout.cells.length).toBe(arms * rows)
      expect(new Set(layout.cells.map(({ x, y }) => `${x} ${y}`)).size).toBe(arms * rows)
      for (const { x, y, width: wide, row, arm } of layout.cells) {
        expect(x >= 0 && x + wide <= width + 0.01 && y >= 0 && y + 42 <= layout.height).toBe(true)
        expect(pointAt(given, layout, x + wide - 2, y + 1)).toMatchObject({ row, arm })
      }
    },
  )
})
