// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import java.security.SecureRandom;

/**
 * The salts of one permission: of its commitments, one for each value, for a shared salt would show which
 * values are equal; and of its payload, whose digest says nothing to who was shown one of the others.
 */
record Salts(byte[] subject, byte[] host, byte[] args, byte[] payload) {
  static Salts random(SecureRandom random) {
    return new Salts(
        Commitment.newSalt(random),
        Commitment.newSalt(random),
        Commitment.newSalt(random),
        Commitment.newSalt(random));
  }

  @Override
  public String toString() {
    return "Salts(not shown)";
  }
}
