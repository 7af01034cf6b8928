/** Machines and requests as plain data, for the reference selection: nothing derived, nothing shared with the coordinator. */
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
  readonly breakerOpen: boolean
  readonly cooling: boolean
  readonly excluded: boolean
}

export interface PlainRequest {
  readonly build: string
  readonly prompt: number
  readonly max: number
  readonly tools: boolean
  readonly vision: boolean
  readonly serial: string | undefined
  readonly avoidVersion: string
  readonly ceiling: number
  readonly floor: number
  readonly affinity: number
}

export interface PlainCatalog {
  readonly [build: string]: { readonly size: number; readonly minRam: number }
}
