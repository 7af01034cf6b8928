/** The coordinator's ledger of a run: read from its exports, tied to the requests of ours, told in rows, and accounted for. */
import type { RequestId } from '../../base/ids.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Sighting } from '../witness.ts'
import { type ExportedRow, type ExportedTable, exportText, readExport } from './exported-table.ts'
import { addLedgerRows, type LedgerMac } from './ledger-rows.ts'
import { entriesOf, tie } from './ties.ts'
import type { WrittenRows } from './written-rows.ts'

/** The text of both exports. */
export interface Exports {
  readonly routes: string
  readonly rejections: string
}

export interface LedgerEvidence {
  readonly sightings: readonly Sighting[]
  readonly byAnswers: ReadonlyMap<string, RequestId>
  readonly began_us: number
  readonly providers: number
  readonly machines: number
}

/** What became of the ledger's rows. */
export interface LedgerAccount {
  readonly routes: number
  readonly rejections: number
  /** Names under which it speaks of requests of ours, by how that is known. */
  readonly tied: { readonly macs: number; readonly answers: number; readonly fit: number }
  /** Names of nobody's here, and names that fit several of ours. */
  readonly strange: number
  readonly ambiguous: number
  /** Requests of ours of which it says nothing that could be tied. */
  readonly untold: number
  readonly decisions: number
  readonly priced: number
  readonly moved: number
  readonly unknown: { readonly [column: string]: number }
}

export class Ledger {
  private constructor(
    private readonly routes: ExportedTable,
    private readonly rejections: ExportedTable,
  ) {}

  /** `before`: what it said when the run began, which is of other runs. */
  static read(exports: Exports, before: Exports): Result<Ledger> {
    const routes = rowsSince('routes', exports.routes, before.routes)
    if (!routes.ok) return routes
    const rejections = rowsSince('rejections', exports.rejections, before.rejections)
    if (!rejections.ok) return rejections
    return ok(new Ledger(routes.value, rejections.value))
  }

  /** As it would have exported this run alone. */
  get texts(): Exports {
    return {
      routes: exportText(this.routes, this.routes.rows),
      rejections: exportText(this.rejections, this.rejections.rows),
    }
  }

  /** Adds its rows to those of the run. */
  tell(
    rows: WrittenRows,
    { sightings, byAnswers, began_us, providers, machines }: LedgerEvidence,
  ): { readonly account: LedgerAccount; readonly others: readonly LedgerMac[] } {
    const { asked } = rows
    const byMacs = new Map(sightings.map(({ name, request }) => [name, request]))
    const entries = entriesOf(this.routes.rows, this.rejections.rows)
    const { tied, strange, ambiguous } = tie(entries, { asked, byMacs, byAnswers, began_us })
    const { others, ...written } = addLedgerRows({ rows, ties: tied, sightings, began_us, providers, machines })
    const count = (by: 'macs' | 'answers' | 'fit'): number => tied.filter((each) => each.by === by).length
    const told = new Set(tied.map(({ request }) => request))
    return {
      others,
      account: {
        routes: this.routes.rows.length,
        rejections: this.rejections.rows.length,
        tied: { macs: count('macs'), answers: count('answers'), fit: count('fit') },
        strange: strange.length,
        ambiguous: ambiguous.length,
        untold: asked.filter(({ request }) => !told.has(request)).length,
        ...written,
      },
    }
  }
}

const nameIn = (row: ExportedRow): string | undefined => row.text('request_id')

function rowsSince(table: keyof Exports, text: string, before: string): Result<ExportedTable> {
  const now = readExport(text)
  const then = readExport(before)
  if (!now.ok || !then.ok) {
    const wrong = now.ok ? (then.ok ? '' : then.error) : now.error
    return fail([{ message: `the coordinator's export of ${table} cannot be read: ${wrong}` }])
  }
  const known = new Set(then.value.rows.map(nameIn))
  const { head, rows } = now.value
  return ok({ head, rows: rows.filter((row) => !known.has(nameIn(row))) })
}
