/**
 * Plays a recorded story to a coordinator: one machine connects, registers and sends its first heartbeat, then the steps
 * come one after the other (recorded/README.md). The machine accepts at once and a decision takes no time; there is no warm
 * pool, and no limit on waiting but the queue's.
 */
import { z } from 'zod'
import type { BuildId, ProviderId, RequestId, UserId } from '../../../sim/base/ids.ts'
import { microsFromSeconds, type Micros } from '../../../sim/base/time.ts'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import { Coordinator } from '../../../sim/coordinator/coordinator.ts'
import {
  aliasSchema,
  catalogEntrySchema,
  type DecideRequest,
  heartbeatSchema,
  machineSchema,
  requestSchema,
  settingsWritten,
} from '../../../sim/coordinator/document/format.ts'
import { aliasesOf, catalogOf, heartbeatOf, messagesOf } from '../../../sim/coordinator/document/machine.ts'
import type { TimerId } from '../../../sim/coordinator/ports.ts'
import { type Answer, PLAIN_TERMS, SealedBody, type ToProvider } from '../../../sim/protocol/index.ts'
import { openPolicy } from '../../coordinator/world.ts'

const events = z.array(z.string())
const id = z.int().min(0)

const stepSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('heartbeat'), events, heartbeat: heartbeatSchema }),
  z.strictObject({ kind: z.literal('request'), events, id, request: requestSchema }),
  z.strictObject({ kind: z.literal('done'), events, id }),
  z.strictObject({ kind: z.literal('cancel'), events, id }),
  z.strictObject({ kind: z.literal('loaded'), events, build: z.string() }),
  z.strictObject({ kind: z.literal('wait'), events, seconds: z.number() }),
])

export const storySchema = z.strictObject({
  id: z.string(),
  settings: z.record(z.string(), z.unknown()),
  catalog: z.array(catalogEntrySchema),
  aliases: z.array(aliasSchema),
  machines: z.tuple([machineSchema]),
  steps: z.array(stepSchema),
})

export type RecordedStory = z.output<typeof storySchema>
type Step = RecordedStory['steps'][number]

const MACHINE = 0 as ProviderId
const NEVER = '1000h'

const QUIET = {
  WARM_POOL_ENABLED: false,
  decision: { service: 0 },
  INFERENCE_TIMEOUT: NEVER,
  CHALLENGE_INTERVAL: NEVER,
  CHALLENGE_FRESH: NEVER,
}

interface Task {
  readonly at: number
  readonly timer: TimerId
  readonly run: () => void
}

export class RecordedStoryPlayer {
  private readonly coordinator: Coordinator
  private now = 0
  private tasks: Task[] = []
  private timers = 0
  /** What has happened since the step began. */
  private heard: string[] = []
  /** Attempt under way on the machine, by request. */
  private readonly dispatched = new Map<RequestId, number>()

  constructor(story: RecordedStory) {
    const written = settingsWritten({ settings: { ...story.settings, ...QUIET } })
    this.coordinator = new Coordinator({
      settings: coordinatorSettingsSchema.parse(written),
      catalog: catalogOf(story) ?? [],
      aliases: aliasesOf(story),
      policy: openPolicy,
      seed: 1,
      ports: {
        now: () => this.now as Micros,
        after: (delay, _, run) => this.later(delay, run),
        cancelTimer: (timer) => {
          this.tasks = this.tasks.filter((task) => task.timer !== timer)
        },
        send: (_, message) => this.sent(message),
        answer: (answer) => this.answered(answer),
        close: () => {},
        trace: { emit: () => {} },
      },
    })
    this.coordinator.connected(MACHINE)
    for (const message of messagesOf(story.machines[0])) this.coordinator.onProvider(MACHINE, message)
    this.pass(0)
  }

  /** What the coordinator sends and answers in this step, sorted. */
  play(step: Step): string[] {
    this.heard = []
    this.take(step)
    this.pass(step.kind === 'wait' ? step.seconds : 0)
    return this.heard.toSorted()
  }

  private take(step: Step): void {
    switch (step.kind) {
      case 'heartbeat':
        return this.coordinator.onProvider(MACHINE, heartbeatOf(step.heartbeat))
      case 'request':
        return this.ask(step.id as RequestId, step.request)
      case 'done':
        return this.complete(step.id as RequestId)
      case 'cancel':
        return this.coordinator.onClient({ kind: 'cancel', request: step.id as RequestId })
      case 'loaded':
        return this.coordinator.onProvider(MACHINE, {
          kind: 'load_status',
          build: step.build as BuildId,
          status: 'succeeded',
        })
      case 'wait':
    }
  }

  private ask(request: RequestId, asked: DecideRequest): void {
    this.coordinator.onClient({
      kind: 'request',
      body: SealedBody.seal({ promptTokens: asked.prompt_tokens, outputTokens: 10, images: 0 }),
      request: {
        ...PLAIN_TERMS,
        id: request,
        user: request as number as UserId,
        model: asked.build,
        estimatedPromptTokens: asked.prompt_tokens,
        maxTokens: asked.max_tokens > 0 ? asked.max_tokens : undefined,
        stream: true,
        hasTools: asked.tools,
        requiresVision: asked.vision,
      },
    })
  }

  private complete(request: RequestId): void {
    const attempt = this.dispatched.get(request)
    if (attempt === undefined) return
    const usage = { promptTokens: 100, completionTokens: 10 }
    this.coordinator.onProvider(MACHINE, { kind: 'complete', request, attempt, ...usage })
  }

  private sent(message: ToProvider): void {
    if (message.kind === 'load_model') this.heard.push(`load ${message.build}`)
    if (message.kind !== 'inference') return
    const { request, attempt } = message
    this.heard.push(`dispatch ${request}`)
    this.dispatched.set(request, attempt)
    this.later(0, () => this.coordinator.onProvider(MACHINE, { kind: 'accepted', request, attempt }))
  }

  private answered(answer: Answer): void {
    if (answer.kind !== 'rejected' && answer.kind !== 'failed') return
    this.heard.push(`answer ${answer.request} ${answer.status} ${answer.reason}`)
  }

  private later(delay: number, run: () => void): TimerId {
    this.timers += 1
    const timer = this.timers as TimerId
    this.tasks.push({ at: this.now + delay, timer, run })
    return timer
  }

  /** Runs everything due within the next seconds. */
  private pass(seconds: number): void {
    const end = this.now + microsFromSeconds(seconds)
    for (;;) {
      const [next] = this.tasks.filter((task) => task.at <= end).toSorted((a, b) => a.at - b.at || a.timer - b.timer)
      if (next === undefined) break
      this.tasks = this.tasks.filter((task) => task !== next)
      this.now = next.at
      next.run()
    }
    this.now = end
  }
}
