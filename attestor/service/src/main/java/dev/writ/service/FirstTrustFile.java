// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.hsm.HsmKey;
import dev.writ.tlog.NoteKey;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Version 1 of a trust file, in dev: it needs no signature, because whoever believes it has its
 * SHA-256 by another way.
 */
public final class FirstTrustFile {
  /** How far a verifier's clock may be behind the service's. */
  private static final Duration SKEW = Duration.ofSeconds(5);

  private FirstTrustFile() {}

  /**
   * A dev trust file: one operator, no witnesses, no status list.
   *
   * @param issuer what artifacts name as {@code iss}
   * @param origin the ledger's name
   * @param operator who may introduce version 2
   */
  public static TrustFile dev(String issuer, String origin, IssuerKeys keys, ECPublicKey operator) {
    String logPolicy =
        "log " + NoteKey.ofP256(origin, keys.checkpoint().publicKey()).vkey() + "\nquorum none\n";
    return TrustFile.of(
        new TrustContent(
            issuer,
            1,
            Optional.empty(),
            TrustContent.Assurance.DEV,
            List.of(issuerKey(keys.issuer())),
            logPolicy,
            Optional.empty(),
            SKEW,
            List.of(),
            Optional.empty(),
            List.of(),
            new KeyQuorum(1, List.of(VerificationKey.of(operator)))),
        List.of());
  }

  private static TrustedKey issuerKey(HsmKey key) {
    KeyWindow window = KeyWindow.ofIssuer(key);
    return new TrustedKey(
        VerificationKey.of(key.publicKey()),
        KeyRole.ISSUER,
        window.notBefore(),
        window.notAfter(),
        KeyState.ACTIVE);
  }
}
