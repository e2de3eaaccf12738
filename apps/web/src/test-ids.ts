/** Names by which end-to-end tests find the parts of the page. */
export const TEST_IDS = {
  /** The whole screen while there is no store: `data-code` is the error's code. */
  opening: 'opening',
  openFailed: 'open-failed',
  retry: 'retry',
  openWithoutStoring: 'open-without-storing',
  switchNetwork: 'switch-network',
  stayInNetwork: 'stay-in-network',
  moveToNetwork: 'move-to-network',
  otherNetworkBanner: 'other-network-banner',
  /** `data-code` is why this peer is not let in. */
  shutOutBanner: 'shut-out-banner',
  enterLink: 'enter-link',

  /** Button in the header; `data-state` is connected, connecting or offline, `data-via` the transport, `data-shut-out` why no relay lets us in. */
  connection: 'connection',
  peerPanel: 'peer-panel',
  peerPanelClose: 'peer-panel-close',
  relayRow: 'relay-row',
  /** `data-state` is owner (this tab holds data and connections) or follower (it works through the one that does). */
  tabRole: 'tab-role',
  doctorRun: 'doctor-run',
  doctorFinding: 'doctor-finding',
  /** `data-value` is the whole text of each of these four. */
  identity: 'identity',
  identityCopy: 'identity-copy',
  networkName: 'network-name',
  joinLink: 'join-link',
  joinLinkCopy: 'join-link-copy',
  joinQrShow: 'join-qr-show',
  joinQr: 'join-qr',
  /** `data-state` is kept, may-be-cleared, asking, not-stored or unknown. */
  durability: 'durability',
  durabilityAsk: 'durability-ask',
  datasetSwitch: 'dataset-switch',

  /** `data-state` is looking, found or failed. */
  contentState: 'content-state',
  contentCid: 'content-cid',
  contentCidCopy: 'content-cid-copy',
  contentJson: 'content-json',
  contentSave: 'content-save',

  networkLink: 'network-link',
  /** Choice of the network that is shown, where there are several; the values are ids. */
  networkSwitch: 'network-switch',
  /** `data-id` is the network's id, `data-shown` whether it is the one that is shown. */
  networkItem: 'network-item',
  networkShow: 'network-show',
  networkLeave: 'network-leave',
  networkLeaveConfirm: 'network-leave-confirm',
  joinField: 'join-field',
  joinSubmit: 'join-submit',
  joinError: 'join-error',
  /** `data-nodes` is how many peers are drawn. */
  networkGraph: 'network-graph',
  /** `data-kind` is self, relay or peer. */
  networkNode: 'network-node',
  /** `data-id` is the peer id, `data-state` is connected, connecting or known. */
  networkPeer: 'network-peer',
  /** How often documents are kept in the network, and what is being repaired. */
  networkKept: 'network-kept',

  namespaceList: 'namespace-list',
  /** `data-id` is the namespace's id, `data-documents` its count. */
  namespaceItem: 'namespace-item',
  createForm: 'namespace-create-form',
  createOpen: 'namespace-create-open',
  createName: 'namespace-create-name',
  /** One radio button per policy, with the policy as its value. */
  createPolicy: 'namespace-create-policy',
  createSubmit: 'namespace-create-submit',
  openForm: 'namespace-open-form',
  openId: 'namespace-open-id',
  openSubmit: 'namespace-open-submit',
  openError: 'namespace-open-error',
  openElsewhere: 'namespace-open-elsewhere',
  createListed: 'namespace-create-listed',
  listedShow: 'listed-show',
  listedNamespaces: 'listed-namespaces',
  /** `data-id` is the namespace's id. */
  listedNamespace: 'listed-namespace',
  listedNone: 'listed-none',
  listedMore: 'listed-more',
  headConflict: 'head-conflict',
  openJoin: 'namespace-open-join',
  welcomeCreate: 'welcome-create',

  namespaceTitle: 'namespace-title',
  settingsOpen: 'settings-open',
  settings: 'settings',
  settingsClose: 'settings-close',
  settingsDiscard: 'settings-discard',
  settingsFacts: 'settings-facts',
  settingsName: 'settings-name',
  settingsDescription: 'settings-description',
  settingsHistory: 'settings-history',
  settingsListed: 'settings-listed',
  settingsSave: 'settings-save',
  settingsRules: 'settings-rules',
  settingsRulesText: 'settings-rules-text',
  settingsRulesError: 'settings-rules-error',
  settingsRulesSave: 'settings-rules-save',
  /** `data-documents` is how many documents break the rules that were to be set. */
  settingsAgainst: 'settings-against',
  settingsForce: 'settings-force',
  settingsMembers: 'settings-members',
  /** `data-who` is the id, `data-role` what they may, `data-ended` whether that is over. */
  member: 'member',
  /** Somebody with all of their roles. */
  memberPerson: 'member-person',
  memberRevoke: 'member-revoke',
  memberRevokeOnly: 'member-revoke-only',
  memberRemoveAll: 'member-remove-all',
  memberRevokeConfirm: 'member-revoke-confirm',
  memberWho: 'member-who',
  memberRole: 'member-role',
  memberGrant: 'member-grant',
  memberLimits: 'member-limits',
  memberCollection: 'member-collection',
  memberFrom: 'member-from',
  memberUntil: 'member-until',
  memberSaid: 'member-said',
  pastChangesOpen: 'past-changes-open',
  pastChanges: 'past-changes',
  /** `data-type` is head, grant, revoke or remove, `data-counts` whether it counts. */
  pastChange: 'past-change',
  namespaceForget: 'namespace-forget',
  namespaceIdCopy: 'namespace-id-copy',
  /** `data-state` is synced, syncing, pending, looking, absent or not-connected. */
  syncState: 'sync-state',
  syncPeer: 'sync-peer',
  readOnlyReason: 'read-only-reason',
  collectionTab: 'collection-tab',

  filter: 'filter',
  filterError: 'filter-error',
  filterClear: 'filter-clear',
  /** Fields in which words are looked for. */
  filterFields: 'filter-fields',
  /** `data-field` is the field, `aria-sort` its direction. */
  sortHeader: 'sort-header',
  sortChoice: 'sort-choice',
  documentList: 'document-list',
  /** `data-id` is the document's `_id`. */
  documentRow: 'document-row',
  documentOpen: 'document-open',
  documentDelete: 'document-delete',
  documentAdd: 'document-add',
  documentsEmpty: 'documents-empty',
  indexing: 'indexing',
  /** `data-total` is the number of matching documents. */
  count: 'count',
  pagerFirst: 'pager-first',
  pagerPrevious: 'pager-previous',
  pagerNext: 'pager-next',
  pagerLast: 'pager-last',
  pagerRange: 'pager-range',

  editor: 'document-editor',
  editorText: 'document-editor-text',
  editorError: 'document-editor-error',
  editorSave: 'document-editor-save',
  editorDelete: 'document-editor-delete',
  editorClose: 'document-editor-close',
  editorNewer: 'document-editor-newer',
  editorDraftDiscard: 'document-editor-draft-discard',
  /** `data-cid` and `data-by` are what it says in full. */
  documentFacts: 'document-facts',
  documentBreaks: 'document-breaks',
  /** In the row of a document; `data-count` is how many of its versions lost. */
  documentConflicts: 'document-conflicts',
  /** In the row of a document that breaks a rule: which one. */
  documentBroken: 'document-broken',
  /** In the head of a namespace; `data-count` is how many documents have conflicts. */
  conflictsOpen: 'conflicts-open',
  conflicts: 'conflicts',
  conflictsClose: 'conflicts-close',
  conflictsAll: 'conflicts-all',
  /** `data-id` is the `_id` of the document. */
  conflicted: 'conflicted',
  /** `data-count` is how many versions of the document have lost and are not settled. */
  conflictsLeft: 'conflicts-left',
  /** `data-by` is who wrote the version that lost, `data-field` the field, where it is one of a field. */
  conflict: 'conflict',
  conflictKeep: 'conflict-keep',
  conflictKeepWinner: 'conflict-keep-winner',
  editorConflicts: 'document-editor-conflicts',
  documentCidCopy: 'document-cid-copy',
  documentHistory: 'document-history',
  /** `data-cid` is the CID of an earlier version. */
  documentVersion: 'document-version',
  documentVersionShow: 'document-version-show',
  filePicture: 'file-picture',
  upload: 'upload',
  uploadInput: 'upload-input',
  uploadState: 'upload-state',
  fileSave: 'file-save',
  unsaved: 'document-editor-unsaved',
  unsavedStay: 'document-editor-unsaved-stay',
  unsavedDiscard: 'document-editor-unsaved-discard',

  toast: 'toast',
  toastAction: 'toast-action',

  /** In the banner: acts on this person's devices that this one did not do. */
  deviceAlert: 'device-alert',
  /** In the banner: documents that revocations had taken away, and that are here again; `data-documents` is how many. */
  documentsBack: 'documents-back',
  wordsNotice: 'words-notice',
  wordsOpen: 'words-open',
  wordsLater: 'words-later',
  wordsShow: 'words-show',
  words: 'words',
  wordsClose: 'words-close',
  wordList: 'word-list',
  wordsWritten: 'words-written',
  wordsCheck: 'words-check',
  /** `data-place` is which of the 24, from 1 on. */
  wordAt: 'word-at',
  wordsError: 'words-error',
  wordsSubmit: 'words-submit',
  wordsBack: 'words-back',
  wordsDone: 'words-done',
  wordsReplace: 'words-replace',
  wordsReplaceForm: 'words-replace-form',
  wordsFormer: 'words-former',
  wordsReplaceSubmit: 'words-replace-submit',
  wordsReplaceError: 'words-replace-error',
  /** `data-person` is the id of the person, where there is one. */
  devices: 'devices',
  /** `data-key` is the device's key, `data-this` whether it is this one, `data-revoked` whether it has ended. */
  device: 'device',
  /** Where nothing was written yet: makes this the first of several devices. */
  devicesBegin: 'devices-begin',
  deviceRename: 'device-rename',
  deviceName: 'device-name',
  deviceNameSave: 'device-name-save',
  deviceRevoke: 'device-revoke',
  deviceRetired: 'device-retired',
  deviceRevokeWords: 'device-revoke-words',
  deviceRevokeConfirm: 'device-revoke-confirm',
  /** Devices that act again, since what had ended them was ended. */
  deviceAgain: 'device-again',
  deviceAdd: 'device-add',
  /** `data-step` is opening, link, code, added or ended. */
  addDevice: 'add-device',
  addDeviceWarning: 'add-device-warning',
  addDeviceClose: 'add-device-close',
  deviceLink: 'device-link',
  deviceLinkCopy: 'device-link-copy',
  deviceQr: 'device-qr',
  deviceCode: 'device-code',
  deviceCodeSubmit: 'device-code-submit',
  joinDevice: 'join-device',
  joinDeviceClose: 'join-device-close',
  joinDeviceName: 'join-device-name',
  joinDeviceSubmit: 'join-device-submit',
  /** `data-code` is what is to be typed on the other device. */
  joinDeviceCode: 'join-device-code',
  joinDeviceDone: 'join-device-done',
  joinDeviceGo: 'join-device-go',
  /** `data-code` is the stable code of what went wrong; of the next one, too. */
  joinDeviceError: 'join-device-error',
  restoreError: 'restore-error',
  restoreOpen: 'restore-open',
  restore: 'restore',
  restoreClose: 'restore-close',
  restorePerson: 'restore-person',
  restoreWords: 'restore-words',
  restoreSubmit: 'restore-submit',
  /** `data-namespaces` is how many come. */
  restoreFound: 'restore-found',
  restoreGo: 'restore-go',
  /** `data-locked` is whether a passphrase locks the identity. */
  passphrase: 'passphrase',
  /** `data-wish` is set, change or remove. */
  passphraseWish: 'passphrase-wish',
  passphraseForm: 'passphrase-form',
  passphraseCurrent: 'passphrase-current',
  passphraseNext: 'passphrase-next',
  passphraseAgain: 'passphrase-again',
  passphraseSave: 'passphrase-save',
  passphraseSaid: 'passphrase-said',
  passphraseError: 'passphrase-error',
  unlock: 'unlock',
  unlockPassphrase: 'unlock-passphrase',
  unlockSubmit: 'unlock-submit',

  profileOpen: 'profile-open',
  profilePanel: 'profile-panel',
  profileClose: 'profile-close',
  profileForm: 'profile-form',
  profileName: 'profile-name',
  profileAbout: 'profile-about',
  profileStatus: 'profile-status',
  profileUsername: 'profile-username',
  profilePicture: 'profile-picture',
  profilePictureInput: 'profile-picture-input',
  /** `data-value` is the id of the person. */
  ownId: 'own-id',
  ownIdCopy: 'own-id-copy',
  profileSave: 'profile-save',
  profileSaid: 'profile-said',
  profileFind: 'profile-find',
  profileFindSubmit: 'profile-find-submit',
  profileFindError: 'profile-find-error',
  /** `data-person` is the identity, `data-followed` whether it is followed. */
  otherProfile: 'other-profile',
  profileFollow: 'profile-follow',
  profilePetname: 'profile-petname',
  profilePetnameSave: 'profile-petname-save',
  profileIdentity: 'profile-identity',
  profileIdentityCopy: 'profile-identity-copy',
  peopleList: 'people-list',
  /** `data-person` is the identity. */
  person: 'person',

  /** `data-granted` is whether this network has usernames. */
  names: 'names',
  nameWanted: 'name-wanted',
  nameClaim: 'name-claim',
  nameShow: 'name-show',
  /** `data-code` is the stable code of what went wrong. */
  nameSaid: 'name-said',
  /** `data-name` is the username, `data-state` held or grace. */
  ownName: 'own-name',
  nameGive: 'name-give',
  nameTo: 'name-to',
  nameGiveConfirm: 'name-give-confirm',
  nameRelease: 'name-release',
  nameReleaseConfirm: 'name-release-confirm',
  /** `data-on` is whether who looks is seen. */
  presence: 'presence',
  presenceSwitch: 'presence-switch',
  presentList: 'present-list',
  /** `data-who` is the person, or the key of a device, `data-me` whether it is this browser. */
  present: 'present',

  /** Usernames of somebody else, granted by the network. */
  provenNames: 'proven-names',
  /** `data-proven` is whether what somebody says to be called turned out to be true. */
  claimedName: 'claimed-name',

  messagesOpen: 'messages-open',
  messagesPanel: 'messages-panel',
  messagesClose: 'messages-close',
  topicForm: 'topic-form',
  topicInput: 'topic-input',
  topicSubmit: 'topic-submit',
  /** `data-topic` is the topic. */
  topicTab: 'topic-tab',
  topicLeave: 'topic-leave',
  messageList: 'message-list',
  /** `data-from` is the sender's peer id, or `you`. */
  message: 'message',
  messageInput: 'message-input',
  messageSend: 'message-send',
} as const
