import { DocstoreError } from '../../errors.ts'
import type { Durability } from '../../storage/schema.ts'
import type { FileStorage } from '../../storage/files/file-storage.ts'
import type { CommitOutcome, Storage } from '../../storage/storage.ts'
import { planOf, signPlanOf } from './plans.ts'
import type { Answer, Request } from './worker-messages.ts'

/** A worker with a storage of its own. */
export class StorageWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0

  constructor() {
    this.#worker.addEventListener('message', ({ data: { id, answer } }: MessageEvent<{ id: number; answer: Answer }>) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (answer.ok) waiting?.resolve(answer.value)
      else waiting?.reject(DocstoreError.passedOn(answer.code, answer.message))
    })
    this.#worker.addEventListener('error', ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The worker failed: ${message}`))
    })
  }

  /** Opens a storage in the worker; its commits must be made from plans. */
  async open(name: string, { durability }: { readonly durability?: Durability } = {}): Promise<Storage> {
    await this.#ask({ kind: 'open', name, durability })
    const call = (method: keyof Storage): never => ((...args: readonly unknown[]) => this.#ask({ kind: 'call', method, args })) as never
    return {
      // It lives where it is made.
      nostr: call('nostr'),
      getMeta: call('getMeta'),
      setMeta: call('setMeta'),
      listMeta: call('listMeta'),
      namespaces: call('namespaces'),
      saveNamespace: call('saveNamespace'),
      forgetNamespace: call('forgetNamespace'),
      halfForgotten: call('halfForgotten'),
      laterRecords: call('laterRecords'),
      recordsOf: call('recordsOf'),
      removeLater: call('removeLater'),
      // Without namespaces only: they come with functions.
      moveNamespaces: call('moveNamespaces'),
      readyForEdits: call('readyForEdits'),
      commit: async (ns, entries, { seals, sealWith } = {}) => {
        const planned = entries.map(({ build, ...entry }) => ({ ...entry, plan: planOf(build) }))
        const outcomes = await this.#ask({ kind: 'commit', ns, entries: planned, seals, sign: sealWith && signPlanOf(sealWith) })
        return outcomes as readonly (CommitOutcome | undefined)[]
      },
      commitShrinking: async (ns, entries, { seals, isWhole } = {}) => {
        const planned = entries.map(({ build, ...entry }) => ({ ...entry, plan: planOf(build) }))
        return (await this.#ask({ kind: 'shrink', ns, entries: planned, seals, isWhole })) as readonly (CommitOutcome | undefined | 'no-room')[]
      },
      keepHistory: call('keepHistory'),
      pastRecords: call('pastRecords'),
      tidyHistory: call('tidyHistory'),
      historySize: call('historySize'),
      historyNamespaces: call('historyNamespaces'),
      unsealed: call('unsealed'),
      attachSeal: call('attachSeal'),
      seal: call('seal'),
      times: call('times'),
      noteKnown: call('noteKnown'),
      future: call('future'),
      unknownFuture: call('unknownFuture'),
      compactSome: call('compactSome'),
      nextExpiry: call('nextExpiry'),
      expire: call('expire'),
      takeBackExpired: call('takeBackExpired'),
      forgetDeleted: call('forgetDeleted'),
      giveUp: call('giveUp'),
      lastSeq: call('lastSeq'),
      total: call('total'),
      recount: call('recount'),
      recordsSince: call('recordsSince'),
      recordsBySlot: call('recordsBySlot'),
      versionsSince: call('versionsSince'),
      versionsBetween: call('versionsBetween'),
      documentByDigest: call('documentByDigest'),
      get: call('get'),
      getVersion: call('getVersion'),
      conflicts: call('conflicts'),
      conflicted: call('conflicted'),
      find: call('find'),
      openReading: call('openReading'),
      readOn: call('readOn'),
      endReading: call('endReading'),
      openFeed: call('openFeed'),
      readFeed: call('readFeed'),
      distinct: call('distinct'),
      overview: call('overview'),
      count: call('count'),
      explain: call('explain'),
      collections: call('collections'),
      createIndex: call('createIndex'),
      dropIndex: call('dropIndex'),
      indexes: call('indexes'),
      hasFilesToClear: call('hasFilesToClear'),
      hasLogs: call('hasLogs'),
      logs: call('logs'),
      logNeeds: call('logNeeds'),
      acts: call('acts'),
      addActs: call('addActs'),
      dropActs: call('dropActs'),
      dropLog: call('dropLog'),
      files: async () => {
        await this.#ask({ kind: 'files' })
        const file = (method: keyof FileStorage): never => ((...args: readonly unknown[]) => this.#ask({ kind: 'file', method, args })) as never
        return {
          named: file('named'),
          partial: file('partial'),
          setState: file('setState'),
          giveBack: file('giveBack'),
          hold: file('hold'),
          store: file('store'),
          upload: file('upload'),
          endUploads: file('endUploads'),
          keepFor: file('keepFor'),
          letGo: file('letGo'),
          block: file('block'),
          clear: file('clear'),
        }
      },
      isInPlace: call('isInPlace'),
      findDamage: call('findDamage'),
      rebuildIndexes: call('rebuildIndexes'),
      backup: call('backup'),
      isAuthor: call('isAuthor'),
      scrub: call('scrub'),
      close: call('close'),
    }
  }

  /** Ends the worker at once, as when its tab is closed. */
  terminate(): void {
    this.#worker.terminate()
  }

  #ask(request: Request): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request })
    })
  }
}
