// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Copies of a trust file's content with one part another. */
final class TrustContents {
  static final StatusSource STATUS =
      new StatusSource("https://writ.example/status", Duration.ofMinutes(5));

  private TrustContents() {}

  static TrustContent keys(TrustContent c, List<TrustedKey> keys) {
    return with(c, c.version(), c.previous(), keys, c.status(), c.operators());
  }

  static TrustContent status(TrustContent c, StatusSource status) {
    return with(c, c.version(), c.previous(), c.keys(), Optional.of(status), c.operators());
  }

  static TrustContent issuer(TrustContent c, String issuer) {
    return new TrustContent(
        issuer,
        c.version(),
        c.previous(),
        c.assurance(),
        c.keys(),
        c.logPolicy(),
        c.status(),
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        c.operators());
  }

  /** The same keys, believed to sign what rests on hardware. */
  static TrustContent hardware(TrustContent c) {
    return new TrustContent(
        c.issuer(),
        c.version(),
        c.previous(),
        TrustContent.Assurance.HARDWARE,
        c.keys(),
        witnessedLogPolicy(),
        Optional.of(STATUS),
        c.skew(),
        c.tls(),
        Optional.of(new KeyQuorum(1, List.of(TestKey.random().verification()))),
        c.gateways(),
        c.operators());
  }

  static TrustContent operators(TrustContent c, KeyQuorum operators) {
    return with(c, c.version(), c.previous(), c.keys(), c.status(), operators);
  }

  static TrustContent successor(TrustContent c, long version, Hash previous) {
    return with(c, version, Optional.of(previous), c.keys(), c.status(), c.operators());
  }

  private static TrustContent with(
      TrustContent c,
      long version,
      Optional<Hash> previous,
      List<TrustedKey> keys,
      Optional<StatusSource> status,
      KeyQuorum operators) {
    return new TrustContent(
        c.issuer(),
        version,
        previous,
        c.assurance(),
        keys,
        c.logPolicy(),
        status,
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        operators);
  }

  /** The world's log, under a quorum of one witness. */
  static String witnessedLogPolicy() {
    try {
      byte[] spki =
          KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded();
      byte[] point = Arrays.copyOfRange(spki, spki.length - 32, spki.length);
      String witness = NoteKey.ofCosigner("witness.example", point).vkey();
      return TestWorld.logPolicy()
          .replace("quorum none\n", "witness w " + witness + "\nquorum w\n");
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
