/** Output files are there whole or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openOutputFolder, removePending, writeFileAtomically } from '../../sim/cli/atomic.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetlab-out-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe('an output folder', () => {
  it('appears only when everything is in it', () => {
    const folder = openOutputFolder('--out', join(root, 'deep', 'out'))
    folder.write('a.json', 'a')
    folder.write('runs/x/b.json', 'b')
    expect(existsSync(join(root, 'deep', 'out'))).toBe(false)
    folder.commit()
    expect(readFileSync(join(root, 'deep', 'out', 'runs', 'x', 'b.json'), 'utf8')).toBe('b')
    expect(readdirSync(join(root, 'deep'))).toEqual(['out'])
  })

  it('keeps what was there before', () => {
    mkdirSync(join(root, 'out'))
    writeFileSync(join(root, 'out', 'notes.txt'), 'mine')
    writeFileSync(join(root, 'out', 'a.json'), 'old')
    const folder = openOutputFolder('--out', join(root, 'out'))
    folder.write('a.json', 'new')
    folder.commit()
    expect(readdirSync(join(root, 'out')).sort()).toEqual(['a.json', 'notes.txt'])
    expect(readFileSync(join(root, 'out', 'a.json'), 'utf8')).toBe('new')
  })

  it('leaves no trace when the command is interrupted', () => {
    openOutputFolder('--out', join(root, 'out')).write('a.json', 'a')
    removePending()
    expect(readdirSync(root)).toEqual([])
  })

  it('takes the folders above it along when nothing came of the run', () => {
    openOutputFolder('--out', join(root, 'deep', 'deeper', 'out'))
    removePending()
    expect(readdirSync(root)).toEqual([])
  })

  it('is refused where a file is in the way', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => openOutputFolder('--out', join(root, 'file'))).toThrow(/^--out .*file: is a file; give a folder$/)
    expect(() => openOutputFolder('--out', join(root, 'file', 'below'))).toThrow(
      /^--out .*below: cannot be written: a file of that name is in the way$/,
    )
  })
})

describe('an output file', () => {
  it('replaces the one before', () => {
    writeFileAtomically('--csv', join(root, 'a.csv'), '1')
    writeFileAtomically('--csv', join(root, 'a.csv'), '2')
    expect(readFileSync(join(root, 'a.csv'), 'utf8')).toBe('2')
    expect(readdirSync(root)).toEqual(['a.csv'])
  })

  it('is refused where a folder is', () => {
    expect(() => writeFileAtomically('--csv', root, '')).toThrow(/is a folder; give a file name$/)
  })
})
