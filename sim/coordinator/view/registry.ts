/**
 * The providers that are connected, in order of registration, and who offers which build. The real coordinator iterates
 * an unordered map; here the order of registration decides wherever it takes "the first" (architecture, rule 3).
 * The registry only stores: policies are asked and queues drained by whoever calls it.
 */
import { must } from '../../base/assert.ts'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { ProviderView } from '../../plug/index.ts'
import type { AdvertisedModel, Heartbeat, Registration } from '../../protocol/index.ts'
import { isBusySlot, orDefaultMaxTokens, providerCapOf, slotCap } from './capacity.ts'
import type { CoordinatorSettings } from '../config.ts'
import { healthCost_ms } from './health-cost.ts'
import { capacityRecord, clamp, type HeardCapacity } from './intake.ts'
import { MedianWindow } from './rates/median.ts'
import { capsGoByRates, qualityCap } from './rates/quality-cap.ts'
import { blankSlot, newOffer, refreshOffer } from './offer.ts'
import { OfferList } from './offer-list.ts'
import type { CatalogEntry } from '../ports.ts'
import { newProviderRecord } from './provider-new.ts'
import type { CapacityRecord, Offer, PendingRequest, ProviderRecord } from './provider-record.ts'
import { type ClassRates, SoloRates } from './rates/solo-rates.ts'
import { touch } from './touch.ts'

export type Catalog = ReadonlyMap<BuildId, CatalogEntry>

/** Decode rates heard so far, tokens/s, oldest first. */
export interface HeardRates {
  /** By (build, chip family): for the fleet's medians. */
  readonly decode: readonly {
    readonly build: BuildId
    readonly chipFamily: string
    readonly samples: readonly number[]
  }[]
  /** Of lone requests. */
  readonly solo: readonly ClassRates[]
}

const NO_OFFERS: readonly Offer[] = []

export class Registry {
  private readonly list: ProviderRecord[] = []
  /** A new list after each change; undefined: nobody has asked since. */
  private viewList: readonly ProviderView[] | undefined
  private readonly byId = new Map<ProviderId, ProviderRecord>()
  private readonly byBuild = new Map<BuildId, OfferList>()
  private readonly medians: {
    readonly build: BuildId
    readonly chipFamily: string
    readonly window: MedianWindow
  }[] = []
  /** The same by chip family and build. */
  private readonly medianOfFamily = new Map<string, Map<BuildId, MedianWindow>>()
  private readonly solo = new SoloRates()
  /** Providers with a `pendingLoad`, those included whose reservation has run out and that nobody has dropped yet. */
  private readonly reservedOnes = new Set<ProviderRecord>()

  /** `catalog` undefined: nothing is filtered. An empty one denies everything. */
  constructor(
    readonly catalog: Catalog | undefined,
    private readonly now: () => Micros,
    private readonly settings: () => CoordinatorSettings,
  ) {}

  /** In order of registration. */
  get providers(): readonly ProviderRecord[] {
    return this.list
  }

  /** The same providers as policies see them. */
  get views(): readonly ProviderView[] {
    return (this.viewList ??= Object.freeze(this.list.map(({ view }) => view)))
  }

  get(id: ProviderId): ProviderRecord | undefined {
    return this.byId.get(id)
  }

  inCatalog(build: string): boolean {
    return this.catalog === undefined || this.catalog.has(build as BuildId)
  }

  /** Providers that advertise the build now (G1), in order of registration. */
  offers(build: BuildId): readonly Offer[] {
    return this.byBuild.get(build)?.offers ?? NO_OFFERS
  }

  /** Builds that somebody advertises now. */
  get buildsOffered(): number {
    let builds = 0
    for (const { offers } of this.byBuild.values()) if (offers.length > 0) builds += 1
    return builds
  }

  /** The same with what changed there; undefined: nobody ever advertised it. */
  offerList(build: BuildId): OfferList | undefined {
    return this.byBuild.get(build)
  }

  /** A reconnect is a new provider: nothing carries over. Ids must grow with every registration. */
  register(id: ProviderId, machine: MachineIndex, registration: Registration): ProviderRecord {
    const record = newProviderRecord(id, machine, registration, this.now)
    this.list.push(record)
    this.viewList = undefined
    this.byId.set(id, record)
    this.advertise(record, registration.models)
    return record
  }

  /**
   * In the catalog, and not of other weights than it pins (§1.3). At registration weights may be unknown; a later
   * addition must show the pinned ones (§15.4 AL8).
   */
  accepts({ build, weightHash = '' }: AdvertisedModel, mustShow: boolean): boolean {
    if (!this.inCatalog(build)) return false
    const pinned = this.catalog?.get(build)?.weightHash ?? ''
    return pinned === '' || weightHash === pinned || (weightHash === '' && !mustShow)
  }

