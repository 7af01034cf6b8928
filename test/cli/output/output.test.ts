/** Output files are there whole or not at all; pipes, links and devices are written to; two writers are told of each other. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removePending } from '../../../sim/cli/files/atomic.ts'
import { InterruptedError, MachineError } from '../../../sim/cli/exit.ts'
import { Outputs } from '../../../sim/cli/output/output.ts'

let root = ''
let stop = new AbortController()
let notes: string[] = []
const outputs = (): Outputs => new Outputs({ signal: stop.signal, note: (text) => void notes.push(text) })
const at = (...path: readonly string[]): string => join(root, ...path)
const text = (...path: readonly string[]): string => readFileSync(at(...path), 'utf8')

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetlab-out-'))
  stop = new AbortController()
  notes = []
})
afterEach(() => {
  removePending()
  rmSync(root, { recursive: true })
})

describe('an output folder', () => {
  it('appears only when everything is in it', async () => {
    const folder = outputs().folder('--out', at('deep', 'out'), [])
    folder.write('a.json', 'a')
    folder.write('runs/x/b.json', 'b')
    expect(existsSync(at('deep', 'out'))).toBe(false)
    await folder.commit()
    expect(text('deep', 'out', 'runs', 'x', 'b.json')).toBe('b')
    expect(readdirSync(at('deep'))).toEqual(['out'])
    removePending()
    expect(readdirSync(at('deep', 'out')).sort()).toEqual(['a.json', 'runs'])
  })

  it('names what an earlier command left there, of what this one might have written, and nothing else', async () => {
    const write = async (...names: readonly string[]): Promise<void> => {
      const folder = outputs().folder('--out', at('out'), ['runs'], /^(?:extra|runs\/.*)\.json$/)
      for (const name of names) folder.write(name, '')
      await folder.commit()
    }
    await write('a.json', 'extra.json', 'runs/x/b.json')
    writeFileSync(at('out', 'notes.txt'), 'mine')
    await write('a.json', 'extra.json', 'runs/x/b.json')
    expect(notes).toEqual([])
    await write('a.json', 'runs/y/b.json')
    expect(notes).toEqual([`--out ${at('out')}: from an earlier command, and left there: extra.json, runs/x/b.json`])
  })

  it('keeps what was there before', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('out', 'notes.txt'), 'mine')
    writeFileSync(at('out', 'a.json'), 'old')
    const folder = outputs().folder('--out', at('out'), [])
    folder.write('a.json', 'new')
    await folder.commit()
    expect(readdirSync(at('out')).sort()).toEqual(['a.json', 'notes.txt'])
    expect(text('out', 'a.json')).toBe('new')
  })

  it('is written through where it is a link, or holds links', async () => {
    mkdirSync(at('disk'))
    writeFileSync(at('elsewhere.json'), 'old')
    symlinkSync('disk', at('out'))
    symlinkSync('../elsewhere.json', at('disk', 'result.json'))
    const folder = outputs().folder('--out', at('out'), [])
    folder.write('result.json', 'new')
    await folder.commit()
    expect(readlinkSync(at('out'))).toBe('disk')
    expect(readlinkSync(at('disk', 'result.json'))).toBe('../elsewhere.json')
    expect(text('elsewhere.json')).toBe('new')
  })

  it('leaves no trace when the command is interrupted', () => {
    outputs().folder('--out', at('out'), []).write('a.json', 'a')
    mkdirSync(at('there'))
    outputs().folder('--out', at('there'), []).write('a.json', 'a')
    removePending()
    expect(readdirSync(root)).toEqual(['there'])
    expect(readdirSync(at('there'))).toEqual([])
  })

  it('takes the folders above it along when nothing came of the run', () => {
    outputs().folder('--out', at('deep', 'deeper', 'out'), [])
    removePending()
    expect(readdirSync(root)).toEqual([])
  })

  it('is refused where something else is in the way', () => {
    writeFileSync(at('file'), '')
    expect(() => outputs().folder('--out', at('file'), [])).toThrow(/^--out .*file: is a file; give a folder$/)
    expect(() => outputs().folder('--out', at('file', 'below'), [])).toThrow(
      /^--out .*below: cannot be written: a file of that name is in the way$/,
    )
    expect(() => outputs().folder('--out', '/dev/null', [])).toThrow('--out /dev/null: is a device; give a folder')
  })

  it.skipIf(!existsSync('/proc/self'))('says so where the system allows none, and never hangs', () => {
    for (const path of ['/proc/nowhere/out', '/proc/self/out']) {
      expect(() => outputs().folder('--out', path, [])).toThrow(MachineError)
    }
  })
})

describe('two writers of one folder', () => {
  const PROCESS = new RegExp(`another fleetlab writes there now, process ${process.pid} on .*; wait for it or give`)

  it.each([['that is there'], ['that is not there yet']])('are told of each other, in one %s', async (which) => {
    if (which === 'that is there') mkdirSync(at('out'))
    const folder = outputs().folder('--out', at('out'), [])
    folder.write('a.json', 'first')
    expect(() => outputs().folder('--out', at('out'), [])).toThrow(PROCESS)
    await folder.commit()
    const next = outputs().folder('--out', at('out'), [])
    next.write('a.json', 'second')
    await next.commit()
    expect(text('out', 'a.json')).toBe('second')
    expect(readdirSync(root)).toEqual(['out'])
    expect(readdirSync(at('out'))).toEqual(['a.json'])
  })

  it('do not wait for one that was killed, and clear up after it, but for one of another machine', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((done) => child.on('exit', done))
    mkdirSync(at('out'))
    const lock = (host: string, pid: number, began = ''): void =>
      writeFileSync(at('out', '.fleetlab.lock'), JSON.stringify({ host, pid, began }))
    lock('elsewhere', 1)
    expect(() => outputs().folder('--out', at('out'), [])).toThrow(/process 1 on elsewhere; .*if it is gone, remove /)
    for (const [pid, began] of [
      [child.pid!, ''],
      // A number that another process had before.
      [process.pid, '1'],
    ] as const) {
      lock(hostname(), pid, began)
      const folder = outputs().folder('--out', at('out'), [])
      folder.write('a.json', 'a')
      await folder.commit()
    }
    lock(hostname(), child.pid!)
    mkdirSync(at('out', `.fleetlab.${child.pid}-0123abcd.tmp`))
    await outputs().folder('--out', at('out'), []).commit()
    writeFileSync(at('out', '.fleetlab.lock'), 'half of a li')
    await outputs().folder('--out', at('out'), []).commit()
    expect(readdirSync(at('out'))).toEqual(['a.json'])
  })
})

describe('an output file', () => {
  it('replaces the one before, whole, and hands on who may read it', async () => {
    await outputs().file('--csv', at('new', 'a.csv')).write('1')
    chmodSync(at('new', 'a.csv'), 0o600)
    const second = outputs().file('--csv', at('new', 'a.csv'))
    expect(text('new', 'a.csv')).toBe('1')
    await second.write('2')
    expect(text('new', 'a.csv')).toBe('2')
    expect(statSync(at('new', 'a.csv')).mode & 0o777).toBe(0o600)
    expect(readdirSync(at('new'))).toEqual(['a.csv'])
  })

  it('leaves no trace when nothing came of the run', () => {
    outputs().file('--csv', at('deep', 'a.csv'))
    removePending()
    expect(readdirSync(root)).toEqual([])
  })

  it('is refused where a folder is, or is meant', () => {
    expect(() => outputs().file('--csv', root)).toThrow(/is a folder; give a file name$/)
    expect(() => outputs().file('--csv', at('out/'))).toThrow(/is a folder; give a file name$/)
    expect(() => outputs().file('--csv', '-')).toThrow(/^--csv -: give \/dev\/stdout for standard output/)
  })

  it('is written where a link leads, also when nothing is there yet, and the link stays', async () => {
    mkdirSync(at('real'))
    writeFileSync(at('real', 'report.xml'), 'old')
    symlinkSync('real/report.xml', at('link.xml'))
    symlinkSync('real/later.xml', at('dangling.xml'))
    symlinkSync('link.xml', at('link-to-link.xml'))
    for (const name of ['link.xml', 'dangling.xml', 'link-to-link.xml']) {
      await outputs().file('--junit', at(name)).write(name)
      expect(lstatSync(at(name)).isSymbolicLink()).toBe(true)
      expect(text(name)).toBe(name)
    }
    expect(readdirSync(at('real')).sort()).toEqual(['later.xml', 'report.xml'])
    symlinkSync('circle', at('circle'))
    expect(() => outputs().file('--junit', at('circle'))).toThrow(/its links lead in a circle$/)
  })

  it('keeps all names of a file that has several', async () => {
    writeFileSync(at('a.xml'), 'old and longer')
    linkSync(at('a.xml'), at('b.xml'))
    await outputs().file('--junit', at('a.xml')).write('new')
    expect(text('b.xml')).toBe('new')
  })

  it('is written into a pipe that stays one, as soon as somebody reads', async () => {
    const made = spawn('mkfifo', [at('report.fifo')])
    await new Promise((done) => made.on('exit', done))
    const content = 'x'.repeat(300_000)
    const writing = outputs().file('--junit', at('report.fifo')).write(content)
    const reader = spawn('cat', [at('report.fifo')])
    let read = ''
    reader.stdout.on('data', (chunk: Buffer) => (read += chunk.toString()))
    const ended = new Promise((done) => reader.on('close', done))
    await writing
    await ended
    expect(read).toBe(content)
    expect(lstatSync(at('report.fifo')).isFIFO()).toBe(true)
  })

  it('waits for a reader no longer than until it is interrupted, and says what it waits for', async () => {
    const made = spawn('mkfifo', [at('report.fifo')])
    await new Promise((done) => made.on('exit', done))
    const writing = outputs().file('--junit', at('report.fifo')).write('x')
    const said = expect
      .poll(() => notes, { timeout: 60_000 })
      .toEqual([expect.stringMatching(/^--junit .*report\.fifo: waiting for somebody who reads it$/)])
    await said
    stop.abort()
    await expect(writing).rejects.toBeInstanceOf(InterruptedError)
  })

  it('goes to a device, which stays one; a full one fails the machine, not the input', async () => {
    await outputs().file('--csv', '/dev/null').write('x')
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
    if (!existsSync('/dev/full')) return
    await expect(outputs().file('--csv', '/dev/full').write('x')).rejects.toEqual(
      new MachineError('--csv /dev/full: cannot be written: the disk is full'),
    )
  })
})

describe('two options of one command', () => {
  it('may not write into one place, under whatever names', () => {
    symlinkSync('a.csv', at('link.csv'))
    const both = outputs()
    both.file('--csv', at('a.csv'))
    for (const path of [at('a.csv'), at('link.csv'), at('x', '..', 'a.csv')]) {
      expect(() => both.file('--markdown', path)).toThrow(/: --csv writes there too; give each a place of its own$/)
    }
  })

  it('may share a folder, but none of the files in it', async () => {
    const both = outputs()
    const folder = both.folder('--out', at('out'), ['compare.json', 'runs'])
    for (const path of [at('out', 'compare.json'), at('out', 'runs', 'x'), at('out')]) {
      expect(() => both.file('--csv', path)).toThrow(/--out writes there too/)
    }
    const file = both.file('--csv', at('out', 'table.csv'))
    folder.write('compare.json', '{}')
    await folder.commit()
    await file.write('1')
    expect(readdirSync(at('out')).sort()).toEqual(['compare.json', 'table.csv'])
  })

  it('may not write over what the command reads', () => {
    writeFileSync(at('a.yaml'), 'name: a')
    const own = outputs()
    own.begin({ printsJson: false, inputs: [at('a.yaml')] })
    own.reads([at('b.yaml')])
    for (const name of ['a.yaml', 'b.yaml'])
      expect(() => own.file('--csv', at(name))).toThrow(/is the file that is read; give another$/)
  })

  it('leave standard output to the one that was sent there', () => {
    const own = outputs()
    own.begin({ printsJson: true, inputs: [] })
    expect(() => own.file('--csv', '/dev/stdout')).toThrow('--json prints its document there, and nothing else')
    const free = outputs()
    free.file('--csv', '/dev/stdout')
    expect(free.standardOutputTaken).toBe(true)
    expect(() => free.file('--markdown', '/dev/fd/1')).toThrow('--csv writes there too')
  })
})
