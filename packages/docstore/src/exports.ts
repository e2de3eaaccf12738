export {
  type ClockReport,
  DocstoreError,
  type Document,
  type Explanation,
  type IndexInfo,
  isHeld,
  type MoveProgress,
  type NameAuthorities,
  type NamespaceInfo,
  PROFILE_KIND,
  type ProfileFacts,
  parseJson,
  type ReplicaInfo,
  type WritePolicy,
} from '@p2p-docstore/core'
export { durationText } from './network/timing/index.ts'
export {
  fetchWellKnown,
  type Invitation,
  type InvitationInit,
  Invitations,
  type IssuedInvitation,
  readNetwork,
  WELL_KNOWN_PATH,
} from './network/admission/index.ts'
export { formatJoinLink, formatJoinText, type JoinLink, type JoinLinkExtras, parseJoinLink } from './network/admission/index-join.ts'
export { isShutOut } from './network/relays/index.ts'
export { hasChosenNetwork, isAlone, needsInvitation } from './network/standing.ts'
export type {
  DirectoryPeer,
  ListedNamespace,
  ListedPage,
  Message,
  NamespacePeerStatus,
  PeerFacts,
  PeerStatus,
  Via,
  RelaySectorsReport,
  SectorsReport,
  PartWhereabouts,
  Whereabouts,
} from './network/types.ts'
export type { Arrival } from './store/life/arrival.ts'
export type { ConflictedDocument } from './store/conflicts.ts'
export type { Erased, ErasedAtRelay, ErasedNamespace, EraseOptions } from './store/erase.ts'
export type { ExpiryOptions } from './store/expiry-options.ts'
export type { Change } from './store/reading/changes.ts'
export {
  type Changes,
  Collection,
  type NewDocument,
  type PutManyProgress,
  type PutManyResult,
  type PutResult,
  type PutOptions,
  type Conflict,
  type ResolveOptions,
  type SeenConflict,
  type WriteOptions,
} from './store/collection.ts'
export type { ContentDocument, ContentFile, ContentOptions, ContentWhereabouts } from './store/content/index.ts'
export { Docstore, type Namespaces, type NewNamespace } from './store/docstore.ts'
export type { Diagnosis } from './store/doctor/diagnosis.ts'
export {
  type FilterInput,
  type FindOptions,
  Found,
  type Page,
  type PageOptions,
  type ProjectionInput,
  type SortDirection,
  type SortInput,
} from './store/reading/found.ts'
export type { FileEntry, FileProgress, FileSource, GetFileOptions, PutFileOptions, PutFileResult, StoredFile } from './store/files/index.ts'
export type { HeldBack } from './store/held-back.ts'
export { heldBackFix, heldBackText } from './store/doctor/held-back-check.ts'
export type { IndexFields, IndexOptions } from './store/index-fields.ts'
export { knownOrigins } from './store/known-origins.ts'
export { type MovedNamespace, movedNamespaces } from './store/moved-namespaces.ts'
export { Namespace, type NamespaceChange, type NamespaceReport, type SyncResult } from './store/namespace.ts'
export type { Presence } from './store/presence/presence.ts'
export type { PresenceOptions, Present, Stay } from './store/presence/types.ts'
export type { Names } from './store/names/names.ts'
export type { NameInfo, NameOptions } from './store/names/types.ts'
export type { ProfileValues } from './store/profiles/profile-book.ts'
export type { Profiles } from './store/profiles/profiles.ts'
export type { GrantOptions, MemberInfo, PastChange, RevokeRolesOptions } from './store/people/members.ts'
export type { DynamicProfile, KnownPerson, Profile } from './store/profiles/types.ts'
export type { Pending } from './store/life/pending.ts'
export type { CollectionRules, RulesCheck, RulesInput } from './store/life/rules.ts'
export type { NetworkInfo } from './store/networks/types.ts'
export type { NamespaceEvents } from './store/sync-events.ts'
export type { Versioned } from './store/versioned.ts'
export type { WatchedResult } from './store/reading/watch.ts'
export type { Person } from './store/people/person.ts'
export type {
  AddingDevice,
  AddingEvent,
  DeviceInfo,
  JoiningDevice,
  PersonEvent,
  PersonInfo,
  RestoredPerson,
  RestoreOptions,
  RevokeOptions,
} from './store/people/types.ts'
