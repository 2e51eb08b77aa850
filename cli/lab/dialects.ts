/** Which dialects the lab speaks, and how one is loaded: a connector as the runtime reads it, and its twin file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { loadConnector } from '../../runtime/spec/load.ts'
import type { Connector, Json } from '../../runtime/types.ts'
import { type Dialect, openDialect } from './twin/dialect.ts'
import type { TwinFile } from './twin/types.ts'
import { checkTwinFile } from './twin-file.ts'

const HERE = import.meta.dirname
/** The shipped connectors, and small ones that speak one way of paging each. */
// From cli/lab/ in the repository, from dist/cli/lab/ in the package.
const SHELF = ['../../connectors', '../../../connectors'].map((at) => resolve(HERE, at)).find((at) => existsSync(at)) ?? ''
const SHIPPED = { connectors: SHELF, twins: join(HERE, 'twins') }
const GENERIC = { connectors: join(HERE, 'dialects'), twins: join(HERE, 'dialects') }

/** Every connector with a twin file: `scim2`, `okta`, `cursor`. */
export function dialectNames(): readonly string[] {
  const twins = readdirSync(SHIPPED.twins).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []))
  const generic = readdirSync(GENERIC.twins).flatMap((file) =>
    file.endsWith('.twin.yaml') ? [file.slice(0, -'.twin.yaml'.length)] : [],
  )
  return [...twins.toSorted(), ...generic.toSorted()]
}

/** `scim2/okta`, `scim2/put`: those whose settings are not the ones of `scim2` itself. */
export function variantsOf(name: string): readonly string[] {
  const { file, settings } = loadDialect(name)
  const differs = (given: { readonly [name: string]: Json }) =>
    Object.entries(given).some(([setting, value]) => JSON.stringify(settings[setting]) !== JSON.stringify(value))
  return Object.entries(file.variants ?? {}).flatMap(([variant, more]) =>
    differs(more.settings ?? {}) ? [`${name}/${variant}`] : [],
  )
}

/** `scim2`, or `scim2/microsoft`. Throws where connector or twin file is wrong: both are ours, or the author's who asks. */
export function loadDialect(name: string, openapi: string | null = null): Dialect {
  const [connector = '', variant = null] = name.split('/')
  const home = existsSync(join(GENERIC.twins, `${connector}.twin.yaml`)) ? GENERIC : SHIPPED
  const twin = join(home.twins, home === GENERIC ? `${connector}.twin.yaml` : `${connector}.yaml`)
  return openDialect(readConnector(join(home.connectors, `${connector}.yaml`)), readTwinFile(twin), variant, openapi)
}

export function readConnector(file: string): Connector {
  const { connector, diagnostics } = loadConnector(readFileSync(file), file)
  if (connector === null) throw new Error(diagnostics.map((one) => `${file}:${one.line}: ${one.message}`).join('\n'))
  return connector
}

export function readTwinFile(file: string): TwinFile {
  return checkTwinFile(parse(readFileSync(file, 'utf8')), file)
}
