// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.tlog.Hash;

/**
 * An enrolled host. Of {@code akName}, {@code ekDigest} and {@code name} each stands for one host
 * alone, whatever its state.
 *
 * @param ekDigest SHA-256 of its endorsement key's SubjectPublicKeyInfo (RFC 5280, 4.1)
 * @param akPublic its attestation key's TPMT_PUBLIC, as received
 * @param leafIndex the leaf that enrolled it
 */
public record Host(
    AkName akName, Hash ekDigest, String name, byte[] akPublic, HostState state, long leafIndex) {
  /** Copies the bytes. */
  public Host {
    akPublic = akPublic.clone();
  }

  @Override
  public byte[] akPublic() {
    return akPublic.clone();
  }
}
