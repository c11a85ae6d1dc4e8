// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.evidence.Octets;
import java.util.Optional;

/**
 * What lies beside a leaf, as the service tells it: nothing of it is verified.
 *
 * @param leafIndex the leaf's place, as the service says
 * @param kept how long it is kept: {@code period}, {@code in_use} or {@code always}
 * @param proof of the leaf's place in the ledger, the text of a C2SP tlog-proof; absent while no
 *     checkpoint covers the leaf
 */
public record LeafPayload(
    long leafIndex, Leaf leaf, Octets payload, String kept, Optional<String> proof) {
  private static final long MAX_EXACT = (1L << 53) - 1;
  private static final int MAX_BYTES = 1 << 20;

  /** Longest document: the payload in base64url, and what stands around it. */
  static final int MAX_DOCUMENT = 2 * MAX_BYTES;

  static LeafPayload take(JsonMembers json) throws MalformedDocumentException {
    return new LeafPayload(
        json.integer("leaf_index", 0, MAX_EXACT),
        Leaf.parse(json.base64UrlUpTo("leaf", Leaf.MAX_BYTES)),
        Octets.of(json.base64UrlUpTo("payload", MAX_BYTES)),
        json.text("kept"),
        json.optionalText("proof"));
  }
}
