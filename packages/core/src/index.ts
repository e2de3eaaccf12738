export { base32 } from 'multiformats/bases/base32'
export { base64url } from 'multiformats/bases/base64'
export { sha256 } from '#crypto'
export type { ErrorCode } from './error-codes.ts'
export { DAG_PB, type FileKey, isFileCid } from './files/file-cid.ts'
export { type ForeignFile, openForeignFile } from './files/foreign-file.ts'
export { FileWalk } from './files/file-walk.ts'
export { CHUNK_BYTES, MAX_FILE_BYTES } from './files/limits.ts'
export { DocstoreError, errorCode, errorMessage } from './errors.ts'
export { compareBytes, concatBytes, equalBytes, fromUtf8, toHex, utf8 } from './model/bytes.ts'
export { type Batch, decodeBatch, encodeBatch, lastParts, readLastParts, type WireRecord } from './model/batch.ts'
export { asStruct, decodeCbor, encodeCbor, isBytes, isUint } from './model/encoding/cbor.ts'
export { type ContentCid, readContentCid } from './model/encoding/content-cid.ts'
export { type CID, cidOf, cidOfBytes, cidText, contentCidText, DAG_JSON, DAG_CBOR, isOurCid, parseCid, RAW } from './model/encoding/cid.ts'
export { acceptableFrom, msFromTime, timeFromMs } from './model/clock.ts'
export { canonicalJson, type Document, formerText, isFormerJson, isPlainObject, jsonCopy } from './model/content.ts'
export type { Json } from './model/json/json-value.ts'
export { contentId } from './model/content-id.ts'
export { isHeld, printsAlike } from './model/json/json-number.ts'
export { JsonFault, LongNumber, type LongNumbers, parseJson, plainNumber, type ReadJson, readJson } from './model/json/parse-json.ts'
export { isCollectionName } from './model/namespace/collection-name.ts'
export type { CollectionSettings, CollectionsSettings } from './model/namespace/collection-settings.ts'
export { COLLECTION_TYPES, type CollectionType, isOfAuthors } from './model/types/collection-type.ts'
export { crdtPartId, type CrdtPart, readCrdtPartId } from './model/types/crdt-part-id.ts'
export { logId, NONCE_DIGITS, nonceOf } from './model/types/log-id.ts'
export type { HeadBody } from './model/namespace/head-body.ts'
export { type Act, type ActFields, decodeAct, signAct, signDevice, type SignedAct } from './model/people/act.ts'
export { type ActContent, MEMBER_ROLES, type MemberRole } from './model/people/act-content.ts'
export { authorName, authorOf, identityFor, isSamePrincipal, keyOf, namesAuthor, personOf, principalOf } from './model/people/author.ts'
export { type Device, type PersonState, personState } from './model/people/person-state.ts'
export { authorFault, type AuthoredRecord, type KnownPeople, removalFault } from './model/people/author-fault.ts'
export { type HeldRole, type Member, type RolePlace, type RolesState, rolesState } from './model/people/roles-state.ts'
export { createPerson, type DecodedPerson, decodePerson, isMadeWith, keyCommitment, type PersonGenesis, personNonce } from './model/people/person.ts'
export { authorOfDid, createSeed, didOf, type Identity, identityFromSeed, isAuthorKey, verifySignature } from './model/keys/identity.ts'
export {
  MAX_ADDRESS_LENGTH,
  MAX_CONTENT_BYTES,
  MAX_LABEL_LENGTH,
  MAX_LOG_ACTS,
  MAX_MEMBERSHIP_BYTES,
  MAX_FUTURE_MS,
  MAX_PEER_ADDRESSES,
  MAX_PEER_DESCRIPTOR_BYTES,
  MAX_PEER_LINKS,
  MAX_PERSON_BYTES,
  MAX_PICTURE_BYTES,
} from './model/limits.ts'
export * from './model/network/membership.ts'
export { DRAINING_SERVICE, KEEPS_ASKED_SERVICE, KEEPS_OWNED_SERVICE } from './model/network/service-names.ts'
export {
  ANY_DEVICE,
  createGenesis,
  decodeGenesis,
  type DecodedGenesis,
  decodeHead,
  type SignedHead,
  signHead,
  WRITE_POLICIES,
  type WritePolicy,
} from './model/namespace/namespace.ts'
export { profileIdOf } from './model/namespace/profile-id.ts'
export { isAbout, isDisplayName, PROFILE_KIND } from './model/namespace/static-profile.ts'
export {
  createNetwork,
  decodeNetwork,
  type NameAuthorities,
  type Network,
  type NetworkInit,
  networkFromText,
  networkToText,
} from './model/network/network.ts'
export { LINK_KINDS, type LinkKind, type PeerDescriptor, signPeerDescriptor, verifyPeerDescriptor } from './model/network/peer-descriptor.ts'
export { principalId } from './replica/people/principal-id.ts'
export { releaseBytes } from './model/release-bytes.ts'
export { isRecordLike } from './model/record-like.ts'
export { type DocRecord, keyHash, recordHash, recordKey, type RecordScope, slotOf, splitKey } from './model/record.ts'
export { createSeal, type Seal } from './model/seal.ts'
export { packSigned, type Signed, unpackSigned } from './model/keys/signed.ts'
export {
  compareBySort,
  type Explanation,
  loadRegexEngine,
  matches,
  parseProjection,
  parseSort,
  type Projection,
  project,
  readDocumentFilter,
  readFilter,
  sortPairs,
} from './query/index.ts'
export { MAX_WRITES } from './replica/limits.ts'
export { LocalReplica } from './replica/local-replica.ts'
export type { MoveProgress } from './replica/moving/move-network.ts'
export { movedIds, SUCCEEDING } from './replica/moving/moved-ids.ts'
export { isOneIdentity } from './replica/open-identity.ts'
export { openReplica, type OpenReplicaOptions } from './replica/open-replica.ts'
export { nextTask } from './model/next-task.ts'
export { Slots, Turns } from './replica/turns.ts'
export type { PersonChoice } from './replica/people/choosing/choose-person.ts'
export { givePerson, KEPT_PERSON_VALUES, keptPerson } from './replica/people/choosing/kept-person.ts'
export type * from './replica/types.ts'
export type { Durability } from './storage/schema.ts'
export type { Asker } from './storage/queries/query-queue.ts'
export type { HistorySize, IndexInfo, IndexKind, Storage } from './storage/storage.ts'
export { decodeQuestion, decodeReply, encodeQuestion, EVERYTHING } from './sets/ranges.ts'
export { answer, compareReply, type Difference, questionAbout } from './sets/reconcile.ts'
export { ALL_PARTS, areAllParts, bothParts, joinedParts, type Parts, timesHeld } from './sets/parts.ts'
export { SummedTree } from './sets/summed-tree.ts'
export {
  type ClockReport,
  type Exchange,
  type KindTraffic,
  type Traffic,
  type Intake,
  KeptPositions,
  FOLLOW_WAIT_MS,
  judgeClocks,
  decodeResponse,
  encodeRequest,
  Ledger,
  MAX_FRAME_BYTES,
  NamespaceMoves,
  type NamespaceSync,
  type PeerClock,
  PeerClocks,
  type RelayClock,
  Responder,
  type Role,
  Session,
  type Keeping,
  type SyncRequest,
  type SyncResponse,
  type Violation,
} from './sync/index.ts'
export type { Refusal, Verdict } from './model/verdict.ts'
