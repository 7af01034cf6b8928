/** Tables that stand in docs/facts and in the catalog alike hold the same figures. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chips } from '../../sim/catalog/index.ts'
import { llamaRows } from '../../sim/catalog/measurements/llama-cpp.ts'

const text = readFileSync(resolve(import.meta.dirname, '../../docs/facts/mac-provider.md'), 'utf8')

/** Cells of the table rows of one section, its two header lines left out. */
function rowsOf(section: string): readonly (readonly string[])[] {
  const start = text.indexOf(`### ${section} `)
  const body = text.slice(start, text.indexOf('\n#', start + 1))
  const lines = body.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

const llamaRate = (chip: string, quantisation: string, test: string) =>
  llamaRows.find((row) => row.chip === chip && row.quantisation === quantisation && row.test === test)!.tps

describe('mac-provider', () => {
  it('2.1 holds the LLaMA rates that the calibration compares with', () => {
    const printed = rowsOf('2.1').flatMap(([name, f16, q8, q4]) => {
      const chip = name!.replace(/ \((\d+)\)/u, ' $1c')
      return [f16!, q8!, q4!].flatMap((cell, i) => {
        const [prefill, decode] = cell.split(' / ')
        return decode === undefined
          ? []
          : [`${chip} ${['f16', 'q8_0', 'q4_0'][i]} ${Number(prefill)} ${Number(decode)}`]
      })
    })
    const compared = new Set(
      llamaRows.map(
        ({ chip, quantisation }) =>
          `${chip} ${quantisation} ${llamaRate(chip, quantisation, 'pp512')} ${llamaRate(chip, quantisation, 'tg128')}`,
      ),
    )
    expect(new Set(printed)).toEqual(compared)
  })

  it('1.1 holds cores and bandwidths of every chip of the catalog', () => {
    const known = new Map<string, number>(
      rowsOf('1.1').flatMap(([name, cores, bandwidth]) => {
        const rates = bandwidth!.split(', ').map((rate) => Number(rate.replace(',', '')))
        return cores!.split(', ').map((count, i) => [`${name} ${count}c`, rates[i] ?? rates[0]!] as const)
      }),
    )
    const measured = chips.filter(({ name }) => !name.startsWith('M5 Ultra'))
    expect(measured.map(({ name, bandwidth_gbs: { value } }) => [name, value])).toEqual(
      measured.map(({ name }) => [name, known.get(name)]),
    )
  })
})
