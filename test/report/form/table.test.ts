/** Tables, numbers and the formats they are written in. */
import { describe, expect, it } from 'vitest'
import { formatCsv } from '../../../sim/report/form/csv.ts'
import { formatJson } from '../../../sim/report/form/json.ts'
import { markdownTable } from '../../../sim/report/form/markdown.ts'
import { cell, type Paint } from '../../../sim/report/form/paint.ts'
import { formatTable, type Table, tableWidth } from '../../../sim/report/form/table.ts'
import { formatDifference, formatMean, formatNumber, formatValue, unitOf } from '../../../sim/report/form/unit.ts'

const TABLE: Table = {
  columns: [
    { head: 'model', align: 'left' },
    { head: 'goodput', align: 'right' },
    { head: 'note', align: 'left' },
  ],
  rows: [
    ['gemma-4-26b', cell('71.20 %', 'good'), 'a|b'],
    ['gpt', '5.00 %'],
  ],
}

const paint: Paint = (tone, text) => (tone === 'plain' ? text : `\u001B[1m${text}\u001B[22m`)

describe('a table', () => {
  it('puts text to the left and numbers to the right, without trailing blanks', () => {
    expect(formatTable(TABLE)).toBe(
      [
        'model        goodput  note',
        '───────────  ───────  ────',
        'gemma-4-26b  71.20 %  a|b',
        'gpt           5.00 %',
      ].join('\n'),
    )
    expect(tableWidth(TABLE)).toBe(26)
  })

  it('lines up the same with colours as without', () => {
    // eslint-disable-next-line no-control-regex
    expect(formatTable(TABLE, paint).replaceAll(/\u001B\[\d+m/g, '')).toBe(formatTable(TABLE))
  })

  it('becomes Markdown with bars escaped', () => {
    expect(markdownTable(TABLE)).toBe(
      [
        '| model | goodput | note |',
        '| --- | ---: | --- |',
        String.raw`| gemma-4-26b | 71.20 % | a\|b |`,
        '| gpt | 5.00 % |  |',
      ].join('\n'),
    )
  })
})

describe('units', () => {
  it.each([
    ['models["m"].goodput', 'share'],
    ['models.m.rate_429', 'share'],
    ['models["m"].ttft_within["5s"]', 'share'],
    ['models["m"].ttft_ms.p95', 'ms'],
    ['models["m"].ttft_ms.count', 'plain'],
    ['models["m"].decode_tps.p50', 'tok/s'],
    ['fragmentation["m"].waited_while_idle_s', 's'],
    ['fragmentation["m"].rejected_while_idle', 'plain'],
    ['audit.providers_with_multiple_resident_slots', 'provider-s'],
    ['providers.thermal.serious', 'share'],
    ['upstream["m"].uptime', 'share'],
    ['loads.seconds', 's'],
    ['loads.count', 'plain'],
  ])('reads %s as %s', (path, unit) => {
    expect(unitOf(path)).toBe(unit)
  })
})

describe('figures', () => {
  it('group thousands whatever the machine speaks', () => {
    expect(formatNumber(1234567.891, 1)).toBe('1,234,567.9')
    expect(formatNumber(-1234, 0)).toBe('-1,234')
    expect(formatNumber(-0.001, 1)).toBe('0.0')
  })

  it('carry their unit', () => {
    expect(formatValue(0.7125, 'share')).toBe('71.25 %')
    expect(formatValue(842, 'ms')).toBe('842 ms')
    expect(formatValue(12_345, 'ms')).toBe('12.3 s')
    expect(formatValue(null, 'ms')).toBe('–')
    expect(formatValue(12, 'plain')).toBe('12')
    expect(formatValue(1234.5, 's')).toBe('1,235 s')
  })

  it('show a centre with both ends of its interval in the same unit', () => {
    expect(formatMean({ mean: 0.7125, ci95: [0.7, 0.725] }, 'share')).toBe('71.25 [70.00, 72.50] %')
    expect(formatMean({ mean: 12_000, ci95: [11_000, 13_000] }, 'ms')).toBe('12.0 [11.0, 13.0] s')
    expect(formatMean({ mean: 0.5, ci95: null }, 'share')).toBe('50.00 %')
  })

  it('show differences of shares in points, with their sign', () => {
    expect(formatDifference({ mean: 0.031, ci95: [0.023, 0.039] }, 'share')).toBe('+3.10 [+2.30, +3.90] pp')
    expect(formatDifference({ mean: -0.031, ci95: null }, 'share')).toBe('-3.10 pp')
    expect(formatDifference({ mean: -12, ci95: null }, 'plain')).toBe('-12')
    expect(formatDifference({ mean: 0, ci95: [-1, 1] }, 'plain')).toBe('0.00 [-1.00, +1.00]')
    expect(formatDifference({ mean: 0, ci95: [0, 0] }, 'share')).toBe('0.00 pp')
  })
})

describe('JSON', () => {
  it('reads back as what it was', () => {
    const value = { a: [1, 2.5, null, 'x'], b: { c: [], d: {} }, e: [{ f: true }], g: undefined, h: 'line\n"quote"' }
    expect(JSON.parse(formatJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
  })

  it('keeps a series on one line', () => {
    expect(formatJson({ series: [1, 2, null] })).toBe('{\n  "series": [1, 2, null]\n}\n')
  })
})

describe('CSV', () => {
  it('quotes what needs it and leaves nothing for null', () => {
    expect(
      formatCsv(
        ['a', 'b'],
        [
          ['x,y', null],
          ['he said "no"', 1.5],
        ],
      ),
    ).toBe('a,b\n"x,y",\n"he said ""no""",1.5\n')
  })
})
