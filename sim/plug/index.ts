/** Everything a policy file imports. */
export { definePolicy, routingBy } from './policy.ts'
export { poolKeys, samePool } from './pool-keys.ts'
export type {
  AliasView,
  AssignmentState,
  AssignmentView,
  Demand,
  Movable,
  Plan,
  PlanQuestion,
  Policy,
  PolicyContext,
  PoolQuestion,
  PoolVerdict,
  ProviderView,
  RoutesBy,
  SlotView,
  Surface,
} from './policy.ts'
export type { BuildId, ModelName, ProviderId } from '../base/ids.ts'
export type { Micros } from '../base/time.ts'
