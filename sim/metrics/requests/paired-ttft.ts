/**
 * The TTFT of every served request under its user's number. Two policies face the same users, so this is what pairs
 * their requests one by one (`both_served`). 16 bytes per served request; collected only when asked for.
 */

export interface ServedTtft {
  /** User ids, ascending. */
  readonly users: Float64Array
  readonly ttft_ms: Float64Array
}

/** By public model. Plain data: it travels between threads. */
export interface PairedSamples {
  readonly [model: string]: ServedTtft
}

class Columns {
  users = new Float64Array(256)
  ttft_ms = new Float64Array(256)
  length = 0

  add(user: number, ttft_ms: number): void {
    if (this.length === this.users.length) {
      const users = new Float64Array(this.length * 2)
      const ttfts = new Float64Array(this.length * 2)
      users.set(this.users)
      ttfts.set(this.ttft_ms)
      this.users = users
      this.ttft_ms = ttfts
    }
    this.users[this.length] = user
    this.ttft_ms[this.length] = ttft_ms
    this.length += 1
  }

  /** A user is served at most once, so the order is total. */
  sorted(): ServedTtft {
    const order = Uint32Array.from({ length: this.length }, (_, i) => i)
    order.sort((a, b) => this.users[a]! - this.users[b]!)
    return {
      users: Float64Array.from(order, (i) => this.users[i]!),
      ttft_ms: Float64Array.from(order, (i) => this.ttft_ms[i]!),
    }
  }
}

export class PairedTtft {
  private readonly byModel: Columns[] = []

  add(model: number, user: number, ttft_ms: number): void {
    const columns = (this.byModel[model] ??= new Columns())
    columns.add(user, ttft_ms)
  }

  /** By index of model; empty columns for a model that served nobody. */
  ofModel(model: number): ServedTtft {
    return (this.byModel[model] ?? new Columns()).sorted()
  }
}
