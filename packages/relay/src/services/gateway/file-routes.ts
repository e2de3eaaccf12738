import { Readable } from 'node:stream'
import { DocstoreError, isFileCid } from '@p2p-docstore/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Docstore } from 'p2p-docstore'

/** Media types that a browser may show as they are: nothing in them runs. Everything else is only saved. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/

/** A range of a request: bytes from `start` on and before `end`. */
interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Files over HTTP, to read, whole or in part: those that this relay has all of. A CID is their ETag, so what a cache has is never sent twice. */
export async function fileRoutes(http: FastifyInstance, { store }: { store: Docstore }): Promise<void> {
  http.get('/ns/:ns/files/:cid', async (request: FastifyRequest<{ Params: { ns: string; cid: string } }>, reply) => {
    const { ns, cid } = request.params
    const facts = isFileCid(cid) ? await store.replica.file(ns, cid) : undefined
    if (facts?.state !== 'whole') throw new DocstoreError('not-found', 'This relay has no such file, or not all of it')
    const tag = `"${cid}"`
    // The document may give it another name any time.
    void reply.header('etag', tag).header('cache-control', 'no-cache').header('accept-ranges', 'bytes')
    if (request.headers['if-none-match'] === tag) return reply.status(304).send()
    const range = rangeOf(request.headers.range, facts.size)
    if (range === undefined) return reply.status(416).header('content-range', `bytes */${facts.size}`).send()
    return sendRange(store, reply, { ns, cid, size: facts.size, range })
  })
}

async function sendRange(
  store: Docstore,
  reply: FastifyReply,
  { ns, cid, size, range }: { readonly ns: string; readonly cid: string; readonly size: number; readonly range: ByteRange },
): Promise<FastifyReply> {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort(new DocstoreError('cancelled', 'Nobody waits for the file any more')))
  const file = await (await store.namespaces.open(ns)).getFile(cid, { range, signal: gone.signal })
  if (file === undefined) throw new DocstoreError('not-found', 'The file was deleted')
  const { start, end } = range
  const isWhole = start === 0 && end === size
  if (!isWhole) void reply.status(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  const isShown = file.type !== undefined && SHOWN.test(file.type)
  const name = encodeURIComponent(file.name ?? cid).replaceAll("'", '%27')
  void reply
    .type(isShown ? (file.type ?? '') : 'application/octet-stream')
    .header('content-disposition', `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${name}`)
    .header('content-length', end - start)
  return reply.send(Readable.from(file, { objectMode: false, highWaterMark: 0 }))
}

/** The one range that is asked for, all where there is none or it is of another form; `undefined` where the file has no such bytes (RFC 9110 §14). */
function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return { start: 0, end: size }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  return start < end ? { start, end } : undefined
}
