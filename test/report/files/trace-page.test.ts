/** docs/trace.md is written from the declaration of the rows: `fleetlab schema --trace > docs/trace.md`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tracePage } from '../../../sim/report/files/trace-page.ts'
import { KINDS } from '../../../sim/trace/schema.ts'

describe('docs/trace.md', () => {
  it('says what the declaration of the rows says', () => {
    expect(readFileSync(join(import.meta.dirname, '../../../docs/trace.md'), 'utf8')).toBe(tracePage())
  })
})

describe('the declaration', () => {
  it('says of every kind what it is, in a sentence', () => {
    for (const { about } of Object.values(KINDS)) expect(about).toMatch(/^[A-Z`].*[.]$/)
  })

  it('says of every text which words can stand there', () => {
    const columns = Object.values(KINDS).flatMap((kind) => Object.values(kind.columns))
    for (const column of columns) expect(column.texts !== undefined).toBe(column.type === 'text')
  })
})
