/** What a folder holds for `check`: scenarios that expect something, those that do not, and what is none of its business. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scenarioPaths } from '../../../sim/cli/files/scenario-paths.ts'

const BARE = `name: small
duration: 2m
models: [gpt-oss-20b]
fleet:
  - {id: a, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}
demand:
  - requests: [{at: 60s, model: gpt-oss-20b, prompt: 800, max_tokens: 64, output: 10}]
`
const EXPECTING = `${BARE}expect:\n  - {metric: requests.served, equals: 1}\n`

let root = ''

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'fleetlab-paths-')))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(texts: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** Paths below the root. */
async function looked(...paths: readonly string[]) {
  const { found, skipped, loops } = await scenarioPaths(paths.map((path) => join(root, path)))
  return {
    found: found.map((path) => relative(root, path)),
    skipped: skipped.map(({ file, why }) => `${relative(root, file)} ${why}`),
    loops: loops.map((path) => relative(root, path)),
  }
}

describe('a folder', () => {
  it('stands for the scenarios below it that expect something, by name', async () => {
    write({ 'b.yaml': EXPECTING, 'a/c.yml': EXPECTING, 'a/d.json': JSON.stringify({ expect: [{}] }) })
    expect(await looked('.')).toEqual({ found: ['a/c.yml', 'a/d.json', 'b.yaml'], skipped: [], loops: [] })
  })

  it('names a scenario that expects nothing as skipped', async () => {
    write({ 'a.yaml': EXPECTING, 'bare.yaml': BARE, 'empty.yaml': `${BARE}expect: []\n` })
    expect(await looked('.')).toEqual({
      found: ['a.yaml'],
      skipped: ['bare.yaml has no `expect:`', 'empty.yaml its `expect:` is empty'],
      loops: [],
    })
  })

  it('names a file of blanks and comments as skipped', async () => {
    write({ 'a.yaml': EXPECTING, 'blank.yaml': '', 'later.yml': '\n# to be written\n' })
    expect(await looked('.')).toMatchObject({
      found: ['a.yaml'],
      skipped: ['blank.yaml is empty', 'later.yml is empty'],
    })
  })

  it.each(['Extends', 'extnds', 'extend'])('holds a child whose only key is the misspelt %s', async (key) => {
    write({ 'a.yaml': EXPECTING, 'child.yaml': `${key}: a.yaml\n`, 'other.yaml': 'include: a.yaml\n' })
    expect(await looked('.')).toMatchObject({ found: ['a.yaml', 'child.yaml'], skipped: [] })
  })

  it.each([
    ['expects: [{metric: requests.served, equals: 9}]', 'expect misspelt'],
    ['Expect: [{metric: requests.served, equals: 9}]', 'in capitals'],
    ['coordinatr: {}', 'another key misspelt'],
    ['coordinator: {QUEUE_SIZ: 4}', 'a key further down'],
    ['expect: {metric: requests.served, equals: 9}', 'no list'],
    ['expect: nothing', 'text'],
    ['expect: [', 'not YAML'],
  ])('passes no scenario over that holds `%s`: %s', async (line) => {
    write({ 'a.yaml': `${BARE}${line}\n` })
    expect(await looked('.')).toMatchObject({ found: ['a.yaml'], skipped: [] })
  })

  it('counts what a child inherits, and what it takes away', async () => {
    write({
      'base.yaml': EXPECTING,
      'bare.yaml': BARE,
      'child.yaml': 'extends: base.yaml\nseed: 2\n',
      'childless.yaml': 'extends: base.yaml\nexpect:\n',
      'of-bare.yaml': 'extends: bare.yaml\nseed: 2\n',
      'misspelt.yaml': 'extends: bare.yaml\nexpects: []\n',
      'orphan.yaml': 'extends: nowhere.yaml\n',
    })
    expect(await looked('.')).toEqual({
      found: ['base.yaml', 'child.yaml', 'misspelt.yaml', 'orphan.yaml'],
      skipped: ['bare.yaml', 'childless.yaml', 'of-bare.yaml'].map((file) => `${file} has no \`expect:\``),
      loops: [],
    })
  })

  it('leaves results and files of other programs alone', async () => {
    write({
      'result.json': JSON.stringify({ format: 'fleetlab.run/1', fleet: [], demand: [], name: '', models: {} }),
      'package.json': JSON.stringify({ name: 'x', version: '1', dependencies: {} }),
      'tsconfig.json': JSON.stringify({ extends: './tsconfig.base.json', compilerOptions: {} }),
      'workflow.yml': 'name: CI\non: push\njobs: {check: {steps: []}}\n',
      'helm.yaml': '{{- if .Values.fleet }}\nfleet: {{ .Values.fleet }}\n{{- end }}\n',
      'part.yaml': 'models: [gpt-oss-20b]\n',
      'notes.txt': EXPECTING,
    })
    expect(await looked('.')).toEqual({ found: [], skipped: [], loops: [] })
  })

  it('follows links to files and folders, and says where one leads back', async () => {
    write({ 'one/a.yaml': EXPECTING, 'other/b.yaml': EXPECTING })
    symlinkSync('../other', join(root, 'one/linked'))
    symlinkSync('../other/b.yaml', join(root, 'one/z.yaml'))
    symlinkSync('..', join(root, 'one/up'))
    symlinkSync('../nowhere.yaml', join(root, 'one/dangling.yaml'))
    expect(await looked('one')).toEqual({
      found: ['one/a.yaml', 'one/dangling.yaml', 'one/linked/b.yaml', 'one/up/other/b.yaml', 'one/z.yaml'],
      skipped: [],
      loops: ['one/up/one'],
    })
  })
})

describe('a file that is named', () => {
  it('is taken whatever it holds, and once however often it is named', async () => {
    write({ 'a.yaml': EXPECTING, 'bare.yaml': BARE })
    expect(await looked('bare.yaml', '.', 'a.yaml', 'nowhere.yaml')).toEqual({
      found: ['bare.yaml', 'a.yaml', 'nowhere.yaml'],
      skipped: [],
      loops: [],
    })
  })
})
