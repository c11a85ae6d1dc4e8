// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmKey;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;

/**
 * When a key of the service may sign: what the ledger holds the service to, and, of an issuer or status
 * key, what the first trust file tells verifiers.
 *
 * @param notBefore its first moment, whole seconds
 * @param notAfter the first moment after it, whole seconds
 */
record KeyWindow(Instant notBefore, Instant notAfter) {
  /**
   * How long an issuer or status key may sign from its birth on. Its certificate has no end, and a key without
   * one would be believed for as long as a copy of the trust file is around; within this time an
   * operator introduces the next key by another version of it.
   */
  static final Period SIGNING = Period.ofYears(2);

  /** From an issuer or status key's birth, which its certificate says, for {@link #SIGNING}. */
  static KeyWindow of(HsmKey key) {
    Instant birth = key.certificate().getNotBefore().toInstant();
    return new KeyWindow(birth, birth.atOffset(ZoneOffset.UTC).plus(SIGNING).toInstant());
  }

  /** The certificate's validity: the checkpoint key lasts as long as its ledger. */
  static KeyWindow ofCheckpoint(HsmKey key) {
    return new KeyWindow(
        key.certificate().getNotBefore().toInstant(), key.certificate().getNotAfter().toInstant());
  }
}
