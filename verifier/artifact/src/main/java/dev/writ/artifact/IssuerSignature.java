// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Whether what says to be of the issuer is, and by a key that may sign: of every document alike. */
final class IssuerSignature {
  private IssuerSignature() {}

  /**
   * Judges a signature.
   *
   * @param kid the key that the header names
   * @param believed gets the key, where the trust file believes it as issuer
   */
  static Finding judge(
      Beliefs beliefs, CompactJws jws, Hash kid, Consumer<Beliefs.SigningKey> believed) {
    String expected = "signed by a key that the trust file believes as issuer";
    String name = Base64Url.encode(kid.bytes());
    Optional<Beliefs.SigningKey> issuer = beliefs.issuerKey(kid);
    if (issuer.isEmpty()) {
      return Finding.failed(
          expected,
          "kid " + name + " is none: if keys were rotated, follow the published trust files");
    }
    believed.accept(issuer.get());
    boolean verified = issuer.get().verifier().verifyP1363(jws.signingInput(), jws.signature());
    return Finding.of(
        verified, expected, verified ? "by " + name : "the signature is not that of " + name);
  }

  /** Judges the state and window of a key that signed what stands in no ledger. */
  static Finding judgeWindow(Beliefs.SigningKey key, Instant now) {
    TrustedKey trusted = key.trusted();
    return Finding.of(
        trusted.state() != KeyState.COMPROMISED && trusted.covers(now),
        "a key that is not compromised, at a time in its window",
        state(trusted, now));
  }

  /**
   * Judges the state and window of a key whose artifact is said to stand in the ledger at {@code index},
   * which a later check proves.
   */
  static Finding judgeWindow(Beliefs.SigningKey key, long index, Instant now) {
    TrustedKey trusted = key.trusted();
    return Finding.of(
        trusted.believedAt(index) && trusted.covers(now),
        "a key that is not compromised at the leaf's index, at a time in its window",
        state(trusted, now)
            + (trusted.compromisedFrom().isPresent()
                ? ", leaf "
                    + index
                    + ", compromised from "
                    + trusted.compromisedFrom().getAsLong()
                    + " on"
                : ""));
  }

  private static String state(TrustedKey key, Instant now) {
    return key.state().wire() + ", " + key.nbf() + " to " + key.exp() + ", at " + now;
  }
}
