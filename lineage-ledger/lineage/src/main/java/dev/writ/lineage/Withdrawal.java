// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

/**
 * That a leaf ended an artifact before its time.
 *
 * @param leaf which
 * @param allow the allow of what it withdraws: the artifact itself, or one that it was issued under
 * @param isCertain whether log and openings say so; otherwise it takes an opening to say whether the leaf means
 *     the artifact's workload, or whether the artifact had ended already
 */
public record Withdrawal(long leaf, long allow, boolean isCertain) {}
