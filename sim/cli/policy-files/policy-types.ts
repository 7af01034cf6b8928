/**
 * Holds a policy file to the declarations of the plug, with the TypeScript compiler as a program: a misspelt surface would otherwise
 * never be asked, and a misspelt property is undefined, which compares with nothing.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import type { Problem } from '../../base/result.ts'
import { SURFACES } from '../../plug/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import { packageRoot } from '../files/package-root.ts'

const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'ESNext',
  moduleResolution: 'bundler',
  // What Node and browsers have besides the language is not there for a policy.
  types: [],
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
}

const isJavaScript = (path: string): boolean => /\.[cm]?jsx?$/.test(path)

function compiler(): string | undefined {
  try {
    const manifest = createRequire(join(packageRoot(), 'package.json')).resolve('typescript/package.json')
    return join(dirname(manifest), 'bin', 'tsc')
  } catch {
    return undefined
  }
}

/** Exit code and what was said on both channels. */
function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [...args], { maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
    })
  })
}

/** `path` is where the file is, `file` how the user named it. */
export async function typeProblems(path: string, file: string): Promise<readonly Problem[]> {
  const tsc = compiler()
  if (tsc === undefined) {
    return [{ file, message: 'cannot be type-checked: the package `typescript` is missing; install fleetlab again' }]
  }
  const folder = mkdtempSync(join(tmpdir(), 'fleetlab-types-'))
  try {
    const plug = join(packageRoot(), 'sim', 'plug')
    const config = join(folder, 'tsconfig.json')
    // JavaScript has no types of its own, so only what it hands to the plug is held to anything.
    const ofScript = isJavaScript(path) ? { allowJs: true, checkJs: true, strict: false, noImplicitAny: false } : {}
    const compilerOptions = {
      ...COMPILER_OPTIONS,
      ...ofScript,
      paths: { 'fleetlab/plug': [join(plug, 'index.ts')] },
    }
    writeFileSync(config, JSON.stringify({ compilerOptions, files: [path, join(plug, 'globals.d.ts')] }))
    const { code, output } = await run([tsc, '-p', config, '--pretty', 'false'])
    if (code === 0) return []
    const problems = problemsIn(output, path, file)
    return problems.length > 0 ? problems : [{ file, message: `cannot be type-checked: ${firstLine(output)}` }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const firstLine = (text: string): string => text.split('\n').find((line) => line.trim() !== '') ?? 'the compiler failed'

const ERROR = /^(.+)\((\d+),(\d+)\): error TS\d+: (.*)$/gm

function problemsIn(output: string, path: string, file: string): readonly Problem[] {
  return Array.from(output.matchAll(ERROR), ([, place, line, column, text]): Problem => {
    const where = resolve(place!)
    return {
      file: where === path ? file : relative('.', where),
      line: Number(line),
      column: Number(column),
      message: wording(text!),
    }
  })
}

const MEMBERS: readonly string[] = [
  ...SURFACES,
  'name',
  'about',
  'parameters',
  'state',
  'counters',
  'gauges',
  'nearTie_ms',
  'test',
  'plan',
  'exhausted',
  'poolKeys',
  'maxModelSlotsDefault',
  'refusesColdBesideBusy',
  'shedsAfterFallback',
  'shedIsDemand',
]

/** The compiler's, but for the mistake that is made most. */
function wording(text: string): string {
  const [, member] = /'(\w+)' does not exist in type 'PolicyDefinition/.exec(text) ?? []
  if (member !== undefined) return `no policy has \`${member}\`; ${suggestion(member, MEMBERS, 'members')}`
  return text.replace(/\.$/, '')
}
