/** A build changes nothing under a process that runs the one before. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'vite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { siteInPlace, versionedFolder } from '../../../ui/build/put-in-place.ts'

const LONG_AGO_S = Date.now() / 1_000 - 30 * 24 * 3_600

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetlab-build-'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
})
afterEach(() => rmSync(root, { recursive: true }))

/** A command that says `word` late, from a chunk of its own. */
async function buildCommand(word: string): Promise<void> {
  writeFileSync(join(root, 'late.ts'), `export const word: string = '${word}'\n`)
  writeFileSync(
    join(root, 'main.ts'),
    "process.stdin.resume().on('end', async () => console.log((await import('./late.ts')).word))\nprocess.stderr.write('up')\n",
  )
  writeFileSync(join(root, 'plug.ts'), `export const plug: string = '${word}'\n`)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { ssr: true, outDir: 'out', rolldownOptions: { input: { main: 'main.ts', plug: 'plug.ts' } } },
    plugins: [
      versionedFolder([
        { entry: 'main', isCommand: true },
        { entry: 'plug', isCommand: false },
      ]),
    ],
  })
}

async function started(): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(join(root, 'out', 'main.js'), { stdio: 'pipe' })
  await new Promise((done, fail) => child.on('error', fail).stderr.once('data', done))
  return child
}

const said = async (child: ChildProcessWithoutNullStreams): Promise<string> => {
  child.stdin.end()
  return (await text(child.stdout)).trim()
}

const ignored = (): readonly string[] =>
  readFileSync(join(root, 'out', '.npmignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

describe('a build of a command', () => {
  it('is executable, and leaves a running process the chunks that it has yet to load', async () => {
    await buildCommand('one')
    const old = await started()
    await buildCommand('two')
    const now = await started()
    expect([await said(old), await said(now)]).toEqual(['one', 'two'])
    expect(statSync(join(root, 'out', 'main.js')).mode & 0o111).toBe(0o111)
    const { plug } = (await import(join(root, 'out', 'plug.js'))) as { readonly plug: string }
    expect(plug).toBe('two')
  })

  it('packs only itself, and removes one that was superseded long ago', async () => {
    await buildCommand('one')
    expect(ignored()).toEqual([])
    await buildCommand('two')
    expect(ignored()).toHaveLength(1)
    const [old = ''] = ignored()
    utimesSync(join(root, 'out', old), LONG_AGO_S, LONG_AGO_S)
    await buildCommand('two')
    expect(ignored()).toEqual([])
    expect(existsSync(join(root, 'out', old))).toBe(false)
    expect(readdirSync(join(root, 'out')).filter((name) => name.startsWith('.'))).toEqual(['.npmignore'])
  })

  it('keeps one that is superseded only now, however old it is, and mends one that was damaged', async () => {
    await buildCommand('one')
    const version = readdirSync(join(root, 'out')).find((name) => /^[0-9a-f]{12}$/.test(name))!
    utimesSync(join(root, 'out', version), LONG_AGO_S, LONG_AGO_S)
    await buildCommand('two')
    expect(ignored()).toEqual([`/${version}`])
    rmSync(join(root, 'out', version, 'main.js'))
    await buildCommand('one')
    expect(await said(await started())).toBe('one')
  })

  it('that fails leaves the one before, and nothing of its own', async () => {
    await buildCommand('one')
    const before = readdirSync(join(root, 'out'))
    await expect(buildCommand("' broken = '")).rejects.toThrow()
    expect(readdirSync(join(root, 'out'))).toEqual(before)
    expect(await said(await started())).toBe('one')
  })
})

async function buildSite(word: string): Promise<void> {
  writeFileSync(join(root, 'page.ts'), `document.title = '${word}'\n`)
  writeFileSync(join(root, 'index.html'), '<script type="module" src="page.ts"></script>')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir: 'out' },
    plugins: [siteInPlace('index.html')],
  })
}

describe('a build of a site', () => {
  it('keeps what an open page may still ask for, and removes it later', async () => {
    await buildSite('one')
    const chunks = (): readonly string[] => readdirSync(join(root, 'out', 'assets'))
    const [one = ''] = chunks()
    await buildSite('two')
    expect(chunks()).toHaveLength(2)
    expect(ignored()).toEqual([`/assets/${one}`])
    const two = chunks().find((name) => name !== one)!
    expect(readFileSync(join(root, 'out', 'index.html'), 'utf8')).toContain(two)
    utimesSync(join(root, 'out', 'assets', one), LONG_AGO_S, LONG_AGO_S)
    await buildSite('two')
    expect(chunks()).toEqual([two])
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([])
  })
})
