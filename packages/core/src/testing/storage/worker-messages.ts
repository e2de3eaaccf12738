import type { Seal } from '../../model/seal.ts'
import type { Durability } from '../../storage/schema.ts'
import type { FileStorage } from '../../storage/files/file-storage.ts'
import type { CommitEntry, Storage } from '../../storage/storage.ts'
import type { BuildPlan, SignPlan } from './plans.ts'

/** What is asked of the worker. */
export type Request =
  | { readonly kind: 'open'; readonly name: string; readonly durability: Durability | undefined }
  | {
      readonly kind: 'commit'
      readonly ns: number
      readonly entries: readonly (Omit<CommitEntry, 'build'> & { readonly plan: BuildPlan })[]
      readonly seals: readonly Seal[] | undefined
      readonly sign: SignPlan | undefined
    }
  | {
      readonly kind: 'shrink'
      readonly ns: number
      readonly entries: readonly (Omit<CommitEntry, 'build'> & { readonly plan: BuildPlan })[]
      readonly seals: readonly Seal[] | undefined
      readonly isWhole: boolean | undefined
    }
  | { readonly kind: 'files' }
  | { readonly kind: 'file'; readonly method: keyof FileStorage; readonly args: readonly unknown[] }
  | { readonly kind: 'call'; readonly method: keyof Storage; readonly args: readonly unknown[] }

/** What it answers. */
export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: string; readonly message: string }
