/**
 * The aliases of this moment; the operator changes them during a run. A change makes a new map, so whoever holds one may
 * remember what it derived from it.
 */
import type { ModelName } from '../../base/ids.ts'
import type { AliasView } from '../../plug/index.ts'
import type { AliasSetting } from '../ports.ts'

export class AliasTable {
  private byName: ReadonlyMap<ModelName, AliasView> = new Map()

  constructor(settings: readonly AliasSetting[]) {
    for (const setting of settings) this.set(setting)
  }

  get views(): ReadonlyMap<ModelName, AliasView> {
    return this.byName
  }

  get(name: ModelName): AliasView | undefined {
    return this.byName.get(name)
  }

  /** Replaces an alias of the same name in its place. */
  set(setting: AliasSetting): void {
    this.byName = new Map(this.byName).set(setting.name, setting)
  }

  delete(name: ModelName): boolean {
    const changed = new Map(this.byName)
    const known = changed.delete(name)
    this.byName = changed
    return known
  }
}
