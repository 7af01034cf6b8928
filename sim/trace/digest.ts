/**
 * The identity of a run: an incremental SHA-256 over the columns of its rows. Every cell is written in a compact,
 * self-delimiting encoding into one reused buffer, because hashing costs about 10 ns per byte and is most of the work;
 * texts are written once and then named by number. Only integer arithmetic and IEEE bits are involved, so Node and
 * browsers agree. A cell that does not fit its column is a bug of the room that wrote it and throws here (INV-6).
 */
import { InvariantError } from '../base/assert.ts'
import { portableSha256, type Sha256 } from '../base/sha256.ts'
import type { Cell, ColumnType } from './column.ts'
import { cellsOf, type KindLayout, LAYOUTS, type TraceRow } from './schema.ts'

/** Larger buffers bring nothing (measured flat from 16 KiB on). */
const BUFFER_BYTES = 65_536
/** More than any row takes without its new texts: 1 for the kind and at most 10 for each of the 26 columns of `decision`. */
const ROW_BYTES_MAX = 512
const TWO_28 = 268_435_456
const TWO_32 = 4_294_967_296
/** Whole numbers below this magnitude are written as variable-length integers in f64 columns. */
const SHORT_MAX = 536_870_912
/** 2^52: the zigzag form of anything below is still exact. */
const INT_MAX = 4_503_599_627_370_496

/** Column types as small integers: the switch in the hot loop then becomes a jump. */
const CODES: { readonly [T in ColumnType]: number } = { u32: 0, i32: 1, micros: 2, int: 2, f64: 3, bool: 4, text: 5 }
const TEXT = CODES.text

interface Plan {
  readonly layout: KindLayout
  readonly names: readonly string[]
  readonly codes: readonly number[]
  /** Per column the text of the row before and its number: texts repeat, and comparing is cheaper than looking up. */
  readonly texts: string[]
  readonly numbers: number[]
}

/** The first column of every kind is `at`; it is written as the time since the row before. */
const plans = (): ReadonlyMap<string, Plan> =>
  new Map(
    LAYOUTS.map((layout) => {
      const names = layout.names.slice(1)
      const codes = layout.types.slice(1).map((type) => CODES[type])
      return [layout.kind, { layout, names, codes, texts: names.map(() => ''), numbers: names.map(() => -1) }]
    }),
  )

export class TraceDigest {
  private readonly bytes = new Uint8Array(BUFFER_BYTES)
  private readonly view = new DataView(this.bytes.buffer)
  private readonly plans = plans()
  private readonly texts = new Map<string, number>()
  private used = 0
  private previousAt = 0

  constructor(private readonly hash: Sha256 = portableSha256()) {}

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    const plan = this.plans.get(row.kind)
    if (plan === undefined) throw new InvariantError(`INV-6 unknown row kind ${row.kind}`)
    if (this.used > BUFFER_BYTES - ROW_BYTES_MAX) this.flush()
    this.bytes[this.used++] = plan.layout.index
    const elapsed = row.at - this.previousAt
    if (!(Number.isSafeInteger(elapsed) && elapsed >= 0)) this.refuse(plan, 'at', row.at)
    this.previousAt = row.at
    this.putWhole(elapsed)
    const cells = cellsOf(row)
    const { names, codes } = plan
    for (let column = 0; column < names.length; column += 1) {
      const cell = cells[names[column]!]!
      if (codes[column] === TEXT) {
        if (cell === plan.texts[column] && plan.numbers[column]! >= 0) this.putWhole(plan.numbers[column]!)
        else this.putText(plan, column, cell)
      } else if (!this.put(codes[column]!, cell)) this.refuse(plan, names[column]!, cell)
    }
  }

  /** Ends the digest: lower-case hexadecimal. No row may follow. */
  hex(): string {
    this.flush()
    return Array.from(this.hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** False when the cell does not fit its column. */
  private put(code: number, cell: Cell): boolean {
    switch (code) {
      case 0:
        if (typeof cell !== 'number' || cell >>> 0 !== cell) return false
        this.putWhole(cell)
        return true
      case 1:
        if (typeof cell !== 'number' || (cell | 0) !== cell) return false
        this.putWhole(cell >= 0 ? cell * 2 : cell * -2 - 1)
        return true
      case 2:
        if (typeof cell !== 'number' || !Number.isInteger(cell) || cell >= INT_MAX || cell <= -INT_MAX) return false
        this.putSigned(cell)
        return true
      case 3:
        return typeof cell === 'number' && this.putNumber(cell)
      case 4:
        if (typeof cell !== 'boolean') return false
        this.bytes[this.used++] = cell ? 1 : 0
        return true
      default:
        return false
    }
  }

  /** LEB128: seven bits a byte, the lowest first. */
  private putWhole(value: number): void {
    if (value < 128) {
      this.bytes[this.used++] = value
      return
    }
    let rest = value
    if (value >= TWO_32) {
      // `%` on numbers beyond 32 bits is a call, and most rows of Macs hold a dozen figures in bytes.
      const high = Math.floor(value / TWO_28)
      const low = value - high * TWO_28
      const { bytes, used } = this
      bytes[used] = low | 128
      bytes[used + 1] = (low >>> 7) | 128
      bytes[used + 2] = (low >>> 14) | 128
      bytes[used + 3] = (low >>> 21) | 128
      this.used = used + 4
      this.putWhole(high)
      return
    }
    while (rest > 127) {
      this.bytes[this.used++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.used++] = rest
  }

  /** Zigzag, so that small magnitudes of either sign stay short. */
  private putSigned(value: number): void {
    this.putWhole(value >= 0 ? value * 2 : value * -2 - 1)
  }

  /** Most figures are small whole numbers or zero; an even lead says so, the lead 1 announces eight IEEE bytes. */
  private putNumber(value: number): boolean {
    if ((value | 0) === value && value < SHORT_MAX && value > -SHORT_MAX) {
      this.putWhole((value >= 0 ? value * 2 : value * -2 - 1) * 2)
      return true
    }
    if (Number.isNaN(value)) return false
    this.bytes[this.used++] = 1
    this.view.setFloat64(this.used, value, true)
    this.used += 8
    return true
  }

  /** A text's number; a number not seen before is followed by the text's UTF-16 units. */
  private putText(plan: Plan, column: number, cell: Cell): void {
    if (typeof cell !== 'string') this.refuse(plan, plan.names[column]!, cell)
    const known = this.texts.get(cell)
    const number = known ?? this.texts.size
    plan.texts[column] = cell
    plan.numbers[column] = number
    this.putWhole(number)
    if (known !== undefined) return
    this.texts.set(cell, number)
    this.putWhole(cell.length)
    for (let unit = 0; unit < cell.length; unit += 1) {
      if (this.used > BUFFER_BYTES - ROW_BYTES_MAX) this.flush()
      this.putWhole(cell.charCodeAt(unit))
    }
  }

  private refuse(plan: Plan, column: string, cell: unknown): never {
    throw new InvariantError(`INV-6 ${plan.layout.kind}.${column} = ${String(cell)} does not fit its column`)
  }

  private flush(): void {
    this.hash.update(this.bytes.subarray(0, this.used))
    this.used = 0
  }
}
