import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appended, consistencyProof, inclusionProof, leafHash, type Nodes, root } from '../../runtime/ledger/tree.ts'
import { fromConsistency, fromInclusion } from './rfc6962.ts'

/** Leaves and roots of Certificate Transparency's reference tests (google/certificate-transparency, merkletree/merkle_tree_test.cc). */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

function treeOf(leaves: readonly Uint8Array[]): Nodes {
  const kept = new Map<string, Buffer>()
  const nodes: Nodes = (level, index) => {
    const hash = kept.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`no subtree ${level}/${index}`)
    return hash
  }
  leaves.forEach((bytes, size) => {
    for (const { level, index, hash } of appended(nodes, size, leafHash(bytes))) kept.set(`${level}/${index}`, hash)
  })
  return nodes
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => Buffer.from(`entry ${n}`))

describe('the tree', () => {
  test('has the roots of RFC 6962’s reference implementation', () => {
    const nodes = treeOf(LEAVES.map((hex) => Buffer.from(hex, 'hex')))
    expect(ROOTS.map((_, size) => root(nodes, size).toString('hex'))).toEqual(ROOTS)
  })

  test('keeps at most two hashes a leaf', () => {
    let kept = 0
    const nodes = treeOf(numbered(1000))
    for (let level = 0; level < 10; level++) kept += Math.floor(1000 / 2 ** level)
    expect(kept).toBeLessThan(2000)
    expect(() => nodes(9, 1)).toThrow()
  })

  test('every leaf of every size has a proof that leads to the root, and a proof for another leaf does not', () => {
    const leaves = numbered(40)
    const nodes = treeOf(leaves)
    for (let size = 1; size <= leaves.length; size++)
      for (let leaf = 0; leaf < size; leaf++) {
        const proof = inclusionProof(nodes, leaf, size)
        expect(fromInclusion(leafHash(leaves[leaf]!), leaf, size, proof)).toEqual(root(nodes, size))
        expect(fromInclusion(leafHash(Buffer.from('another')), leaf, size, proof)).not.toEqual(root(nodes, size))
        if (size > 1)
          expect(fromInclusion(leafHash(leaves[leaf]!), (leaf + 1) % size, size, proof)).not.toEqual(root(nodes, size))
      }
  })

  test('every older size has a proof that the newer one begins with it; a fork has none', () => {
    const nodes = treeOf(numbered(40))
    const fork = treeOf([...numbered(20), Buffer.from('rewritten'), ...numbered(40).slice(21)])
    for (let newer = 1; newer <= 40; newer++)
      for (let older = 1; older <= newer; older++) {
        const said = fromConsistency(older, newer, root(nodes, older), consistencyProof(nodes, older, newer))
        expect(said).toEqual({ older: root(nodes, older), newer: root(nodes, newer) })
        if (older > 20 || newer <= 20) continue
        const forked = fromConsistency(older, newer, root(nodes, older), consistencyProof(fork, older, newer))
        expect(forked?.newer).not.toEqual(root(nodes, newer))
      }
  })

  test('any change, cut or swap of entries changes the root', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 30 }), fc.nat(), fc.nat(), (texts, a, b) => {
        const before = root(treeOf(texts.map((text) => Buffer.from(text))), texts.length)
        const [i, j] = [a % texts.length, b % texts.length]
        const rootOf = (other: readonly string[]) => root(treeOf(other.map((text) => Buffer.from(text))), other.length)
        expect(rootOf(texts.with(i, `${texts[i]}x`))).not.toEqual(before)
        expect(rootOf(texts.toSpliced(i, 1))).not.toEqual(before)
        if (texts[i] !== texts[j]) expect(rootOf(texts.with(i, texts[j]!).with(j, texts[i]!))).not.toEqual(before)
      }),
    )
  })
})
