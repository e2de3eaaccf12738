import { errorCode, errorMessage } from '../../errors.ts'
import { loadRegexEngine } from '../../query/index.ts'
import { openWebStorage } from '../../storage/open-web.ts'
import type { Storage } from '../../storage/storage.ts'
import { buildOf, signerOf } from './plans.ts'
import type { Answer, Request } from './worker-messages.ts'

let storage: Storage | undefined

function opened(): Storage {
  if (storage === undefined) throw new Error('open comes first')
  return storage
}

async function carryOut(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      // The filters that come here were read elsewhere.
      await loadRegexEngine()
      storage = await openWebStorage(request.name, request.durability === undefined ? {} : { durability: request.durability })
      return undefined
    case 'commit': {
      const entries = request.entries.map(({ plan, ...entry }) => ({ ...entry, build: buildOf(plan) }))
      const { seals, sign } = request
      return opened().commit(request.ns, entries, {
        ...(seals === undefined ? {} : { seals }),
        ...(sign === undefined ? {} : { sealWith: signerOf(sign) }),
      })
    }
    case 'shrink': {
      const entries = request.entries.map(({ plan, ...entry }) => ({ ...entry, build: buildOf(plan) }))
      const { seals = [], isWhole = false } = request
      return opened().commitShrinking(request.ns, entries, { seals, isWhole })
    }
    case 'files':
      await opened().files()
      return undefined
    case 'file': {
      const files = await opened().files()
      const method = Reflect.get(files, request.method) as (...args: readonly unknown[]) => unknown
      return method.apply(files, [...request.args])
    }
    case 'call': {
      // What the proxy calls is a method of Storage with its arguments.
      const method = Reflect.get(opened(), request.method) as (...args: readonly unknown[]) => unknown
      return method.apply(opened(), [...request.args])
    }
  }
}

globalThis.addEventListener('message', ({ data: { id, request } }: MessageEvent<{ id: number; request: Request }>) => {
  const answer = (answer: Answer): void => globalThis.postMessage({ id, answer })
  carryOut(request).then(
    (value) => answer({ ok: true, value }),
    (error: unknown) => answer({ ok: false, code: errorCode(error), message: errorMessage(error) }),
  )
})
