// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.NoteKey;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A dev trust file's keys in one that is not dev, as by mistake. */
final class HardwareTrust {
  private static final int POINT = 32;
  private static final String NO_QUORUM = "quorum none\n";

  private HardwareTrust() {}

  /** The trust file, of version 1; none where {@code dev} is not dev. */
  static Optional<TrustFile> of(TrustContent dev) throws GeneralSecurityException {
    if (dev.assurance() != TrustContent.Assurance.DEV || dev.status().isEmpty()) {
      return Optional.empty();
    }
    KeyPairGenerator approver = KeyPairGenerator.getInstance("EC");
    approver.initialize(new ECGenParameterSpec("secp256r1"));
    return Optional.of(
        TrustFile.of(
            new TrustContent(
                dev.issuer(),
                1,
                Optional.empty(),
                TrustContent.Assurance.HARDWARE,
                dev.keys(),
                witnessed(dev.logPolicy()),
                dev.status(),
                dev.skew(),
                dev.tls(),
                Optional.of(
                    new KeyQuorum(
                        1,
                        List.of(
                            VerificationKey.of(
                                (ECPublicKey) approver.generateKeyPair().getPublic())))),
                dev.gateways(),
                dev.operators()),
            List.of()));
  }

  /** Outside dev a quorum of witnesses has to be: of one that nobody has the key of. */
  private static String witnessed(String logPolicy) throws GeneralSecurityException {
    byte[] spki =
        KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded();
    byte[] point = Arrays.copyOfRange(spki, spki.length - POINT, spki.length);
    String witness = NoteKey.ofCosigner("witness.drill.invalid", point).vkey();
    return logPolicy.replace(NO_QUORUM, "witness w " + witness + "\nquorum w\n");
  }
}
