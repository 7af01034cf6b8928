/** Parquet files, read back by programs that did not write them: hyparquet and DuckDB. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { fc, test } from '@fast-check/vitest'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { type ParquetColumn, parquetFile, ParquetTable } from '../../../sim/report/files/parquet.ts'

interface Row {
  readonly name: string | null
  readonly tokens: number | undefined
  readonly ttft: number | null
  readonly served: boolean | null
}

const COLUMNS: readonly ParquetColumn<Row>[] = [
  { name: 'name', type: 'text', about: '', value: ({ name }) => name },
  { name: 'tokens', type: 'whole', about: '', value: ({ tokens }) => tokens },
  { name: 'ttft_ms', type: 'real', about: '', value: ({ ttft }) => ttft },
  { name: 'served', type: 'flag', about: '', value: ({ served }) => served },
]

const bufferOf = (file: Uint8Array): ArrayBuffer => file.slice().buffer
const readBack = async (file: Uint8Array): Promise<readonly object[]> => parquetReadObjects({ file: bufferOf(file) })

const expected = ({ name, tokens, ttft, served }: Row): object => ({
  name,
  tokens: tokens === undefined ? null : BigInt(tokens),
  ttft_ms: ttft,
  served,
})

const row = (i: number): Row => ({ name: `r${i % 7}`, tokens: i, ttft: i / 8, served: i % 2 === 0 })

const rows = fc.array(
  fc.record({
    name: fc.option(fc.string({ unit: 'grapheme' })),
    tokens: fc.option(fc.maxSafeInteger(), { nil: undefined }),
    ttft: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    served: fc.option(fc.boolean()),
  }),
  { maxLength: 60 },
)

describe('a Parquet table', () => {
  test.prop([rows], { numRuns: 60 })(
    'gives back every value to the last bit, and NULL where there was none',
    async (given) => {
      expect(await readBack(parquetFile(COLUMNS, given))).toEqual(given.map(expected))
    },
  )

  it('leaves in groups while rows come, so that what is held does not grow with the table', async () => {
    const pieces: Uint8Array[] = []
    const table = new ParquetTable(COLUMNS, (bytes) => void pieces.push(bytes))
    for (let i = 0; i < 150_000; i += 1) {
      table.add(row(i))
      if (i === 70_000) expect(pieces).toHaveLength(1)
    }
    expect(pieces).toHaveLength(2)
    table.finish()
    const file = new Uint8Array(Buffer.concat(pieces))
    const { row_groups, created_by } = parquetMetadata(bufferOf(file))
    expect(row_groups.map(({ num_rows }) => num_rows)).toEqual([65_536n, 65_536n, 18_928n])
    expect(created_by).toBe('fleetlab')
    const back = await parquetReadObjects({ file: bufferOf(file), rowStart: 131_070, rowEnd: 131_075 })
    expect(back).toEqual([0, 1, 2, 3, 4].map((i) => expected(row(131_070 + i))))
  })

  it('is a table to DuckDB, with types and NULLs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parquet-'))
    try {
      const path = join(folder, 'table.parquet')
      const unknown: Row = { name: null, tokens: undefined, ttft: null, served: null }
      writeFileSync(path, parquetFile(COLUMNS, [unknown, ...Array.from({ length: 1_000 }, (_, i) => row(i))]))
      const duck = await (await DuckDBInstance.create()).connect()
      const types = await duck.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`)
      expect(Object.fromEntries(types.getRowsJson())).toEqual({
        name: 'VARCHAR',
        tokens: 'BIGINT',
        ttft_ms: 'DOUBLE',
        served: 'BOOLEAN',
      })
      const sums = await duck.runAndReadAll(
        `SELECT count(*)::INT, count(name)::INT, sum(tokens)::INT, sum(ttft_ms), count_if(served)::INT FROM '${path}'`,
      )
      expect(sums.getRows()).toEqual([[1_001, 1_000, 499_500, 499_500 / 8, 500]])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has its columns when it has no row', async () => {
    const file = parquetFile(COLUMNS, [])
    expect(await readBack(file)).toEqual([])
    expect(
      parquetMetadata(bufferOf(file))
        .schema.slice(1)
        .map(({ name }) => name),
    ).toEqual(COLUMNS.map(({ name }) => name))
  })

  it.each([
    [0, { tokens: 1.5 }],
    [1, { tokens: 2 ** 60 }],
    [2, { ttft: Number.NaN }],
    [3, { ttft: Number.POSITIVE_INFINITY }],
  ])('takes no value that its column does not hold (%#)', (_, wrong) => {
    const right: Row = { name: null, tokens: undefined, ttft: null, served: null }
    expect(() => parquetFile(COLUMNS, [{ ...right, ...wrong }])).toThrow(
      /column (tokens|ttft_ms) of a Parquet table is/,
    )
  })

  it('takes no two columns of one name', () => {
    expect(() => parquetFile([...COLUMNS, COLUMNS[0]!], [])).toThrow(/names of their own/)
  })
})
