/** The built command line in processes of its own, of this version and of another. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const ROOT = resolve(import.meta.dirname, '..', '..', '..')
const HASH = /^[0-9a-f]{12}$/
const { FORCE_COLOR: _, NODE_EXTRA_CA_CERTS: __, ...ENVIRONMENT } = process.env

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export class Started {
  out = ''
  err = ''
  readonly ended: Promise<Ended>
  private isOver = false

  constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()))
    child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()))
    this.ended = new Promise((done) =>
      child.on('close', (code) => {
        this.isOver = true
        done({ code, out: this.out, err: this.err })
      }),
    )
  }

  /** Until standard error holds the text. */
  async says(text: string): Promise<void> {
    while (!this.err.includes(text)) {
      if (this.isOver) throw new Error(`ended without saying "${text}":\n${this.err}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }
}

export class CommandLine {
  private constructor(
    private readonly out: string,
    private readonly hash: string,
  ) {}

  static async build(name: string): Promise<CommandLine> {
    // Inside the package, so that the bundle finds its dependencies.
    const out = join(ROOT, 'dist', `test-${name}-${process.pid}`)
    await build({ root: ROOT, mode: 'cli', logLevel: 'error', build: { outDir: out } })
    const hash = readdirSync(out).find((each) => HASH.test(each))!
    return new CommandLine(out, hash)
  }

  /** The same build in a package of another version. */
  otherVersion(version: string): CommandLine {
    const out = join(this.out, version)
    mkdirSync(out)
    writeFileSync(join(out, 'package.json'), JSON.stringify({ name: 'fleetlab', version, type: 'module' }))
    cpSync(join(this.out, this.hash), join(out, this.hash), { recursive: true })
    return new CommandLine(out, this.hash)
  }

  start(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Started {
    return new Started(
      spawn(process.execPath, [join(this.out, this.hash, 'fleetlab.js'), ...words], {
        cwd,
        env: { ...ENVIRONMENT, CI: '1', ...environment },
      }),
    )
  }

  remove(): void {
    rmSync(this.out, { recursive: true, force: true })
  }
}
