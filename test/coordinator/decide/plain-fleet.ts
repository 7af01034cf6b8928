/** Machines, requests and rules as plain data, for the reference decisions: nothing derived, nothing shared with the coordinator. */
export interface PlainSlot {
  readonly model: string
  readonly state: 'running' | 'idle' | 'idle_shutdown' | 'reloading' | 'crashed'
  readonly running: number
  readonly waiting: number
  readonly maxConcurrency: number
  readonly potential: number
  readonly used: number
  readonly max: number
  readonly queued: number
  readonly decode: number
  readonly prefill: number
}

export interface PlainMachine {
  readonly serial: string
  readonly version: string
  readonly toolsCapable: boolean
  readonly trusted: boolean
  readonly memory: number
  readonly bandwidth: number
  readonly decode: number
  readonly prefill: number
  readonly models: readonly { readonly build: string; readonly vision: boolean; readonly template: boolean }[]
  /** undefined: no capacity report. */
  readonly slots: readonly PlainSlot[] | undefined
  readonly free: number | undefined
  readonly gpu: number
  readonly pressure: number
  readonly cpu: number
  readonly thermal: 'nominal' | 'fair' | 'serious' | 'critical'
  readonly pending: readonly { readonly build: string; readonly prompt: number; readonly max: number }[]
  /** Builds it says are warm; counts for machines without a capacity report only. */
  readonly warm: readonly string[]
  readonly breakerOpen: boolean
  /** After a load that failed. */
  readonly cooling: boolean
  /** After errors of requests of this shape. */
  readonly erring: 'tools' | 'base' | 'none'
  readonly excluded: boolean
  /** '' = nobody's. */
  readonly account: string
  readonly privateOnly: boolean
  readonly untrusted: boolean
  readonly runtime: boolean
  readonly privateText: boolean
  readonly fresh: boolean
  /** The only build it may serve; '' = any. */
  readonly pool: string
  /** A load_model command reserves it. */
  readonly reserved: boolean
}

export interface PlainRequest {
  readonly build: string
  readonly prompt: number
  readonly max: number
  readonly tools: boolean
  readonly vision: boolean
  readonly serial: string | undefined
  readonly account: string
  readonly route: 'public' | 'self' | 'prefer_owner'
  readonly avoidVersion: string
  readonly ceiling: number
  readonly floor: number
  readonly affinity: number
}

export interface PlainCatalog {
  readonly [build: string]: { readonly size: number; readonly minRam: number }
}

export interface PlainRules {
  readonly catalog: PlainCatalog
  /** C5 is in force. */
  readonly coldBesideBusyRefused: boolean
  /** Parts of build ids. */
  readonly dedicated: readonly string[]
  /** undefined: no quality cap. */
  readonly overcommit: number | undefined
  /** Lone decode rate by build. */
  readonly seeds: { readonly [build: string]: number }
  /** Heartbeats of machines with one request from which a learnt rate is believed; undefined: none is learnt. */
  readonly lone: number | undefined
}
