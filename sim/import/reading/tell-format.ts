/** Which log this is, or why nobody could tell, in words that lead on. */
import { fail, ok, type Result } from '../../base/result.ts'
import { logFormats } from '../formats/index.ts'
import { LEDGER_TABLES, isLedgerTableName, type LedgerTableName, ledgerTableOf } from '../ledger/tables.ts'
import type { LogFormat, Sample } from './log-format.ts'

export type Told =
  | { readonly kind: 'log'; readonly format: LogFormat }
  | { readonly kind: 'ledger'; readonly table: LedgerTableName }

/** Below this a likeness is none. */
const SURE_ENOUGH = 0.5
const FIELDS_SHOWN = 12

/** Names that `--as` takes. */
export const formatNames: readonly string[] = [...logFormats.map(({ name }) => name), ...Object.keys(LEDGER_TABLES)]

/** Texts that are no logs of requests, by what they begin with. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^# (?:TYPE|HELP) /m, 'holds metrics, which are sums over requests: there is no request in it to replay'],
  [
    /^\s*(?:model_list|router_settings|litellm_settings):/m,
    'is a configuration of LiteLLM: it says what could be asked, not what was',
  ],
  [/^[A-Z][A-Z0-9_]*=/, 'holds settings of an environment, not requests'],
]

export function tellFormat(sample: Sample, head: string, as: string | undefined): Result<Told, string> {
  if (as !== undefined) {
    if (isLedgerTableName(as)) return ok({ kind: 'ledger', table: as })
    const format = logFormats.find(({ name }) => name === as)
    return format === undefined
      ? fail(`--as ${as}: is no format; there are ${formatNames.join(', ')}`)
      : ok({ kind: 'log', format })
  }
  const table = ledgerTableOf(sample)
  if (table !== undefined) return ok({ kind: 'ledger', table })
  const [best] = logFormats
    .map((format) => ({ format, sure: format.sniff(sample) }))
    .toSorted((a, b) => b.sure - a.sure)
  if (best !== undefined && best.sure >= SURE_ENOUGH) return ok({ kind: 'log', format: best.format })
  const other = OTHERS.find(([pattern]) => sample.shape === 'table' && pattern.test(head))
  if (other !== undefined) return fail(other[1])
  if (['num_model_requests', 'input_tokens'].every((name) => sample.fields.has(name)))
    return fail('holds totals of stretches of time, not requests: there is nothing in it to replay')
  if (sample.fields.has('completed') && sample.fields.has('request_throughput'))
    return fail('holds the totals of a benchmark; its requests are written with --save-detailed')
  const fields = [...sample.fields].filter((name) => name !== '')
  if (fields.length === 0) return fail('holds no requests')
  const shown = fields
    .slice(0, FIELDS_SHOWN)
    .map((name) => name.slice(0, 40))
    .join(', ')
  return fail(
    `looks like no log we know; its ${sample.shape === 'table' ? 'columns' : 'fields'} are ${shown}${fields.length > FIELDS_SHOWN ? ', …' : ''}. Say what it is with --as, or what they mean with --map, such as --map ${fields[0]!.slice(0, 40)}=arrival`,
  )
}
