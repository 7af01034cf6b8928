/** The table of evidence in scenarios/review/README.md says what the files say. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { policyNames } from '../../sim/policy/index.ts'
import { type Finding, findings } from './findings.ts'

/** In the order of the pull request. */
const REVISIONS = policyNames.filter((name) => /^pools-[\da-f]{7}$/.test(name))

const readme = readFileSync(resolve(import.meta.dirname, '../../scenarios/review/README.md'), 'utf8')
const rows = readme
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, file = '', finding = '', showsIn = '', goneIn = '']) => ({
    file: file.replaceAll('`', ''),
    finding,
    showsIn,
    goneIn,
  }))

const byFile = findings.map((finding) => [finding.file, finding] as const)
const rowOf = ({ file }: Finding) => rows.find((row) => row.file === file)

/** Policies that a phrase names: one by one, as `a to b`, or as `every revision`. */
function named(phrase: string): ReadonlySet<string> {
  const plain = phrase.replaceAll('`', '')
  if (plain.startsWith('every revision')) return new Set(REVISIONS)
  const range = /(pools-\w{7}) to (pools-\w{7})/.exec(plain)
  if (range !== null) {
    return new Set(REVISIONS.slice(REVISIONS.indexOf(range[1]!), REVISIONS.indexOf(range[2]!) + 1))
  }
  return new Set(policyNames.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(plain)))
}

describe('the table of evidence', () => {
  it('has one row for each file, in their order', () => {
    expect(rows.map((row) => row.file)).toEqual(findings.map((finding) => finding.file))
  })

  it.each(byFile)('%s: the row has the finding and severity of the file', (_, finding) => {
    expect(rowOf(finding)?.finding).toMatch(new RegExp(`^${finding.id} \\(${finding.severity}\\b[^)]*\\)\\. \\w`))
  })

  it.each(byFile)('%s: the row names every policy of the header, and the first arm has the defect', (_, finding) => {
    const row = rowOf(finding)!
    expect([...named(row.showsIn)]).toEqual(expect.arrayContaining([...named(finding.showsIn)]))
    expect([...named(row.goneIn)]).toEqual(expect.arrayContaining([...named(finding.goneIn)]))
    expect(named(finding.showsIn)).toContain(finding.policies[0])
  })

  it.each(byFile)('%s: the last arm is `pools`, and the file tries where it is gone', (_, finding) => {
    expect(finding.arms.at(-1)).toBe('pools')
    expect(finding.policies).toEqual(expect.arrayContaining([...named(finding.goneIn)]))
  })
})
