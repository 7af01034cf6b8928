/**
 * Where the provider programs of the two engine versions differ in what they reserve and admit; their step loops are
 * the engine's own matter. A setting in the scenario wins over this table.
 */
import type { EngineVersion, ModelSpec } from '../../catalog/model.ts'
import type { MacSettings } from '../config.ts'
import { ENGINE_ROWS_MAX } from './engine.ts'

export interface Program {
  /** Rows of one batch. */
  readonly rowsMax: number
  /** Live requests of one model. */
  readonly liveMax: number
  /**
   * June: every resident model reports a token budget computed from the same free memory (provider-runtime 6). Later:
   * room is dealt in proportion to bytes per token × context (mac-provider 7).
   */
  readonly sharesKvRoom: boolean
}

/** Contexts count up to here when room is dealt: mac-provider 7. */
const SHARE_CONTEXT_MAX = 131_072

const PROGRAMS: { readonly [engine in EngineVersion]: Program } = {
  // provider-runtime 5.1, 5.3 and 6.
  '2026-06': { rowsMax: ENGINE_ROWS_MAX, liveMax: 128, sharesKvRoom: false },
  // mac-provider 7: engine_v2_max_concurrent of benches and field configs; at most 64 waiting.
  '2026-07': { rowsMax: 4, liveMax: 64, sharesKvRoom: true },
}

export function programOf(engine: EngineVersion, settings: MacSettings): Program {
  const { rowsMax, liveMax, sharesKvRoom } = PROGRAMS[engine]
  return { rowsMax: settings.max_rows ?? rowsMax, liveMax: settings.max_live ?? liveMax, sharesKvRoom }
}

interface KvSharer {
  readonly model: ModelSpec
  readonly unloading: boolean
  kvShare: number
}

/** Gives every resident model its share of the KV room, where the program deals it. */
export function dealKvRoom(program: Program, slots: readonly KvSharer[]): void {
  if (!program.sharesKvRoom) return
  const sharing = slots.filter((slot) => !slot.unloading)
  const total = sharing.reduce((sum, { model }) => sum + weightOf(model), 0)
  for (const slot of sharing) slot.kvShare = weightOf(slot.model) / total
}

const weightOf = ({ kvBytesPerToken, contextLimit }: ModelSpec): number =>
  kvBytesPerToken.value * Math.min(contextLimit.value, SHARE_CONTEXT_MAX)
