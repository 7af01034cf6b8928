/**
 * Files as they were when they were first read. An experiment of hours sees one state of a file that is edited meanwhile,
 * and what a run needs can be told by name and content, to machines that have no such file.
 */
import { createHash } from 'node:crypto'
import { must } from '../../base/assert.ts'
import { loadScenario, withFilesOf } from '../../scenario/index.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import type { Result } from '../../base/result.ts'
import type { Files } from '../../lab/runs/ports.ts'

/** A file by the name that the run knows it by, and the SHA-256 of its content. */
export type NamedContent = readonly [name: string, sha256: string]

export const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

export class SnapshotFiles implements Files {
  private readonly read_ = new Map<string, Promise<string | undefined>>()
  private readonly texts = new Map<string, string>()
  private readonly bases = new Map<string, Promise<Base>>()

  constructor(private readonly files: Files) {}

  read(path: string): Promise<string | undefined> {
    let reading = this.read_.get(path)
    if (reading === undefined) {
      reading = this.files.read(path)
      this.read_.set(path, reading)
    }
    return reading
  }

  resolve(from: string, relative: string): string {
    return this.files.resolve(from, relative)
  }

  /** What a run of the scenario with these settings reads, by name. The scenario must be one that loads. */
  async needed(scenario: string, settings: readonly string[]): Promise<readonly NamedContent[]> {
    let basis = this.bases.get(scenario)
    if (basis === undefined) {
      basis = this.baseOf(scenario)
      this.bases.set(scenario, basis)
    }
    const { names, loaded } = await basis
    if (!loaded.ok || settings.length === 0) return this.contents(names)
    const also = new Set(names)
    await withFilesOf(loaded.value, settings, this.noting(also))
    return this.contents(also)
  }

  /** Of a content that `needed` named. */
  text(sha256: string): string {
    return must(this.texts.get(sha256), `no file of this experiment has the content ${sha256}`)
  }

  private async baseOf(scenario: string): Promise<Base> {
    const names = new Set<string>()
    return { names, loaded: await loadScenario(scenario, this.noting(names)) }
  }

  private noting(names: Set<string>): Files {
    return {
      read: async (path) => {
        const text = await this.read(path)
        if (text !== undefined) names.add(path)
        return text
      },
      resolve: (from, relative) => this.resolve(from, relative),
    }
  }

  private async contents(names: ReadonlySet<string>): Promise<readonly NamedContent[]> {
    const found = [...names].toSorted().map(async (name): Promise<NamedContent> => {
      const text = must(await this.read(name), `${name} has been read before`)
      const known = this.shas.get(name)
      if (known !== undefined) return [name, known]
      const sha256 = sha256Of(text)
      this.shas.set(name, sha256)
      this.texts.set(sha256, text)
      return [name, sha256]
    })
    return Promise.all(found)
  }

  private readonly shas = new Map<string, string>()
}

interface Base {
  readonly names: ReadonlySet<string>
  readonly loaded: Result<LoadedScenario>
}
