/** Who may what: the nouns of the control store. */

export const ROLES = ['viewer', 'operator', 'author', 'approver', 'auditor', 'admin'] as const
export type Role = (typeof ROLES)[number]

export type Tenant = { readonly tenant: string; readonly title: string; readonly made_at: string; readonly made_by: string }

/** An API token as it may be shown: never the token itself, and no hash of it. */
export type Token = {
  /** Public half: stands in logs and in the ledger. */
  readonly token: string
  /** Null: of the installation itself. It makes tenants and sees into none. */
  readonly tenant: string | null
  readonly name: string
  /** In whose name it acts. */
  readonly person: string
  readonly roles: readonly Role[]
  /** Only these connections. Null: every one of the tenant. */
  readonly connections: readonly string[] | null
  readonly made_at: string
  /** A person, or the account of the machine. Nobody approves what a token asked for that he made himself. */
  readonly made_by: string
  readonly expires_at: string
  readonly revoked_at: string | null
  readonly used_at: string | null
}

/** What a person may, told by the identity provider's own name for him. */
export type Binding = {
  readonly binding: string
  readonly tenant: string
  /** An address that the provider says it has verified, in lower case; or the provider's `sub`. */
  readonly who: string
  readonly roles: readonly Role[]
  readonly made_at: string
  readonly made_by: string
}

export type IdentityProvider = {
  readonly idp: string
  readonly tenant: string
  readonly issuer: string
  readonly client_id: string
  /** `env:NAME` or `file:PATH`, read when it is used. Null: a public client. */
  readonly client_secret: string | null
}

export type Session = {
  readonly tenant: string
  readonly idp: string
  /** Issuer and `sub`: nobody else is ever this one. */
  readonly issuer: string
  readonly subject: string
  /** Verified address; null: none was told. */
  readonly email: string | null
  readonly made_at: string
  readonly expires_at: string
  readonly used_at: string
}

/** `session`: its public half, of the cookie's hash. It stands in the ledger and ends the session; nobody comes in with it. */
export type NamedSession = Session & { readonly session: string }

/** A login under way: what must come back with the code. */
export type LoginUnderWay = {
  readonly idp: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly expires_at: string
}
