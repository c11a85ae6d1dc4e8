// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;

/** What a TPM signs besides its own state, so that Evidence belongs to one request and one key. */
public final class EvidenceBinding {
  private EvidenceBinding() {}

  /**
   * The quote's qualifying data: {@code H("writ-evidence-v1", nonce, request_digest, jkt)}.
   *
   * @param nonce the challenge's 32 bytes
   * @param requestDigest {@link ExecutionRequest#digest()}
   * @param jkt thumbprint of the instance key
   */
  public static Hash qualifyingData(Hash nonce, Hash requestDigest, Hash jkt) {
    return LabelledHash.of("writ-evidence-v1", nonce, requestDigest, jkt);
  }

  /**
   * The key certification's qualifying data: {@code H("writ-key-v1", jkt)}. It holds no nonce: it is
   * verified once per attestation key and instance key.
   */
  public static Hash keyCertification(Hash jkt) {
    return LabelledHash.of("writ-key-v1", jkt);
  }
}
