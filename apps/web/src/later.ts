import { lazy } from 'react'

/** Parts of the page that the first screen does not show. They come right after it, so that they are there when the relay is not. */
const load = {
  editor: () => import('./documents/editor/document-editor.tsx'),
  content: () => import('./content/content-view.tsx'),
  network: () => import('./network/network-view.tsx'),
  peer: () => import('./connection/peer-panel.tsx'),
  profile: () => import('./profile/profile-panel.tsx'),
  messages: () => import('./messages/messages-panel.tsx'),
  upload: () => import('./files/upload-files.tsx'),
  listed: () => import('./namespaces/listed-namespaces.tsx'),
  conflicts: () => import('./conflicts/conflicts-dialog.tsx'),
  settings: () => import('./namespaces/settings/settings-dialog.tsx'),
  conflict: () => import('./namespaces/head-conflict.tsx'),
  notices: () => import('./devices/person-notices.tsx'),
  joinDevice: () => import('./devices/join-device.tsx'),
  restore: () => import('./devices/restore-dialog.tsx'),
  presence: () => import('./presence/who-is-here.tsx'),
  unlock: () => import('./passphrase/unlock-form.tsx'),
} as const

export const DocumentEditor = lazy(async () => ({ default: (await load.editor()).DocumentEditor }))
export const ContentView = lazy(async () => ({ default: (await load.content()).ContentView }))
export const NetworkView = lazy(async () => ({ default: (await load.network()).NetworkView }))
export const PeerPanel = lazy(async () => ({ default: (await load.peer()).PeerPanel }))
export const ProfilePanel = lazy(async () => ({ default: (await load.profile()).ProfilePanel }))
export const MessagesPanel = lazy(async () => ({ default: (await load.messages()).MessagesPanel }))
export const UploadFiles = lazy(async () => ({ default: (await load.upload()).UploadFiles }))
export const ListedNamespaces = lazy(async () => ({ default: (await load.listed()).ListedNamespaces }))
export const ConflictsDialog = lazy(async () => ({ default: (await load.conflicts()).ConflictsDialog }))
export const SettingsDialog = lazy(async () => ({ default: (await load.settings()).SettingsDialog }))
export const HeadConflict = lazy(async () => ({ default: (await load.conflict()).HeadConflict }))
export const PersonNotices = lazy(async () => ({ default: (await load.notices()).PersonNotices }))
export const JoinDevice = lazy(async () => ({ default: (await load.joinDevice()).JoinDevice }))
export const RestoreDialog = lazy(async () => ({ default: (await load.restore()).RestoreDialog }))
export const WhoIsHere = lazy(async () => ({ default: (await load.presence()).WhoIsHere }))
export const UnlockForm = lazy(async () => ({ default: (await load.unlock()).UnlockForm }))

/** Loads them all. One that does not come is asked for again where it is shown, and says so there. */
export function loadLater(): void {
  void Promise.allSettled(Object.values(load).map((one) => one()))
}