  /** The advertised set is replaced. */
  advertise(record: ProviderRecord, models: readonly AdvertisedModel[]): void {
    for (const build of record.advertised) this.withdraw(record, build)
    for (const model of models) {
      if (this.accepts(model, false) && !record.advertised.includes(model.build)) this.offer(record, model)
    }
  }

  /** Last in advertised order, unless it has its place there already. */
  offer(record: ProviderRecord, model: AdvertisedModel): void {
    const offer = this.offerOf(record, model.build)
    offer.isVision = model.isVision
    offer.templateRenderOk = model.templateRenderOk
    touch(record)
    if (offer.advertised) return
    offer.advertised = true
    record.advertised = [...record.advertised, model.build]
    this.addToIndex(offer)
  }

  withdraw(record: ProviderRecord, build: BuildId): void {
    this.offerOf(record, build).advertised = false
    record.advertised = record.advertised.filter((other) => other !== build)
    this.dropFromIndex(record, build)
    touch(record)
  }

  /**
   * Applies a heartbeat in the real order (facts §18.4): metrics and capacity, fleet samples, warm list and current
   * model, status. What follows there (pool assignment, queue drain, swap planner) is the caller's. True when it says what
   * the one before said and nothing else has been written since.
   *
   * Two out of five say what the one before said, as the same object: then nothing that was derived from it can differ,
   * unless lone requests elsewhere have shown something new that caps go by.
   */
  heartbeat(record: ProviderRecord, message: Heartbeat): boolean {
    const now = this.now()
    record.lastHeartbeatAt = now
    record.staleSweeps = 0
    const repeats = record.heard === message
    if (repeats) {
      // Caps go by it from this heartbeat on; those of other machines from their own next one, at most 5 s later.
      if (message.capacity !== undefined && record.capacity !== undefined) this.solo.heard(record.capacity, record)
      if (record.soloSamples !== this.solo.samples) this.refreshCaps(record)
    } else {
      record.memoryPressure = clamp(message.memoryPressure, 1)
      record.cpuUsage = clamp(message.cpuUsage, 1)
      record.thermalState = message.thermalState
      const capacity = message.capacity === undefined ? undefined : capacityRecord(message.capacity, lastOf(record))
      if (capacity !== undefined) this.solo.heard(capacity, record)
      this.setCapacity(record, capacity)
    }
    if (record.capacity !== undefined) {
      for (const slot of record.capacity.slots) {
        if (slot.observedDecodeTps > 0) this.medianOf(slot.model, record.chipFamily).push(slot.observedDecodeTps)
        if (isBusySlot(slot)) record.workedAt = now
      }
    }
    if (!repeats) {
      record.warmModels = message.warmModels
      record.currentModel = message.activeModel ?? ''
      record.heard = message
    }
    if (record.status !== 'untrusted') record.status = message.status === 'serving' ? 'serving' : 'online'
    return repeats
  }

  /** Lone requests somewhere have shown something new; all else is as it was. */
  private refreshCaps(record: ProviderRecord): void {
    record.soloSamples = this.solo.samples
    const settings = this.settings()
    if (!capsGoByRates(settings)) return
    let differs = false
    for (const offer of record.offers.values()) {
      const cap = qualityCap(offer, slotCap(offer), this.solo, settings)
      if (cap === offer.qualityCap) continue
      offer.qualityCap = cap
      differs = true
    }
    if (differs) touch(record)
  }

  /**
   * L4: a load succeeded and the policy agrees that it counts. Holds until the next heartbeat overwrites it. What the
   * provider lists as warm already is left as it is, a crashed slot included; else the slot becomes idle (§17).
   */
  markWarm(record: ProviderRecord, build: BuildId): void {
    if (record.warmModels.includes(build)) return
    touch(record)
    record.heard = undefined
    record.warmModels = [...record.warmModels, build]
    record.currentModel = build
    if (record.capacity === undefined) return
    // A new report, because views of the old one may have been handed out.
    const slots = record.capacity.slots.map((slot) => ({ ...slot }))
    const slot = slots.find((candidate) => candidate.model === build)
    if (slot === undefined) slots.push(blankSlot(build, 'idle'))
    else slot.state = 'idle'
    this.setCapacity(record, { ...record.capacity, slots })
  }

  /** For a load of this build; '' ends the reservation. */
  reserve(record: ProviderRecord, build: BuildId | '', until: Micros): void {
    record.pendingLoad = build
    record.pendingLoadUntil = until
    if (build === '') this.reservedOnes.delete(record)
    else this.reservedOnes.add(record)
    touch(record)
  }

  get reserved(): ReadonlySet<ProviderRecord> {
    return this.reservedOnes
  }

  addPending(record: ProviderRecord, request: PendingRequest): void {
    this.removePending(record, request.request)
    record.pending.set(request.request, request)
    const offer = this.offerOf(record, request.build)
    offer.everHeld = true
    offer.pendingCount += 1
    offer.pendingTokens += tokensOf(request)
    if (record.status === 'online') record.status = 'serving'
    touch(record)
  }

