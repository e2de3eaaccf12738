import { cidText, DAG_CBOR, type Ledger, type Parts, type Replica } from '@p2p-docstore/core'
import { decodeStatus, encodeStatus, type SectorStatus } from '@p2p-docstore/core/placement'
import type { Misconduct } from '../admission/index.ts'
import type { Streams } from '../sync/index.ts'
import { type Asker, serveRequests } from '../sync/index-server.ts'
import type { SectorsReport } from '../types.ts'
import { MAX_LISTED, MAX_STATUS_FRAME_BYTES, MAX_STATUS_STREAMS } from './limits.ts'
import { decodeStatusRequest, encodeStatusMessage, type Standing, type StatusRequest, type StatusResponse } from './messages.ts'
import { statusProtocol } from './protocol.ts'
import type { SectorContents } from './sector-contents.ts'

/** What requests cost, in the units of the ledger: a proof reads all that it is about. */
const REQUEST_UNITS = 1
const PROVED_UNITS = 1

/** What answering takes. */
export interface StatusServerInit {
  readonly replica: Pick<Replica, 'prove'>
  readonly networkId: string
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  /** The key of a listed relay, in hexadecimal; `undefined` for everybody else. */
  readonly keyOf: (peer: string) => string | undefined
  readonly contents: SectorContents
  /** What of a namespace lies in a sector; `undefined` for all of it. */
  readonly partsIn: (ns: string, sector: number) => Parts | undefined
  /** Whether there is anything to agree about: where there is not, nobody looks at what lies here. */
  readonly isAtWork: () => boolean
  /** A relay said this of its sectors: what is to be answered. */
  readonly heard: (relay: string, theirs: readonly SectorStatus[]) => readonly SectorStatus[]
  /** How a sector stands here, and at others. */
  readonly where: (sector: number) => readonly Standing[]
  /** How all sectors stand here. */
  readonly report: () => Promise<SectorsReport>
}

/** Answers other relays, and who asks where something lies. */
export async function serveStatus(libp2p: Streams, init: StatusServerInit): Promise<void> {
  const { networkId, misconduct, ledgerOf } = init
  await serveRequests<StatusRequest, StatusResponse>(libp2p, {
    protocol: statusProtocol(networkId),
    maxFrameBytes: MAX_STATUS_FRAME_BYTES,
    maxStreams: MAX_STATUS_STREAMS,
    decode: decodeStatusRequest,
    encode: encodeStatusMessage,
    answer: (request, asker) => answer(request, asker, init),
    unitsOf: (request) => REQUEST_UNITS + (request.t === 'prove' ? request.namespaces.length * PROVED_UNITS : 0),
    misconduct,
    ledgerOf,
  })
}

async function answer(request: StatusRequest, { peer, onMisdeed }: Asker, init: StatusServerInit): Promise<StatusResponse> {
  const { keyOf, contents, replica } = init
  if (request.t === 'where') return { t: 'where', relays: init.where(request.sector) }
  if (request.t === 'report') {
    const { compared: _compared, dropped: _dropped, moved: _moved, ...counts } = await init.report()
    return { t: 'report', ...counts }
  }
  const relay = keyOf(peer)
  // It may have come before its descriptor has.
  if (relay === undefined) return { t: 'error', code: 'not-allowed', message: 'Only relays of the directory are told' }
  switch (request.t) {
    case 'status': {
      const theirs = decodeStatus(request.sectors)
      if (!theirs.ok) {
        onMisdeed('malformed')
        return { t: 'error', code: theirs.reason, message: 'The status cannot be read' }
      }
      if (init.isAtWork()) await contents.refresh()
      return { t: 'status', sectors: encodeStatus(init.heard(relay, theirs.value)) }
    }
    case 'list': {
      await contents.refresh()
      return { t: 'list', ...contents.list(request.sector, request.after, MAX_LISTED) }
    }
    case 'prove': {
      const proof = await replica.prove(
        request.namespaces.map((digest) => {
          const id = cidText(DAG_CBOR, digest)
          return { id, parts: request.sector === undefined ? undefined : init.partsIn(id, request.sector) }
        }),
        request.salt,
      )
      return proof === undefined ? { t: 'none' } : { t: 'proof', proof }
    }
  }
}

/** The key of a relay as bytes. */
export function keyBytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
