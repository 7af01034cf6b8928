/**
 * The coordinator: messages in, messages and answers out. This file only connects; behaviour lives in the files it
 * names. It knows nothing of Macs but what they say, and nothing of the kernel but its ports.
 */
import { assert, assertNever } from '../base/assert.ts'
import type { MachineIndex, ModelName, ProviderId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { ParameterValues, Policy, PolicyDraw } from '../plug/index.ts'
import type { ClientMessage, FromProvider, Heartbeat, Registration } from '../protocol/index.ts'
import type { DisconnectedRow } from '../trace/row.ts'
import { Answers } from './serve/answers.ts'
import { ArrivalWatch, ArrivalWatches } from './document/arrival-watch.ts'
import { FirstDecision } from './serve/first-decision.ts'
import { Assignments } from './plan/assignments.ts'
import { onAttempt } from './serve/attempt-messages.ts'
import { Attempts } from './serve/attempts.ts'
import { Attestation } from './plan/attestation.ts'
import { Breakers } from './view/breakers.ts'
import type { CoordinatorSettings } from './config.ts'
import type { DecideDocument, DecideRequest } from './document/format.ts'
import { placesOf, writtenRequest, writtenState } from './document/state.ts'
import { DecisionServer, type DecisionServerSettings } from './serve/decision-server.ts'
import { DesiredModels } from './plan/desired-models.ts'
import { Dispatcher } from './serve/dispatch.ts'
import { Eviction } from './plan/eviction.ts'
import type { ExplainSink } from './decide/explain/explain-sink.ts'
import { createFleet } from './decide/create-fleet.ts'
import type { Fleet } from './decide/fleet.ts'
import { GaugeTick } from './plan/gauges.ts'
import { HeartbeatRows } from './plan/heartbeat-rows.ts'
import { Loads } from './plan/loads.ts'
import { ModelsUpdates } from './plan/models-update.ts'
import { openRequest, type OpenRequests } from './view/open-request.ts'
import { PassedOver } from './decide/explain/passed-over.ts'
import { Placement } from './plan/placement.ts'
import type { AliasSetting, CatalogEntry, CoordinatorPorts } from './ports.ts'
import type { ProviderRecord, TrustLevel } from './view/provider-record.ts'
import { Reservations } from './serve/reservations.ts'
import { SwapPlanner } from './plan/swap-planner.ts'
import { ttftDeadline } from './decide/ttft.ts'
import { WaitingRoom } from './serve/waiting-room.ts'
import { WarmPool } from './plan/warm-pool.ts'
import { WarmPoolPressure } from './view/warm-pool-pressure.ts'

export interface CoordinatorParts {
  readonly settings: CoordinatorSettings
  readonly catalog: readonly CatalogEntry[]
  readonly aliases: readonly AliasSetting[]
  readonly policy: Policy
  readonly seed: number
  readonly ports: CoordinatorPorts
  /** Which Mac a connection belongs to, for the trace only; without it a provider is its own machine. */
  readonly machineOf?: (provider: ProviderId) => MachineIndex
  readonly explain?: ExplainSink
  /** See FleetParts. */
  readonly walks?: boolean
  readonly parameters?: ParameterValues
  readonly draws?: (name: string) => PolicyDraw
}

export class Coordinator {
  private readonly fleet: Fleet
  private readonly ports: CoordinatorPorts
  private readonly open: OpenRequests = new Map()
  /** Connections that have not registered yet. */
  private readonly strangers = new Set<ProviderId>()
  private readonly room: WaitingRoom
  private readonly dispatcher: Dispatcher
  private readonly firstDecision: FirstDecision
  private readonly breakers: Breakers
  private readonly heartbeatRows: HeartbeatRows
  private readonly loads: Loads
  private readonly assignments: Assignments
  private readonly swapPlanner: SwapPlanner
  private readonly modelsUpdates: ModelsUpdates
  private readonly attestation: Attestation
  private readonly warmPool: WarmPool
  private readonly pressure: WarmPoolPressure
  private readonly desired: DesiredModels
  private readonly gauges: GaugeTick
  private readonly eviction: Eviction
  private readonly reservations: Reservations
  private readonly watches = new ArrivalWatches()
  private swapKicked = false

  constructor(private readonly parts: CoordinatorParts) {
    const { ports, settings, explain } = parts
    const now = (): Micros => ports.now()
    const fleet = createFleet({ ...parts, now, trace: ports.trace })
    const pressure = new WarmPoolPressure(settings.WARM_POOL_INTERVAL)
    this.pressure = pressure
    const answers = new Answers(this.open, ports, explain, { settings: () => fleet.settings, demand: fleet.demand })
    const reservations = new Reservations(fleet, parts.seed, ports, explain)
    // Each open request has at most one decision of its own and one for its backup under way.
    const decision: DecisionServerSettings = {
      get servers() {
        return fleet.settings.decision.servers
      },
      get service() {
        return fleet.settings.decision.service
      },
      get per_provider() {
        return fleet.settings.decision.per_provider
      },
      get lock() {
        return fleet.settings.decision.lock_per_provider * fleet.registry.providers.length
      },
    }
    const server = new DecisionServer(decision, ports, () => 2 * this.open.size)
    const breakers = new Breakers(() => fleet.settings)
    const room = new WaitingRoom({
      fleet,
      outside: ports,
      reservations,
      pressure,
      answers,
      explain,
      assigned: (request, offer) => this.dispatcher.launch(request, offer, false),
    })
    this.dispatcher = new Dispatcher({
      fleet,
      outside: ports,
      server,
      reservations,
      attempts: new Attempts(ports, reservations, explain),
      breakers,
      pressure,
      answers,
      freed: (offer) => room.drainAll(offer.provider.advertised),
      retryAfter_s: (request) => room.retryAfter_s(request.build),
    })
    this.loads = new Loads(fleet, ports, room, pressure)
    this.swapPlanner = new SwapPlanner(fleet, room, this.loads)
    this.modelsUpdates = new ModelsUpdates(fleet, ports, room, this.loads)
    this.attestation = new Attestation(fleet, ports, (provider) => room.drainAll(provider.advertised))
    this.assignments = new Assignments(fleet, ports, room)
    const placement = new Placement(fleet, this.loads, this.assignments, ports)
    this.warmPool = new WarmPool(fleet, pressure, this.loads, placement, ports)
    const passedOver = new PassedOver(fleet, ports)
    this.firstDecision = new FirstDecision({
      passedOver,
      fleet,
      outside: ports,
      server,
      reservations,
      dispatcher: this.dispatcher,
      room,
      warmPool: this.warmPool,
      answers,
      explain,
      watches: this.watches,
      kickSwapPlanner: () => this.kickSwapPlanner(),
    })
    this.desired = new DesiredModels(fleet, ports)
    this.gauges = new GaugeTick(fleet, ports, passedOver)
    this.eviction = new Eviction(fleet, ports, (provider) => {
      this.leave(provider, 'evicted')
      ports.close(provider)
    })
    this.fleet = fleet
    this.ports = ports
    this.breakers = breakers
    this.heartbeatRows = new HeartbeatRows(ports.trace)
    this.room = room
    this.reservations = reservations
  }

  /** Starts the periodic work. */
  start(): void {
    this.warmPool.start()
    this.gauges.start()
    this.eviction.start()
  }

  /** Requests that have arrived and not ended. */
  get openRequests(): number {
    return this.open.size
  }

  get queuedRequests(): number {
    return this.room.size
  }

  get connectedProviders(): number {
    return this.fleet.registry.providers.length
  }

  /** '' = unassigned, or not connected. */
  poolOf(provider: ProviderId): string {
    return this.fleet.registry.get(provider)?.assignedPool ?? ''
  }

  /** Writes its state of this moment down, and from now on the requests that come next; see `watched`. Only looks. */
  watch(id: string): void {
    const { fleet, pressure, warmPool, parts } = this
    const write = (): DecideDocument =>
      writtenState({ fleet, pressure, warmPool, policy: parts.policy.name, nextTick: warmPool.nextTick }, id)
    this.watches.add(new ArrivalWatch(fleet, write, write(), this.writtenWaiters()))
  }

  /** What `watch` has written since each of these instants. */
  watched(instants: readonly Micros[]): readonly DecideDocument[] {
    return this.watches.documents(instants)
  }

  /** Oldest first. */
  private writtenWaiters(): readonly DecideRequest[] {
    const { fleet, reservations } = this
    const places = placesOf(fleet)
    return [...this.open.values()]
      .filter((request) => request.queueTimer !== undefined)
      .toSorted((a, b) => a.enqueuedAt - b.enqueuedAt)
      .map((request) =>
        writtenRequest(places, reservations.routing(request, request.excluded), reservations.draw(request), {
          request: request.view.id,
          stands: 'waiting',
        }),
      )
  }

  onClient(message: ClientMessage): void {
    switch (message.kind) {
      case 'request': {
        const { request: view, body } = message
        assert(!this.open.has(view.id), 'INV-1 a request arrives once')
        const deadline = ttftDeadline(view.estimatedPromptTokens, this.fleet.settings)
        const request = openRequest(view, body, deadline, this.ports.now())
        this.open.set(view.id, request)
        this.fleet.demand?.arrived(view.model)
        this.firstDecision.submit(request)
        return
      }
      case 'cancel': {
        const request = this.open.get(message.request)
        // The answer and the cancellation crossed on the wire.
        if (request === undefined) return
        if (request.job !== undefined) request.job.cancelled = true
        this.room.leave(request)
        this.dispatcher.cancel(request)
        return
      }
      default:
        assertNever(message)
    }
  }

  connected(provider: ProviderId): void {
    this.strangers.add(provider)
  }

  /** Messages of a provider that was evicted or never registered are dropped. */
  onProvider(provider: ProviderId, message: FromProvider): void {
    if (message.kind === 'register') {
      if (this.strangers.delete(provider)) this.register(provider, message)
      return
    }
    const record = this.fleet.registry.get(provider)
    if (record === undefined) return
    switch (message.kind) {
      case 'heartbeat':
        this.heartbeat(record, message)
        return
      case 'load_status':
        this.loads.status(record, message)
        return
      case 'assign_status':
        this.assignments.status(record, message)
        return
      case 'models_update':
        this.modelsUpdates.apply(record, message.models)
        return
      case 'challenge_answer':
        this.attestation.answered(record, message.nonce)
        return
      case 'accepted':
      case 'preamble':
      case 'first_content':
      case 'complete':
      case 'inference_error':
        onAttempt(this.dispatcher, this.open, provider, message)
        return
      default:
        assertNever(message)
    }
  }

  disconnected(provider: ProviderId): void {
    this.strangers.delete(provider)
    this.leave(provider, 'socket')
  }

  /**
   * The operator changes a setting. What is under way ends as it began: a wait already timed, an interval already
   * running, a breaker already open.
   */
  set<Name extends keyof CoordinatorSettings>(name: Name, value: CoordinatorSettings[Name]): void {
    this.fleet.settings = { ...this.fleet.settings, [name]: value }
    this.pressure.setInterval(this.fleet.settings.WARM_POOL_INTERVAL)
    this.fleet.registry.settingsChanged()
  }

  setAlias(alias: AliasSetting): void {
    this.fleet.aliases.set(alias)
    this.desired.pushAll()
  }

  deleteAlias(name: ModelName): void {
    if (this.fleet.aliases.delete(name)) this.desired.pushAll()
  }

  /** What attestation says of a Mac from now on. */
  setTrust(serial: string, level: TrustLevel | 'untrusted'): void {
    this.attestation.verdict(serial, level)
  }

  private register(provider: ProviderId, registration: Registration): void {
    const machine = this.parts.machineOf?.(provider) ?? (Number(provider) as MachineIndex)
    const record = this.fleet.registry.register(provider, machine, registration)
    const { serial, chip, memory_gb } = record
    this.ports.trace.emit({ kind: 'registered', at: this.ports.now(), provider, machine, serial, chip, memory_gb })
    this.attestation.registered(record)
    this.desired.push(record)
  }

  /** The order is the real one (§18.4): the record first, then pools, then waiters, then loads. */
  private heartbeat(record: ProviderRecord, message: Heartbeat): void {
    const repeats = this.fleet.registry.heartbeat(record, message)
    this.heartbeatRows.heartbeat(this.ports.now(), record, message.status, repeats)
    this.fleet.pool.test('heartbeat', record, '', -1, false)
    this.room.drainAll(record.advertised)
    this.swapPlanner.run()
    this.evict(record)
  }

  /** A what-if: no program of June 2026 understands it. */
  private evict(record: ProviderRecord): void {
    for (const build of this.fleet.surfaces?.evictions(record) ?? []) {
      this.ports.trace.emit({ kind: 'unload_command', at: this.ports.now(), provider: record.id, build })
      this.ports.send(record.id, { kind: 'unload_model', build })
    }
  }

  private leave(provider: ProviderId, why: DisconnectedRow['why']): void {
    const record = this.fleet.registry.disconnect(provider)
    if (record === undefined) return
    this.ports.trace.emit({ kind: 'disconnected', at: this.ports.now(), provider, why })
    for (const id of record.pending.keys()) {
      const racer = this.open.get(id)?.racers.find((candidate) => candidate.offer.provider === record)
      if (racer !== undefined) this.dispatcher.disconnected(racer)
    }
    this.breakers.forget(provider)
    this.heartbeatRows.forget(provider)
    this.desired.forget(provider)
    this.attestation.forget(provider)
  }

  /** Asynchronous in the real system: after everything else of this instant, once. */
  private kickSwapPlanner(): void {
    if (this.swapKicked) return
    this.swapKicked = true
    this.ports.after(0 as Micros, 'timer', () => {
      this.swapKicked = false
      this.swapPlanner.run()
    })
  }
}
