/** Everything a policy file imports. */
export { completePolicy, definePolicy, type PolicyDefinition } from './define-policy.ts'
export {
  choice,
  fitsParameter,
  type Parameter,
  parameterRange,
  type Parameters,
  type ParameterValue,
  type ParameterValues,
  parameterValues,
  real,
  text,
  toggle,
  whole,
} from './parameters.ts'
export { routingBy } from './policy.ts'
export { poolKeys, samePool } from './pool-keys.ts'
export { type SurfaceName, SURFACES } from './surfaces.ts'
export type {
  AliasView,
  AssignmentState,
  AssignmentView,
  PolicyContext,
  ProviderView,
  SlotView,
  Surface,
} from './context.ts'
export type {
  Demand,
  Movable,
  Plan,
  PlanQuestion,
  Policy,
  PoolQuestion,
  PoolTest,
  PoolVerdict,
  RoutesBy,
} from './policy.ts'
export type {
  AdmitAnswer,
  ArrivingRequest,
  AttemptOutcome,
  CostTerms,
  DoorVerdict,
  FilterVerdict,
  ModelDemand,
  PickDraw,
  PolicyCandidate,
  PolicyDraw,
  PolicyMachine,
  PolicyRefusal,
  PolicyRequest,
  PolicyView,
  PricedMachine,
  RetryAnswer,
  RetryQuestion,
  Surfaces,
} from './surfaces.ts'
export type { BuildId, ModelName, ProviderId, RequestId } from '../base/ids.ts'
export type { Micros } from '../base/time.ts'
