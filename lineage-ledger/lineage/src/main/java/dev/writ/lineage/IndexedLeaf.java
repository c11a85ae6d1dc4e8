// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;

/**
 * A leaf and its place.
 *
 * @param index from 0
 * @param leaf what stands there
 */
public record IndexedLeaf(long index, Leaf leaf) {}
