/** Runs of the pools study are what docs/pools-study.json holds of them: a sample of every part, run again. */
import { expect, it } from 'vitest'
import { CELLS, PARTS } from '../study/pools/pools-design.ts'
import { loadCell, runCell } from '../study/pools/pools-record.ts'
import { readStudy } from '../study/pools/pools-store.ts'

const PER_PART = 3
const study = readStudy()
const stored = CELLS.filter(({ key }) => study.has(key))

/** First, last, and one between. */
const sample = PARTS.flatMap((part) => {
  const cells = stored.filter((cell) => cell.part === part)
  const places = Array.from({ length: PER_PART }, (_, i) => Math.floor((i * (cells.length - 1)) / (PER_PART - 1)))
  return [...new Set(places)].flatMap((place) => cells[place] ?? [])
})

it.each(sample.map((cell) => [cell.key, cell] as const))('%s is as stored', async (key, cell) => {
  const run = study.get(key)!.at(-1)!
  expect(await runCell(cell, run.seed, await loadCell(cell))).toEqual(run)
})

it('the sample is of every part that was run', () => {
  expect(new Set(sample.map(({ part }) => part))).toEqual(new Set(stored.map(({ part }) => part)))
})
