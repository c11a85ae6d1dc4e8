// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.Optional;

/**
 * What of a log its store holds (c2sp.org/tlog-tiles, "Pruning").
 *
 * @param origin the log's name
 * @param minimumIndex leaves below it are served from the archive; it only rises
 * @param archive where they are and when they go there; empty where they stay in the store for ever
 */
public record LogRetention(String origin, long minimumIndex, Optional<ArchiveConfig> archive) {}
