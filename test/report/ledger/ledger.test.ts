import { describe, expect, it } from 'vitest'
import { LedgerExport, ledgerHead, type LedgerOptions, type LedgerTable } from '../../../sim/report/ledger/ledger.ts'
import { timestamp } from '../../../sim/report/form/timestamp.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { ms, row } from '../../metrics/rows.ts'

type Record = { readonly [column: string]: string }

/** Rows of one table, by column; '' is empty. */
function written(table: LedgerTable, rows: readonly TraceRow[], options?: Partial<LedgerOptions>): Record[] {
  const lines: string[] = []
  const ledger = new LedgerExport((to, line) => void (to === table && lines.push(line)), options)
  for (const each of rows) ledger.row(each)
  const columns = ledgerHead(table).trimEnd().split(',')
  return lines.map((line) => {
    const cells = line.replace(/\n$/, '').split(',')
    expect(cells).toHaveLength(columns.length)
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]!]))
  })
}

const connected = [row('registered', 0), row('heartbeat', 1), row('slot', 1)]
const asked = [row('user_request', 1_000, { tools: true }), row('arrived', 1_000)]
const served = [
  ...connected,
  ...asked,
  row('preflight', 1_010),
  row('decision', 1_010),
  row('priced', 1_010),
  row('queued', 1_010),
  row('dequeued', 1_510, { depth: 0 }),
  row('dispatched', 1_510),
  row('first_token', 2_010),
  row('attempt_ended', 4_000),
  row('ended', 4_010),
  row('user_ended', 4_010),
  row('run_ended', 5_000),
]

describe('inference_routes', () => {
  it('has the columns of the real table in their order (ledger.md)', () => {
    const columns = ledgerHead('inference_routes').trimEnd().split(',')
    expect(columns).toHaveLength(78)
    expect(columns.slice(0, 8)).toEqual(
      'request_id attempt provider_id model public_model consumer_key_hash key_id outcome'.split(' '),
    )
    expect(columns.slice(-4)).toEqual(['admitted_but_failed', 'used_backup', 'backup_won', 'error_reason'])
  })

  it('tells a served request: what was decided, what the provider had last said, how it went', () => {
    expect(written('inference_routes', served)).toEqual([
      expect.objectContaining({
        request_id: '0',
        attempt: '0',
        provider_id: 'mac-a',
        model: 'oss-20b',
        public_model: 'oss',
        outcome: 'selected',
        cost_ms: '812.5',
        candidate_count: '3',
        provider_status: 'idle',
        hardware_chip: 'M4 Max 40c',
        hardware_chip_family: 'M4',
        hardware_tier: 'Max',
        gpu_cores: '40',
        slot_state: 'running',
        backend_running: '1',
        has_tools: 'true',
        final_status: 'success',
        error_code: '',
        actual_ttft_ms: '1010',
        dispatch_to_first_chunk_ms: '500',
        total_duration_ms: '3010',
        queue_wait_ms: '500',
        actual_decode_tps: '49.5',
        admitted_but_failed: 'false',
        consumer_key_hash: '',
        created_at: '2026-06-21T00:00:01.000000Z',
        updated_at: '2026-06-21T00:00:04.010000Z',
      }),
    ])
  })

  it('has a row per attempt: what a Mac admitted and then refused, and the backup that won', () => {
    const rows = written('inference_routes', [
      ...connected,
      ...asked,
      row('decision', 1_010),
      row('dispatched', 1_010),
      row('attempt_ended', 1_100, { outcome: 'error', code: 503, text: 'token_budget_exhausted: request queue full' }),
      row('dispatched', 1_200, { attempt: 1, backup: true }),
      row('first_token', 1_500, { attempt: 1 }),
      row('attempt_ended', 2_000, { attempt: 1 }),
      row('ended', 2_010, { attempt: 1 }),
    ])
    expect(
      rows.map((each) => [each['attempt'], each['final_status'], each['admitted_but_failed'], each['backup_won']]),
    ).toEqual([
      ['0', 'error', 'true', 'false'],
      ['1', 'success', 'false', 'true'],
    ])
    expect(rows[0]).toMatchObject({
      error_code: '503',
      error_reason: 'token_budget_exhausted: request queue full',
      actual_ttft_ms: '',
    })
  })

  it('has a row for a request that waited and never reached a Mac', () => {
    const rows = written('inference_routes', [
      ...asked,
      row('queued', 1_010),
      row('dequeued', 121_010, { why: 'timeout', depth: 0 }),
      row('ended', 121_020, { outcome: 'rejected', status: 429, reason: 'queue_timeout', attempt: -1 }),
    ])
    expect(rows).toEqual([
      expect.objectContaining({ outcome: 'queued', provider_id: '', queue_wait_ms: '120000', final_status: 'error' }),
    ])
  })

  it('calls an answer that broke off a partial success', () => {
    const [route] = written('inference_routes', [
      ...asked,
      row('dispatched', 1_010),
      row('first_token', 1_500),
      row('attempt_ended', 2_000, { outcome: 'disconnected', code: 502 }),
      row('ended', 2_010, { outcome: 'failed', status: 502, reason: 'provider_disconnected', midStream: true }),
    ])
    expect(route).toMatchObject({
      final_status: 'partial_success',
      error_class: 'disconnected',
      admitted_but_failed: 'false',
    })
  })

  it('waits for the attempts of a client that went away', () => {
    const rows = written('inference_routes', [
      ...asked,
      row('dispatched', 1_010),
      row('ended', 1_500, { outcome: 'cancelled', status: 499, attempt: -1 }),
      row('attempt_ended', 1_510, { outcome: 'cancelled', code: 499, completionTokens: 0 }),
    ])
    expect(rows).toEqual([expect.objectContaining({ final_status: 'cancelled', public_model: 'oss' })])
  })
})

