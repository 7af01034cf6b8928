/** The built command line in processes of its own, of this version and of another. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { builtCommand, type BuiltCommand } from '../built-command.ts'

const ROOT = resolve(import.meta.dirname, '..', '..', '..')
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
    private readonly built: BuiltCommand,
    /** Of versions of its own, inside the package, so that the bundle finds its dependencies. */
    private readonly out: string,
  ) {}

  static async build(name: string): Promise<CommandLine> {
    const out = join(ROOT, 'dist', `test-${name}-versions-${process.pid}`)
    return new CommandLine(await builtCommand(name), out)
  }

  /** The same build in a package of another version. */
  otherVersion(version: string): CommandLine {
    const out = join(this.out, version)
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, 'package.json'), JSON.stringify({ name: 'fleetlab', version, type: 'module' }))
    const folder = join(out, basename(this.built.folder))
    cpSync(this.built.folder, folder, { recursive: true })
    return new CommandLine({ script: join(folder, 'fleetlab.js'), folder, remove: () => {} }, out)
  }

  start(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Started {
    return new Started(
      spawn(process.execPath, [this.built.script, ...words], {
        cwd,
        env: { ...ENVIRONMENT, CI: '1', ...environment },
      }),
    )
  }

  remove(): void {
    this.built.remove()
    rmSync(this.out, { recursive: true, force: true })
  }
}
