/** Rows that did not become requests: never silently, always counted under one reason, with the first place of each. */

export const LEFT_OUT = {
  unreadable: 'cannot be read: cut off, or quotes or brackets that do not fit',
  no_time: 'without a time',
  unreadable_time: 'with a time that cannot be read',
  other_clock: 'with a time far off the clock of the others',
  bad_count: 'with a count that is no whole number of 0 or more, or beyond what there is',
  not_a_request: 'of something else than a request',
  proxy_cache: "answered from the proxy's own cache, which no machine saw",
  unknown_model:
    'of a request for a model that was never resolved and is not in the catalog: refused by its name alone',
  no_request: 'an attempt whose request the export does not hold from its beginning',
} as const
export type LeftOutReason = keyof typeof LEFT_OUT

export interface LeftOut {
  readonly reason: LeftOutReason
  readonly rows: number
  /** Where the first of them stands. */
  readonly first: { readonly file: string; readonly line: number }
}

export class LeftOutCount {
  private readonly rows = new Map<LeftOutReason, { rows: number; first: LeftOut['first'] }>()

  add(reason: LeftOutReason, file: string, line: number, rows = 1): void {
    const known = this.rows.get(reason)
    if (known === undefined) this.rows.set(reason, { rows, first: { file, line } })
    else known.rows += rows
  }

  get total(): number {
    return [...this.rows.values()].reduce((sum, { rows }) => sum + rows, 0)
  }

  list(): readonly LeftOut[] {
    return [...this.rows].map(([reason, { rows, first }]) => ({ reason, rows, first }))
  }
}
