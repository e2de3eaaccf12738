import { compareBytes } from '../../model/bytes.ts'
import type { Seal } from '../../model/seal.ts'
import type { CommitEntry, CommitSeals, NewRecord } from '../../storage/storage.ts'

/** What a competitor does with its slot, as data: a storage in a worker can be reached with it, functions cannot. */
export type BuildPlan =
  | { readonly kind: 'put'; readonly record: NewRecord }
  /** Stores the record where it is newer than what is there. */
  | { readonly kind: 'compete'; readonly record: NewRecord }
  | { readonly kind: 'keep' }
  | { readonly kind: 'fail' }

/** How a commit is signed, as data. */
export type SignPlan = { readonly kind: 'sign'; readonly by: Uint8Array } | { readonly kind: 'fail' }

/** What a failing plan throws. */
export const PLANNED_FAILURE = 'this build was planned to fail'

const builds = new WeakMap<CommitEntry['build'], BuildPlan>()
const signers = new WeakMap<NonNullable<CommitSeals['sealWith']>, SignPlan>()

/** The function that carries out a plan. */
export function buildOf(plan: BuildPlan): CommitEntry['build'] {
  const build: CommitEntry['build'] = (old) => {
    switch (plan.kind) {
      case 'put':
        return plan.record
      case 'compete': {
        const { record } = plan
        const isNewer = old === undefined || record.at > old.at || (record.at === old.at && compareBytes(record.hash, old.hash) < 0)
        return isNewer ? record : undefined
      }
      case 'keep':
        return undefined
      case 'fail':
        throw new Error(PLANNED_FAILURE)
    }
  }
  builds.set(build, plan)
  return build
}

/** The plan that a function carries out. */
export function planOf(build: CommitEntry['build']): BuildPlan {
  const plan = builds.get(build)
  if (plan === undefined) throw new TypeError('this build was not made from a plan')
  return plan
}

/** The function that signs as planned. What it makes has the shape of a seal; a storage does not verify it. */
export function signerOf(plan: SignPlan): (hashes: Uint8Array) => Seal {
  const signer = (hashes: Uint8Array): Seal => {
    if (plan.kind === 'fail') throw new Error(PLANNED_FAILURE)
    return { by: plan.by, hashes, signature: hashes.slice(0, 32) }
  }
  signers.set(signer, plan)
  return signer
}

/** The plan that a signer carries out. */
export function signPlanOf(signer: NonNullable<CommitSeals['sealWith']>): SignPlan {
  const plan = signers.get(signer)
  if (plan === undefined) throw new TypeError('this signer was not made from a plan')
  return plan
}
