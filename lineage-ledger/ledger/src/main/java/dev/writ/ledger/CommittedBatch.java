// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.List;

/**
 * Entries that one transaction made durable.
 *
 * @param first place of the first entry's leaf; the others follow it
 * @param head the tree after the last
 */
record CommittedBatch(long first, List<Pending> entries, Head head) {}
