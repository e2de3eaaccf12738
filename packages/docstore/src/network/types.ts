import type { ClockReport, LogParcel, NamespaceInfo, Signed } from '@p2p-docstore/core'

/** What a relay keeps: everything in the network, what it owns of that (docs/spec/placement.md), or only what peers bring that are no relays. */
export type RelayStorage = 'all' | 'owned' | 'asked'

/** How a relay or peer is connected; `relay`: through a relay, for a short time and a few bytes. */
export type Via = 'tcp' | 'websocket' | 'webrtc-direct' | 'webrtc' | 'relay' | 'other'

/** A peer that is connected or that we try to reach. */
export interface PeerStatus {
  /** libp2p peer id; the relay's address while it was never reached. */
  readonly id: string
  readonly via: Via | undefined
  readonly role: 'relay' | 'peer'
  readonly state: 'connected' | 'connecting'
  /** Where it was found. */
  readonly origin: string | undefined
  /** Why the last attempt failed, and the stable code of that. */
  readonly error: string | undefined
  readonly errorCode: string | undefined
  /** Of a relay that is not connected: whether it has let this peer in, and has not begun to sync yet. */
  readonly isLetIn?: boolean
  /** How a direct connection to a browser stands that was found through a relay; absent where none is wanted. */
  readonly direct?: 'open' | 'trying' | 'failed' | undefined
  /** How far our clock is ahead of that relay's, milliseconds; absent where it has not told its time. */
  readonly clockAheadMs?: number | undefined
  /** Of a connected relay: what it does for others; absent where it does all that relays do. */
  readonly services?: readonly string[]
  /** Whether this peer has a place at that relay, so that others can reach it through there. */
  readonly reservation: boolean
}

/** What relays had under a CID, checked. */
export interface FoundContent {
  /** `undefined` where nobody who was asked has it. */
  readonly bytes: Uint8Array | undefined
  /** The relay that gave it: its own, or what it found at another one. */
  readonly peer: string | undefined
  /** Relays that were asked. */
  readonly asked: readonly string[]
}

/** What a peer of the directory says of itself, and whether it is connected here. */
export interface DirectoryPeer {
  /** libp2p peer id. */
  readonly peer: string
  readonly role: 'relay' | 'peer'
  /** `did:key` of who runs it, where it says so; that one has signed it. */
  readonly identity: string | undefined
  /** Multiaddrs without the peer id. */
  readonly addresses: readonly string[]
  /** Origin of its page. */
  readonly origin: string | undefined
  /** What it does for others, and how much of it. */
  readonly services: readonly string[]
  readonly limits: Readonly<Record<string, number>>
  /** Listed peers that it is connected to. */
  readonly links: readonly { readonly peer: string; readonly via: Via }[]
  /** Unix milliseconds by its clock: running since, this was said at, it holds until. */
  readonly since: number
  readonly at: number
  readonly expires: number
  readonly isSelf: boolean
  readonly connected: boolean
  readonly via: Via | undefined
}

/** Where a namespace lies, as far as connected relays tell. */
export interface Whereabouts {
  /** Number of its sector, 0 to 1,023. */
  readonly sector: number
  /** Whether there are so few relays that each keeps everything. */
  readonly everywhere: boolean
  /** Relays that are to keep it, and whether they said that they do. */
  readonly owners: readonly {
    readonly peer: string
    readonly origin: string | undefined
    readonly has: boolean
    /** How the sector stands there, as it or another relay told: absent where relays keep everything, or nobody told. */
    readonly state?: 'syncing' | 'serving' | 'leaving'
  }[]
  /** Other relays that said to keep it. They count for no copy. */
  readonly others: readonly string[]
  /** Owners that have it, and serve its sector where relays keep only a part each, and how many should. Of one that is split, those of the part that has fewest. */
  readonly copies: number
  readonly wanted: number
  /** The same for each part of one that is split. `owners` above are all of them then, and `sector` is the one by which its head is found. */
  readonly parts?: readonly PartWhereabouts[]
}

/** Where parts of a namespace lie that share a sector. */
export interface PartWhereabouts extends Pick<Whereabouts, 'sector' | 'owners' | 'copies' | 'wanted'> {
  /** Their numbers, from 1 on. */
  readonly parts: readonly number[]
}

