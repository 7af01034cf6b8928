/** A log as text that comes in pieces: its beginning can be looked at before the whole is read, once, line by line. */

export interface LogSource {
  /** As the user named it. */
  readonly name: string
  /** Decoded text, in order. Read once. */
  text(): AsyncIterable<string>
  /** The text ended before its container did: a compressed file that was cut. Known at the end. */
  readonly isCut?: boolean
}

/** Enough rows to tell a format and a unit; a request with its prompt may take more, hence the longer limit for one line. */
const HEAD = 2 ** 16
const FIRST_LINE_MAX = 2 ** 24

export class LogText {
  private readonly pieces: AsyncIterator<string>
  private ended = false

  private constructor(
    readonly source: LogSource,
    pieces: AsyncIterable<string>,
    /** What has been read ahead. */
    private ahead: string,
  ) {
    this.pieces = pieces[Symbol.asyncIterator]()
  }

  static async open(source: LogSource): Promise<LogText> {
    const text = new LogText(source, source.text(), '')
    await text.readAhead()
    return text
  }

  /** Its beginning: whole lines, or all of it when it is short; `undefined` when even the first line is longer than any. */
  get head(): string {
    if (this.ended) return this.ahead
    const end = this.ahead.lastIndexOf('\n')
    return end < 0 ? this.ahead : this.ahead.slice(0, end + 1)
  }

  /** Whether the head is the whole. */
  get isWhole(): boolean {
    return this.ended
  }

  /** Every line, without its newline. */
  async eachLine(take: (line: string) => void): Promise<void> {
    let rest = this.ahead
    this.ahead = ''
    for (;;) {
      let from = 0
      for (let to = rest.indexOf('\n', from); to >= 0; to = rest.indexOf('\n', from)) {
        take(rest.slice(from, to))
        from = to + 1
      }
      rest = rest.slice(from)
      if (this.ended) break
      const next = await this.pieces.next()
      if (next.done === true) {
        this.ended = true
        break
      }
      rest += next.value
    }
    if (rest !== '') take(rest)
  }

  /** The whole, for documents. */
  async whole(): Promise<string> {
    const parts: string[] = [this.ahead]
    this.ahead = ''
    while (!this.ended) {
      const next = await this.pieces.next()
      if (next.done === true) this.ended = true
      else parts.push(next.value)
    }
    return parts.join('')
  }

  private async readAhead(): Promise<void> {
    const enough = (): boolean => this.ahead.length >= (this.ahead.includes('\n') ? HEAD : FIRST_LINE_MAX)
    while (!this.ended && !enough()) {
      const next = await this.pieces.next()
      if (next.done === true) this.ended = true
      else this.ahead += next.value
    }
  }
}
