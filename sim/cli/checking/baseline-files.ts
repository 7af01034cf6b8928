/**
 * The baselines that one `check --update` writes: their folders are held from before the runs, so that two of them at once do
 * not write past each other, and each file is opened before, so that what cannot be written costs no simulation.
 */
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { NextBaseline } from '../../lab/check/check-file.ts'
import { baselineBeside } from '../../scenario/index.ts'
import { attempt } from '../files/attempt.ts'
import { refuse } from '../exit.ts'
import { type Lock, takeLock } from '../files/folder-lock.ts'
import type { OutputFile } from '../output/output.ts'
import type { Session } from '../session.ts'

const OPTION = '--update'

export class BaselineFiles {
  private readonly locks: readonly Lock[]
  private readonly files = new Map<string, OutputFile>()

  constructor(session: Session, named: readonly string[]) {
    // What is not there is told when it is read.
    const scenarios = named.filter((path) => existsSync(path))
    const owners = new Map<string, string>()
    for (const scenario of scenarios) {
      const path = baselineBeside(scenario)
      const other = owners.get(resolve(path))
      if (other !== undefined) refuse(`${scenario} and ${other} would share the baseline ${path}; rename one of them`)
      owners.set(resolve(path), scenario)
    }
    const folders = new Set([...owners.keys()].map((path) => dirname(path)))
    this.locks = [...folders].map((folder) => held(folder))
    for (const scenario of scenarios) {
      const path = baselineBeside(scenario)
      this.files.set(path, session.outputs.file(OPTION, path))
    }
  }

  /** Each whole or not at all; one that stays as it is is not touched. */
  async write(baselines: readonly NextBaseline[]): Promise<void> {
    for (const { file, text } of baselines) await this.files.get(file)?.write(text)
    for (const lock of this.locks) lock.release()
  }
}

function held(folder: string): Lock {
  const lock = attempt(OPTION, folder, () => takeLock(folder))
  if (lock.kind === 'lock') return lock
  const gone = lock.host === hostname() ? '' : ` (if it is gone, remove ${lock.path})`
  return refuse(
    `${OPTION} ${folder}: another fleetlab writes there now, process ${lock.pid} on ${lock.host}; wait for it${gone}`,
  )
}