const refused = (cells: object) => [
  ...asked,
  row('preflight', 1_000, { outcome: 'rejected', bestTtft_ms: -1 }),
  row('ended', 1_010, { outcome: 'rejected', attempt: -1, completionTokens: 0, ...cells }),
]

describe('request_rejections', () => {
  it('names reason, stage, Retry-After and what was asked; unknown figures are empty', () => {
    const rows = written('request_rejections', refused({ status: 429, reason: 'pool_exhausted', retryAfter_s: 2 }))
    expect(rows).toEqual([
      expect.objectContaining({
        stage: 'preflight_capacity',
        reason_code: 'pool_exhausted',
        http_status: '429',
        requested_model: 'oss',
        resolved_model: 'oss-20b',
        retry_after_ms: '2000',
        best_ttft_ms: '',
        stream: 'true',
        created_at: '2026-06-21T00:00:01.000000Z',
      }),
    ])
    expect(ledgerHead('request_rejections').split(',')).toHaveLength(36)
  })

  it.each([
    ['bad_param', 'validation'],
    ['payload_too_large', 'validation'],
    ['model_not_found', 'model_resolution'],
    ['model_shed', 'model_shed'],
    ['token_limit', 'rate_limit'],
    ['insufficient_funds', 'balance'],
    ['context_exceeded', 'preflight_capacity'],
    ['machine_busy', 'preflight_capacity'],
    ['ttft_too_slow', 'routing_ttft'],
    ['queue_full', 'queue'],
    ['capacity_exhausted', 'dispatch'],
  ])('puts %s under the stage %s', (reason, stage) => {
    expect(written('request_rejections', refused({ status: 429, reason }))[0]).toMatchObject({ stage })
  })

  it('writes no route for what was refused at the door', () => {
    expect(written('inference_routes', refused({ status: 429, reason: 'pool_exhausted' }))).toEqual([])
  })
})

describe('provider_capacity_samples', () => {
  const twoBeats = [
    ...connected,
    row('slot', 1, { place: 1, build: 'gemma-q4', state: 'idle', running: 0, observedDecodeTps: 5 }),
    row('heartbeat', 5_001),
    row('run_ended', 6_000),
  ]

  it('sums a heartbeat over its slots', () => {
    const [sample] = written('provider_capacity_samples', twoBeats)
    expect(sample).toMatchObject({
      provider_id: 'mac-a',
      running: '1',
      observed_decode_tps: '80',
      warm_models: 'oss-20b gemma-q4',
      slot_states: 'oss-20b=running gemma-q4=idle',
    })
  })

  it('samples each provider once a minute, or every heartbeat when told', () => {
    expect(written('provider_capacity_samples', twoBeats)).toHaveLength(1)
    expect(written('provider_capacity_samples', twoBeats, { sampleEvery: 0 })).toHaveLength(2)
  })
})

