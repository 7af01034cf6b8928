/**
 * Settings of the real coordinator that the lab does not model, so that nobody who pastes one believes that it works. Given at a
 * value that is true of the lab as it is ("off", where the lab has no such thing), one drops out; at any other value it is an
 * error and never a notice: a run that silently lacked what its author asked for would give figures for another coordinator.
 *
 * `any` are settings that change no decision of the real one either: they watch, or act only with another one that is refused.
 */
import { flagOf } from '../../base/environment.ts'

export interface AbsentSetting {
  readonly name: string
  readonly about: string
  readonly source: string
  /** Values at which nothing is missing here; `any`, or none at all. */
  readonly trueHere: 'any' | readonly (string | number | boolean)[]
}

const REFERENCE = 'docs/reference/configuration.md of the real program, autumn'

const absent = (
  name: string,
  trueHere: AbsentSetting['trueHere'],
  about: string,
  source: string = REFERENCE,
): AbsentSetting => ({ name, about, source, trueHere })

export const ABSENT_SETTINGS: readonly AbsentSetting[] = [
  absent('MIN_TRUST', ['hardware'], 'trust a provider needs for public traffic; here always hardware'),
  absent('MIN_PROVIDER_VERSION', [''], 'providers below the version get nothing', '0.7.5 in production later'),
  absent('RELEASE_POLICY_MODE', ['shadow'], 'providers without evidence of their release get nothing when enforced'),
  absent('RELEASE_POLICY_ENFORCE_GRACE', 'any', 'acts only with RELEASE_POLICY_MODE=enforce'),
  absent('BINARYHASH_ENFORCE', [false], 'providers with a foreign binary hash get nothing'),
  absent('KNOWN_BINARY_HASHES', 'any', 'acts only with BINARYHASH_ENFORCE'),
  absent(
    'DECODE_FLOOR_USE_FLEET_MEDIAN',
    [false],
    'the projection under the floor falls back on the fleet’s median rate',
  ),
  absent('COMBINED_ADMISSION_CAP', [false], 'one cap over all models resident on a machine', 'PR 525, closed'),
  absent('SATISFICING_BAND', [false], 'every machine that is fast enough is as good as the best', 'PR 525, closed'),
  absent('SATISFICING_TTFT_MARGIN_MS', 'any', 'acts only with SATISFICING_BAND', 'PR 525, closed'),
  absent(
    'ROUTING_CONCURRENCY',
    [],
    'route plans made at once; the lab’s `decision.servers` stands for it',
    '96 in production',
  ),
  absent('RESERVE_COMMIT_MODE', [], 'lock held while a reservation is made; `decision` stands for what it costs'),
  absent('COLD_DISPATCH_MIN_INTERVAL', [], 'least time between swap passes after an enqueue', 'PR 387; 1 s'),
  absent(
    'PREFILL_KEEPALIVE_INTERVAL',
    [0],
    'comments sent during a long prefill, which commit the answer to 200',
    '0 in June, 10 s in production later',
  ),
  absent(
    'TTFT_OCCUPANCY_ALPHA',
    [0],
    'milliseconds added to the TTFT estimate per running request',
    '0 in June, 50 in production later',
  ),
  absent('TTFT_ADMISSION_MODE', 'any', 'measures another gate on TTFT, and decides nothing even when it says enforce'),
  absent('TTFT_DEADLINE_BASE_MS', 'any', 'deadline of TTFT_ADMISSION_MODE, which decides nothing'),
  absent('TTFT_CALIBRATION', [false], 'the TTFT estimate is scaled by what was measured', 'PR 512; on since 4 July'),
  absent(
    'TTFT_TERMINAL_REJECT',
    [],
    'a refusal for TTFT ends a request instead of trying the next machine',
    'PR 512; on since 4 July',
  ),
  absent('FIRST_CONTENT_SLA_ACCOUNTS', [''], 'accounts whose requests have a deadline of their own'),
  absent('MODEL_FIRST_CONTENT_SLAS', [''], 'deadlines of single models'),
  absent('MODEL_FIRST_CONTENT_BASES', [''], 'deadline bases of single models'),
  absent('JINJA_TERMINAL_REJECT', [], 'a template that does not render ends a request'),
  absent('DISABLE_CLIENT_ERROR_STOP', [], 'a 4xx of a provider goes on to the next machine'),
  absent(
    'HEALTH_EJECTION',
    [false],
    'machines that fail too often are left out for a while',
    'off in June, on in production later',
  ),
  absent('BUDGET_CLAMP', [false], 'a machine that refused for its token budget is taken to have a smaller one'),
  absent('BUDGET_CLAMP_TTL_SECONDS', [], 'how long that lasts'),
  absent('CAPACITY_COOLDOWN_THRESHOLD', [0], 'refusals for lack of room that pause (provider, build)'),
  absent('CAPACITY_COOLDOWN_WINDOW_SECONDS', [], 'window in which those refusals fall'),
  absent('CAPACITY_COOLDOWN_TTL_SECONDS', [], 'how long that pause lasts'),
  absent('CAPACITY_COOLDOWN_MAX_TTL_SECONDS', [], 'longest such pause'),
  absent('CAPACITY_RATE_PENALTY_MS', [0], 'cost of a machine that refuses for lack of room'),
  absent(
    'V2_VERSION_FLOOR',
    [],
    'reports of concurrency above what the new engine has are cut',
    'runbook of the real program, July',
  ),
  absent(
    'WARM_POOL_HEADROOM',
    [false],
    'spare warm machines by how fast demand grows',
    'PR 807 of September, on by default there',
  ),
  absent('WARM_POOL_HEADROOM_PROVIDERS', [''], 'that number for single builds', 'PR 807'),
  absent('WARM_POOL_HEADROOM_MAX_PROVIDERS', [], 'its upper bound', 'PR 807; 64'),
  absent('WARM_POOL_HEADROOM_LOAD_WINDOWS', [], 'intervals of growth it covers', 'PR 807; 1'),
  absent('WARM_POOL_ALLOW_BUSY_LOAD_MAX', [0], 'loads onto machines that are not idle', 'PR 525, closed'),
  absent('CACHE_ROUTING_MODE', [false], 'routing by caches that the Macs confirm', 'PR 542, 546, 549; off'),
  ...['PERCENT', 'MAX_PLAN_QPS', 'TTL', 'MAX_HOLDERS', 'PERSIST', 'MAX_DISCOUNT_MS', 'MAX_COST_FRACTION'].map((name) =>
    absent(`CACHE_ROUTING_${name}`, 'any', 'acts only with CACHE_ROUTING_MODE=on'),
  ),
  absent('CACHE_ROUTING_ALLOWED_ARTIFACTS', 'any', 'acts only with CACHE_ROUTING_MODE=on'),
  ...['RATE_LIMIT', 'SERVICE_RATE_LIMIT'].flatMap((kind) =>
    ['RPS', 'BURST', 'ITPM', 'ITPM_BURST', 'OTPM', 'OTPM_BURST'].map((name) =>
      absent(`${kind}_${name}`, [], 'limits of accounts; the lab’s `ACCOUNTS` stands for them'),
    ),
  ),
  ...['INTERVAL', 'RATIO', 'MIN_SAMPLES', 'EFFICIENCY'].map((name) =>
    absent(`THROUGHPUT_ANOMALY_${name}`, 'any', 'watches decode rates, and decides nothing'),
  ),
  absent('DRAIN_GRACE', 'any', 'how long a deploy lets requests end; nothing is deployed here'),
]

const BY_NAME: ReadonlyMap<string, AbsentSetting> = new Map(ABSENT_SETTINGS.map((setting) => [setting.name, setting]))

export const findAbsentSetting = (name: string): AbsentSetting | undefined => BY_NAME.get(name)

/** undefined when it may be given at that value, because the lab does just that. */
export function whyRefused({ about, trueHere }: AbsentSetting, written: unknown): string | undefined {
  if (trueHere === 'any' || trueHere.some((value) => isSame(value, written))) return undefined
  const what = `is a setting of the real coordinator that the lab does not model (${about})`
  if (trueHere.length === 0) return `${what}; leave it out`
  return `${what}; leave it out, or say ${trueHere.map((value) => `\`${String(value) || "''"}\``).join(' or ')}, which is what the lab does`
}

function isSame(value: string | number | boolean, written: unknown): boolean {
  if (typeof value === 'boolean') return flagOf(written, 'on and off') === value
  if (typeof value === 'number') return Number.parseFloat(String(written)) === value
  return String(written).trim().toLowerCase() === value
}
