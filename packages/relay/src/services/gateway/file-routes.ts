import { Readable } from 'node:stream'
import { DocstoreError, isFileCid } from '@p2p-docstore/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Docstore } from 'p2p-docstore'
import { knownNamespace } from './known-namespace.ts'

/** Media types that a browser may show as they are: nothing in them runs. Everything else is only saved. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/

/** A range of a request: bytes from `start` on and before `end`. */
interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Files that are fetched from others at once because somebody asks for them over HTTP. */
const MAX_FETCHED_FILES = 16

/** Files over HTTP, to read, whole or in part; what is not here is fetched from who has it. A CID is their ETag, so what a cache has is never sent twice. */
export async function fileRoutes(http: FastifyInstance, { store }: { store: Docstore }): Promise<void> {
  let fetching = 0

  http.get('/ns/:ns/files/:cid', async (request: FastifyRequest<{ Params: { ns: string; cid: string } }>, reply) => {
    const { ns, cid } = request.params
    if (!isFileCid(cid)) throw new DocstoreError('not-found', 'That names no file')
    await knownNamespace(store, ns)
    const facts = await store.replica.file(ns, cid)
    if (facts === undefined) throw new DocstoreError('not-found', 'No document of the namespace names this file')
    const tag = `"${cid}"`
    // The document may give it another name any time.
    void reply.header('etag', tag).header('cache-control', 'no-cache').header('accept-ranges', 'bytes')
    if (request.headers['if-none-match'] === tag) return reply.status(304).send()
    const range = rangeOf(request.headers.range, facts.size)
    if (range === undefined) return reply.status(416).header('content-range', `bytes */${facts.size}`).send()
    if (facts.state === 'whole') return sendRange(store, reply, { ns, cid, size: facts.size, range })
    if (fetching >= MAX_FETCHED_FILES)
      throw new DocstoreError('busy', 'The relay fetches as many files for others as it may. Ask again', { details: { retryAfter: 10 } })
    assertWaiting(reply)
    fetching++
    reply.raw.once('close', () => fetching--)
    return sendRange(store, reply, { ns, cid, size: facts.size, range })
  })
}

/** Throws where the connection has been closed: it tells nobody of that any more. */
function assertWaiting({ raw }: FastifyReply): void {
  if (raw.destroyed) throw new DocstoreError('cancelled', 'Nobody waits for the file any more')
}

async function sendRange(
  store: Docstore,
  reply: FastifyReply,
  { ns, cid, size, range }: { readonly ns: string; readonly cid: string; readonly size: number; readonly range: ByteRange },
): Promise<FastifyReply> {
  assertWaiting(reply)
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new DocstoreError('cancelled', 'Nobody waits for the file any more')))
  const file = await store.namespaces.peek(ns).getFile(cid, { range, signal: gone.signal })
  if (file === undefined) throw new DocstoreError('not-found', 'The file was deleted')
  const pieces = file[Symbol.asyncIterator]()
  // Nothing is promised before its first bytes are here: a file that nobody has is told as an error.
  const first = reply.request.method === 'HEAD' ? undefined : await pieces.next()
  const { start, end } = range
  const isWhole = start === 0 && end === size
  if (!isWhole) void reply.status(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  const isShown = file.type !== undefined && SHOWN.test(file.type)
  const name = encodeURIComponent(file.name ?? cid).replaceAll("'", '%27')
  void reply
    .type(isShown ? (file.type ?? '') : 'application/octet-stream')
    .header('content-disposition', `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${name}`)
    .header('content-length', end - start)
  if (first === undefined) return reply.send()
  return reply.send(Readable.from(startingWith(first, pieces), { objectMode: false, highWaterMark: 0 }))
}

async function* startingWith<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

/** The one range that is asked for, all where there is none or it is of another form; `undefined` where the file has no such bytes (RFC 9110 §14). */
function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return { start: 0, end: size }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  return start < end ? { start, end } : undefined
}
