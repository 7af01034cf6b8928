/** Which SHA-256 is used: the portable one, or the machine's own where a caller has it. They give the same bits. */
import { sha256 } from '@noble/hashes/sha2.js'

/** Any SHA-256. The machine's own (Node's crypto) takes a seventh of the time of the portable one. */
export interface Sha256 {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

export type MakeSha256 = () => Sha256

export const portableSha256: MakeSha256 = () => sha256.create()