describe('timestamps', () => {
  it('agree with the calendar for as long as microseconds are exact, 280 years', () => {
    for (let day = 0; day < 102_000; day += 97) {
      const at = day * 86_400_000_000 + 45_296_000_007
      const expected = new Date(Date.UTC(2026, 5, 21) + Math.floor(at / 1_000)).toISOString().replace('Z', '')
      expect(timestamp(at)).toBe(`${expected}007Z`)
    }
  })

  it('put time 0 at the start of 21 June 2026', () => {
    expect(timestamp(ms(0))).toBe('2026-06-21T00:00:00.000000Z')
  })
})

describe('pool records', () => {
  const rows = [
    ...connected,
    row('provider_pools', 10_000, { assigned: 'gemma', active: 'gemma,oss', residentSlots: 2 }),
    row('pool', 10_000, { pool: 'gemma', assignedProviders: 4, warmProviders: 3 }),
  ]
  // Commas inside a field are for readers of CSV, not for `written`.
  const lines = (table: LedgerTable): string => {
    let text = ledgerHead(table)
    const ledger = new LedgerExport((to, line) => void (text += to === table ? line : ''))
    for (const each of rows) ledger.row(each)
    return text
  }

  it('give a pool at a tick under the names of the real gauges', () => {
    expect(lines('pool_gauges')).toBe(
      'pool,assigned_providers,warm_providers,serving_providers,active_requests,token_budget_used,token_budget_total,' +
        'observed_decode_tps,resident_slot_providers,created_at\n' +
        'gemma,4,3,0,0,0,1000,0,1,2026-06-21T00:00:10.000000Z\n',
    )
  })
  it('give what a provider is assigned to and what it holds, by its serial', () => {
    expect(lines('provider_pools')).toBe(
      'provider_id,assigned_pool,active_pools,resident_slot_count,created_at\n' +
        'mac-a,gemma,"gemma,oss",2,2026-06-21T00:00:10.000000Z\n',
    )
  })
})

describe('a ledger without the warm-up', () => {
  const from = 5_000_000
  const early = [row('user_request', 1_000), row('arrived', 1_000), row('decision', 1_010), row('dispatched', 1_510)]
  const endOfEarly = [row('attempt_ended', 6_000), row('ended', 6_010), row('user_ended', 6_010)]
  const late = [
    row('user_request', 7_000, { user: 1 }),
    row('arrived', 7_000, { request: 1, user: 1 }),
    row('ended', 7_010, { request: 1, outcome: 'rejected', status: 429, reason: 'machine_busy', attempt: -1 }),
  ]
  const turnedAway = [
    row('user_request', 4_000, { user: 2 }),
    row('arrived', 4_999, { request: 2, user: 2 }),
    row('ended', 5_010, { request: 2, outcome: 'rejected', status: 429, reason: 'queue_full', attempt: -1 }),
  ]
  const rows = [
    ...connected,
    row('provider_pools', 2, { assigned: 'oss' }),
    ...early,
    ...turnedAway.slice(0, 2),
    ...turnedAway.slice(2),
    ...endOfEarly,
    ...late,
  ].toSorted((a, b) => a.at - b.at)

  it('leaves out every row of a request that arrived before, however late it ended', () => {
    expect(written('inference_routes', rows)).toHaveLength(1)
    expect(written('inference_routes', rows, { from })).toEqual([])
    expect(written('request_rejections', rows).map(({ request_id }) => request_id)).toEqual(['2', '1'])
    expect(written('request_rejections', rows, { from }).map(({ request_id }) => request_id)).toEqual(['1'])
  })

  it('says of every provider what was last heard of it, as of the moment at which it begins', () => {
    const samples = written('provider_capacity_samples', rows, { from })
    expect(samples).toEqual([
      expect.objectContaining({ warm_models: 'oss-20b', created_at: '2026-06-21T00:00:05.000000Z' }),
    ])
    expect(written('provider_pools', rows, { from })).toEqual([
      expect.objectContaining({ assigned_pool: 'oss', created_at: '2026-06-21T00:00:05.000000Z' }),
    ])
  })

  it('with no warm-up is the ledger', () => {
    for (const table of ['inference_routes', 'request_rejections', 'provider_capacity_samples'] as const)
      expect(written(table, rows, { from: 0 })).toEqual(written(table, rows))
  })
})
