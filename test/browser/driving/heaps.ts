/** What a page and its worker hold after all garbage is gone, bytes: objects and the buffers that stand outside of their heaps. */
import type { CDPSession, Page } from 'playwright-core'

export interface Heaps {
  readonly page: number
  /** 0: it has none. */
  readonly worker: number
}

interface HeapUsage {
  readonly usedSize: number
  readonly backingStorageSize?: number
}

type Send = (method: string) => Promise<unknown>

const heldBytes = async (send: Send): Promise<number> => {
  // What the first round frees may be all that keeps something else.
  await send('HeapProfiler.collectGarbage')
  await send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = (await send('Runtime.getHeapUsage')) as HeapUsage
  return usedSize + backingStorageSize
}

/** A worker is spoken to through its page: its messages stand in those of the page's. */
function sendThrough(session: CDPSession, sessionId: string): Send {
  let next = 1
  return (method) => {
    const id = next++
    return new Promise((resolve, reject) => {
      const hear = (event: { readonly sessionId: string; readonly message: string }): void => {
        if (event.sessionId !== sessionId) return
        const answer = JSON.parse(event.message) as {
          readonly id?: number
          readonly result?: unknown
          readonly error?: object
        }
        if (answer.id !== id) return
        session.off('Target.receivedMessageFromTarget', hear)
        if (answer.error === undefined) resolve(answer.result)
        else reject(new Error(`${method}: ${JSON.stringify(answer.error)}`))
      }
      session.on('Target.receivedMessageFromTarget', hear)
      session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(reject)
    })
  }
}

/** Of a page whose worker, if any, is not there yet or is: both are found. */
export async function heapsOf(page: Page): Promise<() => Promise<Heaps>> {
  const session = await page.context().newCDPSession(page)
  let worker: Send | undefined
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') worker = sendThrough(session, sessionId)
  })
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  const toPage: Send = (method) => session.send(method as 'Runtime.getHeapUsage')
  return async () => ({
    worker: worker === undefined ? 0 : await heldBytes(worker),
    page: await heldBytes(toPage),
  })
}