/** How the sectors of a relay stand, for who runs it. */
export interface SectorsReport {
  readonly members: number
  readonly copies: number
  readonly everywhere: boolean
  readonly draining: boolean
  readonly owned: number
  readonly serving: number
  readonly syncing: number
  /** Sectors that lie here and belong to others, and of these the ones that are safe with them. */
  readonly leaving: number
  readonly safe: number
  /** Namespaces in those that are not. */
  readonly unsafe: number
  /**
   * Since the start: sectors that were made equal with another relay, namespaces that were given up, and what this relay asked of other relays and
   * brought them, bytes with the answers, by purpose and kind of request: `sync pull`, `reading open`, `placement status`.
   */
  readonly compared: number
  readonly dropped: number
  readonly moved: Readonly<Record<string, { readonly requests: number; readonly bytes: number }>>
}

/** How many sectors stand how at a relay, by its own word. */
export interface RelaySectorsReport extends Omit<SectorsReport, 'compared' | 'dropped' | 'moved'> {
  /** Peer id. */
  readonly peer: string
}

/** What a listed peer tells others of itself besides its addresses and links. */
export interface PeerFacts {
  readonly origin?: string
  readonly services?: readonly string[]
  readonly limits?: Readonly<Record<string, number>>
  /** Whether it is about to go, so that others are to take over what it owns. */
  readonly draining?: boolean
}

/** How one namespace stands with one peer. */
export interface NamespacePeerStatus {
  readonly id: string
  /** Only what is on a relay counts as a copy. */
  readonly role: 'relay' | 'peer'
  readonly via: Via | undefined
  readonly state: 'waiting' | 'absent' | 'declined' | 'syncing' | 'live' | 'failed' | 'offline'
  /** Unix milliseconds; `undefined` where both were never seen to be equal. */
  readonly lastSyncedAt: number | undefined
  /** In which parts of a namespace that is split, as 64 bits by the first six bits of slots; absent for all of it. */
  readonly parts?: Uint8Array
  /** Local position up to which the peer has everything of that, but for what it holds back. */
  readonly acked: number
  /** Records that the peer holds, tombstones included: as it said last, and what it took since. */
  readonly have: number
  /** Records that it holds and that are on their way here; an estimate until both were compared. */
  readonly want: number
  readonly received: number
  readonly sent: number
  /** Records that the peer, or we, refused when both were last compared, and since; and the latest reason. */
  readonly refused: number
  readonly lastRefusal: string | undefined
  /** Records of ours that it holds back because they lie in its future; Unix milliseconds from which on it takes the last of them. */
  readonly held: number
  readonly heldUntil: number | undefined
  readonly error: string | undefined
}

/** How a namespace stands with the network. */
export interface NamespaceStatus {
  readonly peers: readonly NamespacePeerStatus[]
}

/** What bringing a namespace up to date did. */
export interface SyncReport {
  readonly received: number
  readonly sent: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly rounds: number
  /** Relays with which both sides were seen to be equal. */
  readonly peers: readonly string[]
}

/** Which namespaces are asked for: at most `limit` with ids greater than `after`. */
export interface ListRequest {
  readonly after: string
  readonly limit: number
}

/** A namespace that relays hold and its owner lists. */
export interface ListedNamespace extends NamespaceInfo {
  /** Whether it is on this machine. */
  readonly isHere: boolean
}

/** A part of the namespaces that the network's relays hold and their owners list. */
export interface ListedPage {
  /** By rising id. */
  readonly namespaces: readonly ListedNamespace[]
  /** Where the next part begins; `undefined` where this was the last. */
  readonly next: string | undefined
  /** Relays that answered. */
  readonly relays: number
}

/** Profiles that relays told of, each checked. */
export interface ToldProfiles {
  /** As the newest known head of each says, and the number of that head. */
  readonly profiles: readonly { readonly info: NamespaceInfo; readonly seq: number }[]
  /** Relays that answered. */
  readonly relays: number
  /** Whether those that should know all of them could be asked. */
  readonly isWhole: boolean
}

/** A person whom a relay knows, and the namespaces of theirs that it keeps, as it says. */
export interface FoundPerson {
  readonly log: LogParcel
  readonly namespaces: readonly string[]
  /** Whether the person shows that the recovery key is theirs: by how they began, or by what that key has signed. */
  readonly isProved: boolean
}

/** What the authorities of a network answered to the claim of a name. */
export interface ClaimedName {
  /** How many of them granted it. */
  readonly granted: number
  /** Why others did not, by the stable code. */
  readonly refusals: readonly { readonly code: string; readonly message: string }[]
}

