import { type CommitEvent, DocstoreError, type Replica } from '@p2p-docstore/core'
import type { Network, NetworkEvents } from '../network/types.ts'
import { methodsOf, remoteMethods, type RpcClient, type Service } from './rpc.ts'

/** What a replica offers over a line. */
export const REPLICA_METHODS = [
  'info',
  'getMeta',
  'setMeta',
  'listMeta',
  'createNamespace',
  'openProfile',
  'namespaces',
  'namespaceIds',
  'namespace',
  'write',
  'update',
  'entryTime',
  'pending',
  'pendingCounts',
  'dropPending',
  'awaited',
  'get',
  'getVersion',
  'history',
  'historySize',
  'find',
  'conflicts',
  'conflicted',
  'broken',
  'openReading',
  'readOn',
  'endReading',
  'distinct',
  'overview',
  'openFeed',
  'readFeed',
  'count',
  'explain',
  'collections',
  'changes',
  'createIndex',
  'dropIndex',
  'indexes',
  'content',
  'documentOf',
  'changeHead',
  'forgetNamespace',
  'file',
  'uploadPieces',
  'uploadTree',
  'endUpload',
  'missingBlocks',
  'storeBlock',
  'readFile',
  'block',
  'partialFiles',
  'headSeq',
  'headAndLogs',
  'exportNamespace',
  'listedNamespaces',
  'readNamespace',
  'importNamespace',
  'ownerLog',
  'logsDigest',
  'logTips',
  'missingLogs',
  'exportActs',
  'importActs',
  'person',
  'changePerson',
  'changeRoles',
  'members',
  'namespaceHistory',
  'addToPerson',
  'cutTime',
  'personFacts',
  'becomeDevice',
  'restorePerson',
  'actAsRecovery',
  'rotateRecovery',
  'recoverySeed',
  'keepRecoverySeed',
  'personsByRecovery',
  'personLog',
  'learnPerson',
  'devicesOf',
  'personsOfKey',
  'namespacesOf',
  'summary',
  'isInPlace',
  'checkStorage',
  'usage',
  'backup',
  'checkSummaries',
  'lastSeq',
  'future',
  'redate',
  'noteTaken',
  'giveUp',
  'compactSome',
  'eraseOwn',
  'forgetDeleted',
  'batchSince',
  'batchOf',
  'accept',
  'firstQuestion',
  'auditQuestion',
  'answer',
  'compareReply',
  'print',
  'prove',
  'takeAway',
] as const satisfies readonly (keyof Replica)[]

/** What a network offers over a line. */
export const NETWORK_METHODS = [
  'peerId',
  'addresses',
  'peers',
  'clock',
  'directory',
  'listed',
  'where',
  'content',
  'contentHolders',
  'placement',
  'sectors',
  'drain',
  'bring',
  'profiles',
  'picture',
  'describe',
  'addRelay',
  'revoke',
  'isRelay',
  'reach',
  'connected',
  'want',
  'unwant',
  'namespaceStatus',
  'sync',
  'delivered',
  'fetchFile',
  'fileDelivered',
  'publish',
  'subscribe',
  'unsubscribe',
  'offerDevice',
  'comparedDevice',
  'deviceDecided',
  'confirmDevice',
  'deviceDelivered',
  'endDeviceOffer',
  'beginJoining',
  'finishJoining',
  'findPerson',
  'askNames',
  'claimName',
  'tellNames',
] as const satisfies readonly (keyof Network)[]

const NETWORK_EVENTS = ['peers', 'sync', 'message', 'directory', 'clock'] as const satisfies readonly (keyof NetworkEvents)[]

/** A replica that lives on the other side of a line. Closing it closes nothing there. */
export function remoteReplica(client: RpcClient): Replica {
  return {
    ...remoteMethods<Replica, (typeof REPLICA_METHODS)[number]>(client, REPLICA_METHODS, 'replica.'),
    nostr: () => Promise.reject(new DocstoreError('unsupported', 'Events of Nostr are where the data is held')),
    onCommit: (listener) => client.onEvent((name, payload) => name === 'commit' && listener(payload as CommitEvent)),
    close: async () => undefined,
  }
}

/** A network that lives on the other side of a line. Closing it closes nothing there. */
export function remoteNetwork(client: RpcClient): Network {
  return {
    ...remoteMethods<Network, (typeof NETWORK_METHODS)[number]>(client, NETWORK_METHODS, 'network.'),
    on: (event, listener) => client.onEvent((name, payload) => name === event && listener(payload as never)),
    close: async () => undefined,
  }
}

/** What a process or thread that holds a replica, and perhaps the network, offers to others. */
export function peerService(replica: Replica, network: () => Network | undefined): Service {
  const callReplica = methodsOf(replica, REPLICA_METHODS)
  return {
    call: async (method, args) => {
      if (method.startsWith('replica.')) return callReplica(method.slice('replica.'.length), args)
      const current = network()
      if (method === 'has-network') return current !== undefined
      if (current === undefined) throw new Error('The process that holds the data is not connected')
      return methodsOf(current, NETWORK_METHODS)(method.slice('network.'.length), args)
    },
    events: (emit) => {
      const ends = [replica.onCommit((event) => emit('commit', event))]
      const current = network()
      if (current !== undefined) for (const event of NETWORK_EVENTS) ends.push(current.on(event, (payload) => emit(event, payload)))
      return () => {
        for (const end of ends) end()
      }
    },
  }
}
