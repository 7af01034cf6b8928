/**
 * The aliases of this moment; the operator changes them during a run. A change makes a new map, so whoever holds one may
 * remember what it derived from it.
 */
import type { ModelName } from '../../base/ids.ts'
import type { AliasView } from '../../plug/index.ts'
import type { AliasSetting } from '../ports.ts'

/** Handed to policies, which may not change it. */
class SealedMap extends Map<ModelName, AliasView> {
  #isSealed = false

  static of(entries: Iterable<readonly [ModelName, AliasView]>): ReadonlyMap<ModelName, AliasView> {
    const map = new SealedMap()
    for (const [name, alias] of entries) map.set(name, alias)
    map.#isSealed = true
    return Object.freeze(map)
  }

  override set(name: ModelName, alias: AliasView): this {
    this.#refuse()
    return super.set(name, alias)
  }
  override delete(name: ModelName): boolean {
    this.#refuse()
    return super.delete(name)
  }
  override clear(): void {
    this.#refuse()
    super.clear()
  }

  #refuse(): void {
    if (this.#isSealed) throw new TypeError('the aliases are for reading only')
  }
}

export class AliasTable {
  private byName: ReadonlyMap<ModelName, AliasView> = SealedMap.of([])

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
    const { name, desired, previous, retired } = setting
    const alias = Object.freeze({ name, desired, previous, retired: Object.freeze([...retired]) })
    this.byName = SealedMap.of(new Map(this.byName).set(name, alias))
  }

  delete(name: ModelName): boolean {
    const changed = new Map(this.byName)
    const known = changed.delete(name)
    this.byName = SealedMap.of(changed)
    return known
  }
}
