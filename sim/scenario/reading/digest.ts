/**
 * What identifies a scenario: the SHA-256 of its resolved settings in one canonical form. A path stands for the
 * content of its file, so that moving a scenario changes nothing and editing its trace does.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { portableSha256, type Sha256 } from '../../base/sha256.ts'

export const digestOf = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

/** `standsFor`: strings to write otherwise, by value. */
export function canonicalDigest(
  value: object,
  standsFor: ReadonlyMap<string, string>,
  hash = portableSha256(),
): string {
  const writer = new CanonicalWriter(standsFor, hash)
  writer.write(value)
  return writer.digest()
}

/** Text is hashed in pieces of about this many characters: the largest fleets have more of it than a string can hold. */
const PIECE = 65_536
/** The scenario, one of its lists, an entry of that; what lies below is shared by many entries and written once. */
const DEPTH_OF_SHARED = 3

/** JSON in which a map is the list of its entries, keys sorted; what is undefined or a function left out. */
class CanonicalWriter {
  private readonly shared = new Map<object, string>()
  private piece = ''

  constructor(
    private readonly standsFor: ReadonlyMap<string, string>,
    private readonly hash: Sha256,
  ) {}

  digest(): string {
    this.flush()
    return bytesToHex(this.hash.digest())
  }

  write(value: unknown, depth = 0): void {
    if (typeof value !== 'object' || value === null || depth >= DEPTH_OF_SHARED) return this.put(this.text(value))
    this.put('[')
    for (const [i, [key, item]] of entriesOf(value).entries()) {
      this.put(key === undefined ? comma(i) : `${comma(i)}[${JSON.stringify(key)},`)
      this.write(item, depth + 1)
      if (key !== undefined) this.put(']')
    }
    this.put(']')
  }

  private text(value: unknown): string {
    if (typeof value === 'string') return JSON.stringify(this.standsFor.get(value) ?? value)
    if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
    const known = this.shared.get(value)
    if (known !== undefined) return known
    const parts = entriesOf(value).map(([key, item]) =>
      key === undefined ? this.text(item) : `[${JSON.stringify(key)},${this.text(item)}]`,
    )
    const text = `[${parts.join(',')}]`
    this.shared.set(value, text)
    return text
  }

  private put(text: string): void {
    this.piece += text
    if (this.piece.length > PIECE) this.flush()
  }

  private flush(): void {
    this.hash.update(utf8ToBytes(this.piece))
    this.piece = ''
  }
}

const comma = (i: number): string => (i === 0 ? '' : ',')

/** Items of a list have no key. */
function entriesOf(value: object): readonly (readonly [key: string | undefined, item: unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown) => [undefined, item])
  return Object.entries(value)
    .filter(([, item]) => item !== undefined && typeof item !== 'function')
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
