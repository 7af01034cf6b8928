/** The repository as a newcomer gets it: cloned at its last commit, and installed as the README says. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, firstUntrue, type PageStep, ROOT } from './page.ts'

const SILENT = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }

export interface Clone {
  readonly folder: string
  /** Another one like it, so that pages do not find each other's files. */
  again(): Clone
  remove(): void
}

function cloned(installed: string | undefined): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'fleetlab-clone-'))
  execFileSync('git', ['clone', '--quiet', ROOT, folder], SILENT)
  if (installed === undefined)
    execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { ...SILENT, cwd: folder })
  else {
    // Hard links: a page installs nothing, and a build is written anew, never into.
    execFileSync('cp', ['-al', join(installed, 'node_modules'), folder], SILENT)
    cpSync(join(installed, 'dist'), join(folder, 'dist'), { recursive: true, verbatimSymlinks: true })
  }
  return {
    folder,
    again: () => cloned(installed ?? folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const freshClone = (): Clone => cloned(undefined)

interface Ended {
  readonly code: number
  readonly output: string
}

const environment = (): NodeJS.ProcessEnv => {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, GITHUB_ACTIONS: ___, ...rest } = process.env
  return { ...rest, NO_COLOR: '1' }
}

function shell(command: string, folder: string): Promise<Ended> {
  return new Promise((ended, failed) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], { cwd: folder, env: environment() })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('error', failed)
    child.on('close', (code) => ended({ code: code ?? -1, output: code === 0 ? out : out + err }))
  })
}

/**
 * A server never ends by itself: it must say where it is, answer there, and end by Ctrl-C. A terminal sends that to everything it
 * runs, and npx counts on it: alone it would hear the signal and go on, and with it the server and our pipes to it. So the command has
 * a process group of its own, which is what is told. The shell that npx puts between them ends by the signal, and npx with it.
 */
async function served(command: string, folder: string): Promise<Ended> {
  const child = spawn('bash', ['-c', `exec ${command} --port 0`], { cwd: folder, env: environment(), detached: true })
  let said = ''
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed)
    child.on('close', (code, signal) => done({ code: code ?? (signal === 'SIGINT' ? 0 : -1), output: said }))
  })
  const address = new Promise<string>((found) => {
    const hear = (text: string): void => {
      said += text
      const match = /http:\/\/\S+/.exec(said)
      if (match !== null) found(match[0])
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
  })
  const first = await Promise.race([address, ended])
  // It ended before anybody asked it to.
  if (typeof first !== 'string') return { code: first.code || -1, output: said }
  try {
    const answer = await fetch(first)
    await answer.text()
    if (!answer.ok) return { code: 1, output: `${first} answered ${answer.status}` }
  } finally {
    process.kill(-child.pid!, 'SIGINT')
    await ended
  }
  const { code } = await ended
  return { code, output: code === 0 ? '' : said }
}

/** What a step came to: as it is kept, and what the page says of it that is not so. */
export interface StepResult {
  readonly command: string
  /** By the page. */
  readonly shown: string
  readonly exit: number
  readonly output: string
  readonly untrue: string | undefined
}

const isServer = (command: string): boolean => /^npx fleetlab view\b/.test(command)
/** The suite that this is part of. */
const isSuite = (command: string): boolean => /\bnpm (?:test|run test)/.test(command)

/** Does what the page says, from its first step to its last. */
export async function follow(steps: readonly PageStep[], folder: string): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  for (const step of steps) {
    if (step.kind === 'file') writeFileSync(join(folder, step.name), step.text)
    else if (!step.isMeasured && !isSuite(step.text)) {
      const ended = await (isServer(step.text) ? served : shell)(step.text, folder)
      const untrue = step.shown === '' ? undefined : firstUntrue(step.shown, ended.output)
      results.push({ command: step.text, shown: step.shown, exit: ended.code, output: ended.output, untrue })
    }
  }
  return results
}

/** As kept in docs/outputs.json. What nobody shows may change from run to run, such as the words of an installation. */
export interface KeptOutput {
  readonly command: string
  readonly exit: number
  readonly output?: string
  readonly shown?: string
}

export function kept({ command, shown, exit, output }: StepResult): KeptOutput {
  return shown === '' ? { command, exit } : { command, exit, output: digestOf(output), shown: digestOf(shown) }
}
