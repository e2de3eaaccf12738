export { askPicture, askProfiles, type ProfileAsking } from './ask-profiles.ts'
