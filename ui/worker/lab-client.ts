/** The page's side of the lab's worker: calls that return promises, events of a running experiment, cancelling. */
import type { TraceAnswer, TraceQuery } from '../data/trace/trace-query.ts'
import type { FromWorker, LabAnswer, LabEvent, LabRequest, ToWorker } from './protocol.ts'

interface Pending {
  /** Whatever the operation answers; the caller's types say what. */
  resolve(answer: never): void
  reject(error: Error): void
  onEvent?(event: LabEvent): void
}

type Operation<O extends LabRequest['op']> = Extract<LabRequest, { readonly op: O }>

/** Something that takes a while, can be stopped, and says how far it is. */
export interface LongCall<A> {
  readonly finished: Promise<A>
  cancel(): void
}

export class LabClient {
  private worker: Worker | undefined
  private readonly pending = new Map<number, Pending>()
  private next = 1
  /** Hears of runs whose rows are not kept any longer. */
  onForgot: ((runs: readonly string[]) => void) | undefined

  call<O extends LabRequest['op']>(request: Operation<O>, moved: Transferable[] = []): Promise<LabAnswer[O]> {
    return new Promise((resolve, reject) => {
      this.send(request, { resolve, reject }, moved)
    })
  }

  /** Answers whose run has no trace here reject with a message for people. */
  query<Q extends TraceQuery>(run: string, query: Q): Promise<TraceAnswer<Q>> {
    return this.call<'query'>({ op: 'query', run, query }) as Promise<TraceAnswer<Q>>
  }

  /** Cancelled, an experiment answers so and an explanation rejects. */
  long<O extends LabRequest['op']>(
    request: Operation<O>,
    onEvent: (event: LabEvent) => void,
    moved: Transferable[] = [],
  ): LongCall<LabAnswer[O]> {
    let id = 0
    const finished = new Promise<LabAnswer[O]>((resolve, reject) => {
      id = this.send(request, { resolve, reject, onEvent }, moved)
    })
    return { finished, cancel: () => this.started().postMessage({ kind: 'cancel', id } satisfies ToWorker) }
  }

  private send(request: LabRequest, pending: Pending, moved: Transferable[]): number {
    const id = this.next++
    this.pending.set(id, pending)
    const base = new URL('.', document.baseURI).href
    this.started().postMessage({ kind: 'call', id, base, request } satisfies ToWorker, moved)
    return id
  }

  /** The simulator is fetched and compiled before somebody asks, so that the first rows come at once. */
  warm(): void {
    this.started()
  }

  /** Made when first needed: a first visit shows its summary before any simulator is loaded. */
  private started(): Worker {
    if (this.worker !== undefined) return this.worker
    const worker = new Worker(new URL('./lab.worker.ts', import.meta.url), { type: 'module', name: 'lab' })
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.receive(data))
    worker.addEventListener('error', (event) => this.died(event.message))
    this.worker = worker
    return worker
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'forgot') return this.onForgot?.(message.runs)
    const pending = this.pending.get(message.id)
    if (pending === undefined) return
    if (message.kind === 'event') return pending.onEvent?.(message.event)
    this.pending.delete(message.id)
    if (message.kind === 'answer') pending.resolve(message.answer as never)
    else pending.reject(new Error(message.message))
  }

  private died(message: string): void {
    this.worker?.terminate()
    this.worker = undefined
    const error = new Error(`the simulator's worker stopped: ${message || 'it could not be loaded'}`)
    for (const pending of this.pending.values()) pending.reject(error)
    this.pending.clear()
  }
}
