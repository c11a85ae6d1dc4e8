// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustContent.StatusSource;
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

  /** Age at which a status list token no longer says anything. */
  private static final Duration STATUS_MAX_AGE = Duration.ofMinutes(5);

  /** What a log policy says after its log that needs no witness. */
  public static final String NO_WITNESSES = "quorum none\n";

  private FirstTrustFile() {}

  /** Revocation published at {@code uri}, where a token counts for five minutes. */
  public static StatusSource statusAt(String uri) {
    return new StatusSource(uri, STATUS_MAX_AGE);
  }

  /**
   * A dev trust file: one operator, no witnesses.
   *
   * @param issuer what artifacts name as {@code iss}
   * @param origin the ledger's name
   * @param operator who may introduce version 2
   * @param status where revocation is published; without it, verifiers believe that nothing is revoked
   */
  public static TrustFile dev(
      String issuer,
      String origin,
      IssuerKeys keys,
      ECPublicKey operator,
      Optional<StatusSource> status) {
    return dev(issuer, origin, keys, operator, status, NO_WITNESSES);
  }

  /**
   * The same with witnesses.
   *
   * @param witnesses the {@code witness}, {@code group} and {@code quorum} lines of its log policy, each
   *     with its newline
   */
  public static TrustFile dev(
      String issuer,
      String origin,
      IssuerKeys keys,
      ECPublicKey operator,
      Optional<StatusSource> status,
      String witnesses) {
    return dev(issuer, origin, keys, operator, status, witnesses, Optional.empty());
  }

  /**
   * The same with approvers of policies.
   *
   * @param approvers who signs policies from the first on; where it is absent nobody has to
   */
  public static TrustFile dev(
      String issuer,
      String origin,
      IssuerKeys keys,
      ECPublicKey operator,
      Optional<StatusSource> status,
      String witnesses,
      Optional<KeyQuorum> approvers) {
    String logPolicy =
        "log " + NoteKey.ofP256(origin, keys.checkpoint().publicKey()).vkey() + "\n" + witnesses;
    return TrustFile.of(
        new TrustContent(
            issuer,
            1,
            Optional.empty(),
            TrustContent.Assurance.DEV,
            List.of(trusted(keys.issuer(), KeyRole.ISSUER), trusted(keys.status(), KeyRole.STATUS)),
            logPolicy,
            status,
            SKEW,
            List.of(keys.tlsPin()),
            approvers,
            List.of(),
            new KeyQuorum(1, List.of(VerificationKey.of(operator)))),
        List.of());
  }

  private static TrustedKey trusted(HsmKey key, KeyRole role) {
    KeyWindow window = KeyWindow.of(role, key);
    return new TrustedKey(
        VerificationKey.of(key.publicKey()),
        role,
        window.notBefore(),
        window.notAfter(),
        KeyState.ACTIVE);
  }
}
