import type { AuthKind } from '../kind.ts'
import { basic } from './basic.ts'
import { bearer } from './bearer.ts'
import { chooseAmong } from './choose.ts'
import { header } from './header.ts'
import { jwtBearer } from './jwt-bearer.ts'
import { login } from './login.ts'
import { none } from './none.ts'
import { oauth2ClientCredentials } from './oauth2-client-credentials.ts'
import { oauth2Refresh } from './oauth2-refresh.ts'
import { query } from './query.ts'

const words = {
  none,
  bearer,
  header,
  query,
  basic,
  oauth2_client_credentials: oauth2ClientCredentials,
  oauth2_refresh: oauth2Refresh,
  jwt_bearer: jwtBearer,
  login,
} as unknown as { readonly [kind: string]: AuthKind }

/** Every auth word by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const auth: { readonly [kind: string]: AuthKind } = Object.freeze({ ...words, choose: chooseAmong(words) })
