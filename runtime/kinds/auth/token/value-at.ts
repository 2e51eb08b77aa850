import { compileSteps, parsePath } from '../../value/path.ts'

/** The value at a path of the language; undefined where a step is missing. Token answers are rare, so nothing is compiled ahead. */
export const valueAt = (root: unknown, path: string): unknown => compileSteps(parsePath(path))(root)
