// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import java.security.SecureRandom;

/**
 * The salts of one decision's commitments, one for each value: a shared salt would show which values
 * are equal.
 */
record Salts(byte[] subject, byte[] host, byte[] args) {
  static Salts random(SecureRandom random) {
    return new Salts(
        Commitment.newSalt(random), Commitment.newSalt(random), Commitment.newSalt(random));
  }

  @Override
  public String toString() {
    return "Salts(not shown)";
  }
}
