/**
 * The search for the least value of an unknown function on a box: DIRECT (Jones, Perttunen and Stuckman 1993), which divides the box
 * where a low value, or much room, promises most. From a library (ml-direct of mljs: small, typed, MIT). Of the methods that
 * need no derivative it suits best: it keeps to bounds, does not stick to the valley it starts in, as Nelder and Mead's does, and
 * draws nothing at random, so the same values lead to the same questions.
 *
 * The library asks for values at once, and ours are simulations that take minutes on other threads. So each of its iterations runs
 * twice from the same state: once to hear all it asks, once with the answers.
 */
import direct from 'ml-direct'

/** From 0 to 1 along each axis. */
export type UnitPoint = readonly number[]

const keyOf = (point: ArrayLike<number>): string => Array.from(point).join(' ')

export class DirectSearch {
  private state: unknown

  constructor(private readonly axes: number) {}

  /** What the next iteration wants to know; at once, because none of it depends on the other answers. */
  ask(): readonly UnitPoint[] {
    const asked: UnitPoint[] = []
    this.iterate((point) => {
      asked.push(point)
      return 0
    })
    return asked
  }

  /** Answers in the order of the questions. */
  tell(asked: readonly UnitPoint[], answers: readonly number[]): void {
    const known = new Map(asked.map((point, index) => [keyOf(point), answers[index]!]))
    this.state = this.iterate((point) => known.get(keyOf(point))!)
  }

  private iterate(valueAt: (point: UnitPoint) => number): unknown {
    const low = Array.from({ length: this.axes }, () => 0)
    const high = low.map(() => 1)
    // A copy: the library writes into the state it is given.
    const from = this.state === undefined ? {} : { initialState: structuredClone(this.state) }
    return direct((point) => valueAt(Array.from(point)), low, high, { iterations: 1, ...from }).finalState
  }
}
