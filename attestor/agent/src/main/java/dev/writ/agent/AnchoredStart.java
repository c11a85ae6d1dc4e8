// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.evidence.Octets;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;

/**
 * The newest start of a service that its host's TPM vouched for, as the service tells it: nothing of it is
 * verified.
 *
 * @param leaf that says so
 * @param proof of the leaf's place in the ledger, the text of a C2SP tlog-proof
 * @param consistency the path of a proof that the proof's tree goes on from the one that the leaf names
 * @param evidence what lies beside the leaf; absent where it was erased
 */
public record AnchoredStart(
    Leaf leaf, String proof, List<Hash> consistency, Optional<Evidence> evidence) {
  private static final int MAX_PATH = 64;
  private static final int MAX_EVIDENCE = 64 * 1024;

  /**
   * What the TPM said.
   *
   * @param akPublic TPMT_PUBLIC of its attestation key
   * @param quoted quote, signature and PCR values in one package
   */
  public record Evidence(Octets akPublic, Octets quoted) {}

  static AnchoredStart take(JsonMembers json) throws MalformedDocumentException {
    Leaf leaf = Leaf.parse(json.base64UrlUpTo("leaf", Leaf.MAX_BYTES));
    Optional<Evidence> evidence =
        json.has("evidence")
            ? Optional.of(
                new Evidence(
                    Octets.of(json.base64UrlUpTo("ak_public", MAX_EVIDENCE)),
                    Octets.of(json.base64UrlUpTo("evidence", MAX_EVIDENCE))))
            : Optional.empty();
    return new AnchoredStart(
        leaf, json.text("proof"), json.hashes("consistency", MAX_PATH), evidence);
  }
}