/** An application message. */
export interface Message {
  readonly topic: string
  /** Peer id of the sender. */
  readonly from: string
  readonly text: string
  /** Unix milliseconds, by our clock, when it arrived. */
  readonly at: number
  /** Which store of this very peer sent it; absent in messages of others. */
  readonly store?: string | undefined
}

/** What a network reports by itself. */
export interface NetworkEvents {
  /** A peer connected, went, or could not be reached. */
  readonly peers: readonly PeerStatus[]
  /** Something about how this namespace stands has changed. */
  readonly sync: { readonly namespace: string }
  readonly message: Message
  /** What the relays say about the clock here has changed. */
  readonly clock: ClockReport
  /** Who is listed has changed, or what they say of themselves: how many there are now. */
  readonly directory: { readonly peers: number; readonly relays: number }
}

/**
 * The connections of one peer. All arguments and results can be cloned, because a second process on the same data, or a second tab,
 * uses the network of the first.
 */
export interface Network {
  /** This peer's id. */
  peerId(): Promise<string>
  /** Multiaddrs on which others reach this peer. */
  addresses(): Promise<readonly string[]>
  peers(): Promise<readonly PeerStatus[]>
  /** What the relays that greeted say about the clock here. */
  clock(): Promise<ClockReport>
  /** Relays and peers that are listed: everyone who wants to be known, wherever they are connected. */
  directory(): Promise<readonly DirectoryPeer[]>
  /** Namespaces that connected relays hold and their owners list; those that do not answer within `timeoutMs` are left out. */
  listed(request: ListRequest & { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<ListedPage>
  /** Which relays own the part of the key space that a namespace lies in, and which of them say that they keep it; those that do not answer within `timeoutMs` do not. */
  where(request: { readonly ns: string; readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Whereabouts>
  /**
   * Content by its CID (of a document, or of a block of a file) from relays: connected ones, others that these ask, and others of the directory. Nobody keeps it for that. Throws `bad-cid`; `busy` at
   * a relay that asks for too much at a time.
   */
  content(request: { readonly cid: string; readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<FoundContent>
  /** Relays that gave content of this CID when they were asked, this one included. */
  contentHolders(request: { readonly cid: string; readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<readonly string[]>
  /** How the sectors of this relay stand; `undefined` where this is none that keeps documents. */
  placement(): Promise<SectorsReport | undefined>
  /** How sectors stand at relays that keep documents, this one included, as each says of itself within `timeoutMs`; 33 are asked at most. */
  sectors(request: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<readonly RelaySectorsReport[]>
  /** Lets others take over all that this relay owns, or no more. It goes on after a restart. Throws `no-relay-here`. */
  drain(isDraining: boolean): Promise<void>
  /**
   * At a relay that keeps a part: gets a namespace that is not here from the relays that have it, to have it for a while. Resolves when it is here as they
   * have it, and also when nobody has it or it took too long. Of one that is split, all that is not here comes: throws `busy` where it does not.
   */
  bring(ns: string): Promise<void>
  /** What profiles say, by their ids, 100 at most; relays that do not answer within `timeoutMs` are left out. */
  profiles(request: { readonly ids: readonly string[]; readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<ToldProfiles>
  /** The bytes of a picture that a profile names, from a relay; `undefined` where none has it in time. */
  picture(request: {
    readonly ns: string
    readonly cid: string
    readonly timeoutMs: number
    readonly signal?: AbortSignal
  }): Promise<Uint8Array | undefined>
  /** Adds to what others are told of this peer, where it is listed. */
  describe(facts: PeerFacts): Promise<void>
  /** Remembers a relay and keeps in touch with it from now on. */
  addRelay(origin: string): Promise<void>
  /** Takes an invitation back, by its packed revocation; resolves with the number of peers that know it now. Throws `bad-revocation`. */
  revoke(revocation: Uint8Array): Promise<number>
  /** Whether this peer is a relay itself. */
  isRelay(): Promise<boolean>
  /**
   * Tries the relays that are not connected, once, now; resolves with the number of connected ones when every try has an end, or soon after
   * one was connected.
   */
  reach(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<number>
  /** Resolves with the number of connected relays, as soon as there is one or when the time is over. */
  connected(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<number>

  /** Keeps a namespace equal with the relays from now on. */
  want(ns: string): Promise<void>
  /** Keeps it equal with nobody any more, and looks for it no longer. */
  unwant(ns: string): Promise<void>
  namespaceStatus(ns: string): Promise<NamespaceStatus>
  /**
   * Makes a namespace equal with all relays now; with `connectedOnly`, with those that are connected already. Once it is with one, others
   * that stand still for a second are left out.
   */
  sync(ns: string, options: { readonly timeoutMs: number; readonly connectedOnly?: boolean; readonly signal?: AbortSignal }): Promise<SyncReport>
  /** Resolves with the peers that have everything up to local position `seq`, once they are `copies`. */
  delivered(
    ns: string,
    options: { readonly copies: number; readonly seq: number; readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly string[]>

  /**
   * Fetches what is not here of bytes `from` to `to` of a file that a document of the namespace names. Throws `file-unavailable` with `asked`, the
   * peers that do not have it, where nobody does.
   */
  fetchFile(ns: string, cid: string, options: { readonly from: number; readonly to: number; readonly signal?: AbortSignal }): Promise<void>
  /** Resolves with the relays that have all of a file, once they are `copies`. Time counts while nothing moves. Throws `not-delivered`, `not-found`. */
  fileDelivered(
    ns: string,
    cid: string,
    options: { readonly copies: number; readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly string[]>

  /**
   * Sends a message to a topic; resolves with the number of peers that it was handed to. Other programs on the same data get it
   * too: `store` lets the sender tell its own messages from theirs.
   */
  publish(topic: string, text: string, store?: string): Promise<number>
  subscribe(topic: string): Promise<void>
  unsubscribe(topic: string): Promise<void>

  /** Opens a link that adds a device to the person of this data; one that was open ends. Throws `no-person`. */
  offerDevice(): Promise<{ readonly link: string }>
  /** Resolves with the device that waits for its code to be compared. Throws `pairing-ended`. */
  comparedDevice(options: { readonly signal?: AbortSignal }): Promise<{ readonly key: Uint8Array; readonly label: string }>
  /** Resolves when no device waits for that any more: it was added, or turned away and another one can come, or the link has ended. */
  deviceDecided(options: { readonly signal?: AbortSignal }): Promise<'added' | 'turned-away' | 'ended'>
  /** Adds the device whose code was typed. Throws `wrong-check-code`, `pairing-ended`. */
  confirmDevice(code: string): Promise<{ readonly key: Uint8Array; readonly label: string }>
  /** Resolves with whether the new device has fetched all that it was given, and ends the link. */
  deviceDelivered(options: { readonly timeoutMs: number }): Promise<boolean>
  endDeviceOffer(): Promise<void>
  /** Begins to become a device of the person who made a link; resolves with the code that is to be typed there. Throws `bad-link`, `other-network`, `bad-label`, `device-unreachable` after `timeoutMs` without it. */
  beginJoining(options: {
    readonly link: string
    readonly label: string
    readonly timeoutMs?: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly code: string; readonly person: Uint8Array }>
  /** Resolves with the ids of the person's namespaces, once this data signs for that person. Throws `wrong-check-code`, `pairing-ended`. */
  finishJoining(): Promise<readonly string[]>
  /**
   * The person with a recovery key, of this seed, as connected relays know them; `undefined` where none does. Where several name that key and none proves that it is theirs, the
   * one with this digest, else it throws `several-persons`.
   */
  findPerson(options: {
    readonly seed: Uint8Array
    readonly person?: Uint8Array
    readonly timeoutMs: number
    readonly signal?: AbortSignal
  }): Promise<FoundPerson | undefined>

  /**
   * Asks connected relays, and the authorities of names, about usernames and about those of persons, by their digests. What they tell is checked and kept in the data; resolves with how many answered
   * within `timeoutMs`.
   */
  askNames(request: {
    readonly names: readonly string[]
    readonly persons: readonly Uint8Array[]
    readonly timeoutMs: number
    readonly signal?: AbortSignal
  }): Promise<number>
  /** Asks the authorities for a name, with a signed claim, and keeps in the data what they grant. */
  claimName(request: { readonly claim: Signed; readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<ClaimedName>
  /** Keeps signed statements about names, and tells relays and authorities all that is known of these names, with the logs of these persons; resolves with how many were told. */
  tellNames(request: {
    readonly names: readonly string[]
    readonly statements: readonly Signed[]
    readonly persons: readonly Uint8Array[]
    readonly timeoutMs: number
    readonly signal?: AbortSignal
  }): Promise<number>

  on<K extends keyof NetworkEvents>(event: K, listener: (payload: NetworkEvents[K]) => void): () => void
  close(): Promise<void>
}
