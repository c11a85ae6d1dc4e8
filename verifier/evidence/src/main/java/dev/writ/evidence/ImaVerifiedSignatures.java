// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.MessageDigest;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Signatures of files that were found to verify: the same files are on every host, and a digest costs
 * a hundredth of a signature. Only what verified is remembered, so that a host cannot fill it with
 * anything but the policy's own signers' signatures.
 *
 * <p>Safe for use by many threads.
 */
final class ImaVerifiedSignatures {
  /** Most that are remembered; those beyond are verified each time. */
  private static final int MAX = 1 << 17;

  private final Set<Octets> verified = ConcurrentHashMap.newKeySet();

  /** Whether {@code signature} is that of {@code key} over {@code digest}. */
  boolean verifies(ImaSigningKey key, TpmAlg hash, byte[] digest, byte[] signature) {
    // The digest's length follows from its algorithm: no two inputs are one string of bytes.
    MessageDigest statement = TpmAlg.SHA256.newDigest();
    key.fingerprint().update(statement);
    statement.update((byte) (hash.id() >>> 8));
    statement.update((byte) hash.id());
    statement.update(digest);
    statement.update(signature);
    Octets name = Octets.of(statement.digest());
    if (verified.contains(name)) {
      return true;
    }
    boolean verifies = key.verifies(hash, digest, signature);
    if (verifies && verified.size() < MAX) {
      verified.add(name);
    }
    return verifies;
  }

  int size() {
    return verified.size();
  }
}