  /** undefined when it was not pending there. */
  removePending(record: ProviderRecord, id: RequestId): PendingRequest | undefined {
    const request = record.pending.get(id)
    if (request === undefined) return undefined
    record.pending.delete(id)
    const offer = this.offerOf(record, request.build)
    offer.pendingCount -= 1
    offer.pendingTokens -= tokensOf(request)
    if (record.pending.size === 0) {
      record.workedAt = this.now()
      if (record.status === 'serving') record.status = 'online'
    }
    touch(record)
    return request
  }

  /** Returns the record with its pending requests still in it, or undefined when it was gone already. */
  disconnect(id: ProviderId): ProviderRecord | undefined {
    const record = this.byId.get(id)
    if (record === undefined) return undefined
    for (const build of record.advertised) this.dropFromIndex(record, build)
    this.reservedOnes.delete(record)
    const index = this.list.indexOf(record)
    this.list.splice(index, 1)
    this.viewList = undefined
    this.byId.delete(id)
    record.status = record.status === 'untrusted' ? 'untrusted' : 'offline'
    return record
  }

  /** The pair's offer, made on first use: cooldowns and pending counts may concern a build that is not advertised. */
  offerOf(record: ProviderRecord, build: BuildId): Offer {
    const known = record.offers.get(build)
    if (known !== undefined) return known
    const offer = newOffer(record, build, this.catalog?.get(build), this.medianOf(build, record.chipFamily))
    record.offers.set(build, offer)
    refreshOffer(offer, this.solo, this.settings())
    return offer
  }

  /** Replaces the capacity report and brings everything derived from it up to date. */
  setCapacity(record: ProviderRecord, capacity: CapacityRecord | undefined): void {
    record.heard = undefined
    record.soloSamples = this.solo.samples
    record.capacity = capacity
    record.totalMemory_gb =
      capacity !== undefined && capacity.totalMemory_gb > 0 ? capacity.totalMemory_gb : record.memory_gb
    record.gpuActive_gb = capacity === undefined ? 0 : capacity.gpuMemoryActive_gb
    record.providerCap = providerCapOf(capacity, record.totalMemory_gb)
    record.health_ms = healthCost_ms(
      record.memoryPressure,
      record.cpuUsage,
      record.thermalState,
      record.gpuActive_gb,
      record.totalMemory_gb,
    )
    for (const offer of record.offers.values()) refreshOffer(offer, this.solo, this.settings())
    touch(record)
  }

  /** The operator changed a setting that figures of offers depend on. */
  settingsChanged(): void {
    for (const record of this.list) this.setCapacity(record, record.capacity)
  }

  /** The decode rates that were heard, for whoever writes the registry down. */
  rates(): HeardRates {
    const decode = this.medians.flatMap(({ build, chipFamily, window }) =>
      window.samples === 0 ? [] : [{ build, chipFamily, samples: window.heard }],
    )
    return { decode, solo: this.solo.rates() }
  }

  /** As if these decode rates alone had been heard of builds on chip families, oldest first. */
  restoreDecodeRates(rates: readonly { build: BuildId; chipFamily: string; samples: readonly number[] }[]): void {
    for (const { window } of this.medians) window.restore([])
    for (const { build, chipFamily, samples } of rates) this.medianOf(build, chipFamily).restore(samples)
  }

  /** The same of lone requests on chip classes; caps follow at once. */
  restoreSoloRates(rates: Parameters<SoloRates['restore']>[0]): void {
    this.solo.restore(rates)
    this.settingsChanged()
  }

  private medianOf(build: BuildId, chipFamily: string): MedianWindow {
    let family = this.medianOfFamily.get(chipFamily)
    if (family === undefined) this.medianOfFamily.set(chipFamily, (family = new Map()))
    let window = family.get(build)
    if (window === undefined) {
      window = new MedianWindow()
      family.set(build, window)
      this.medians.push({ build, chipFamily, window })
    }
    return window
  }

  private addToIndex(offer: Offer): void {
    let list = this.byBuild.get(offer.build)
    if (list === undefined) this.byBuild.set(offer.build, (list = new OfferList()))
    list.add(offer)
  }

  private dropFromIndex(record: ProviderRecord, build: BuildId): void {
    must(this.byBuild.get(build), 'an advertised build without an index entry').remove(this.offerOf(record, build))
  }
}

/** Report and record of its last heartbeat, as long as nothing else has been written into the record since. */
const lastOf = ({ heard, capacity }: ProviderRecord): HeardCapacity | undefined =>
  heard?.capacity === undefined || capacity === undefined ? undefined : { report: heard.capacity, record: capacity }

const tokensOf = (request: PendingRequest): number =>
  Math.max(0, request.promptTokens) + orDefaultMaxTokens(request.maxTokens)
