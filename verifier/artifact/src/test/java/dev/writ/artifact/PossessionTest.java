// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import org.junit.jupiter.api.Test;

/** RFC 7800: who presents an artifact holds the key that it names. */
class PossessionTest {
  private static final String HERE = ExecAudience.of(TestWorld.AK);

  private final byte[] bundle = Issuance.valid().bundle();
  private final Hash artifactDigest = digestOf(bundle);

  private static Hash digestOf(byte[] bundle) {
    try {
      return Artifact.parse(ProofBundle.parse(bundle).artifact()).digest();
    } catch (MalformedDocumentException e) {
      throw new AssertionError(e);
    }
  }

  private Verdict present(Possession possession) {
    return present(bundle, TestWorld.presentation().withPossession(possession));
  }

  private static Verdict present(byte[] bundle, Presentation presentation) {
    return BundleVerifier.of(TestWorld.trust(TestWorld.devTrust()))
        .verify(bundle, presentation, Seen.NOTHING_IS_USED, TestWorld.NOW);
  }

  /** What the holder signs for execution on its host. */
  private byte[] message() {
    return Possession.message(hash("challenge"), artifactDigest, HERE);
  }

  private static Possession by(TestKey key, byte[] message) {
    return new Possession(key.publicKey(), hash("challenge"), key.sign(message));
  }

  private static void assertRefused(Verdict verdict) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.ENVIRONMENT_MISMATCH, CheckName.POSSESSION);
  }

  @Test
  void message_isLabelNonceArtifactAndAudience() {
    assertThat(message()).startsWith("writ-possession-v1\0".getBytes(StandardCharsets.US_ASCII));
    assertThat(Hash.sha256(message()))
        .isEqualTo(
            LabelledHash.of("writ-possession-v1", hash("challenge"), artifactDigest, hash(HERE)));
    assertThat(Possession.message(hash("challenge"), artifactDigest, "Zürich"))
        .endsWith(Hash.sha256("Zürich".getBytes(StandardCharsets.UTF_8)).bytes());
  }

  @Test
  void possession_ofTheHolder_allowed() {
    Verdict verdict = present(by(TestKey.INSTANCE, message()));

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void case82_possession_ofAnotherKey_environmentMismatch() {
    assertRefused(present(by(TestKey.OPERATOR, message())));
  }

  @Test
  void possession_overAnotherNonceOrArtifact_environmentMismatch() {
    assertRefused(
        present(by(TestKey.INSTANCE, Possession.message(hash("old"), artifactDigest, HERE))));
    assertRefused(
        present(
            by(TestKey.INSTANCE, Possession.message(hash("challenge"), hash("artifact"), HERE))));
  }

  /** A gateway that is in aud passes another's nonce to the holder: the answer names itself. */
  @Test
  void possession_madeForAnotherOfSeveralAudiences_environmentMismatch() {
    Act act = TestWorld.act();
    Act uncounted =
        new Act(act.action(), act.resource(), act.argsDigest(), act.limits(), Act.UNCOUNTED);
    byte[] forBoth =
        Issuance.valid()
            .claims(c -> Claims.audience(Claims.act(c, uncounted), "gateway-1", "gateway-2"))
            .bundle();
    Possession forFirst =
        by(TestKey.INSTANCE, Possession.message(hash("challenge"), digestOf(forBoth), "gateway-1"));
    Presentation shown = Presentation.NOTHING.withPossession(forFirst);

    assertThat(present(forBoth, shown.withAudience(new Presentation.Audience.Gateway("gateway-1"))))
        .isInstanceOf(Verdict.Allowed.class);
    assertRefused(
        present(forBoth, shown.withAudience(new Presentation.Audience.Gateway("gateway-2"))));
  }

  @Test
  void possession_whereNoAudienceIsDemanded_environmentMismatch() {
    Verdict verdict =
        present(bundle, Presentation.NOTHING.withPossession(by(TestKey.INSTANCE, message())));

    assertRefused(verdict);
    assertThat(((Verdict.Denied) verdict).reason()).contains("no audience is demanded");
  }

  @Test
  void possession_noSignature_environmentMismatch() {
    for (int length : new int[] {0, 1, 63, 64, 65, 10_000}) {
      assertRefused(
          present(
              new Possession(TestKey.INSTANCE.publicKey(), hash("challenge"), new byte[length])));
    }
  }

  @Test
  void possession_keyOfAnotherCurve_environmentMismatch() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp384r1"));
    ECPublicKey p384 = (ECPublicKey) generator.generateKeyPair().getPublic();

    assertRefused(present(new Possession(p384, hash("challenge"), new byte[64])));
  }
}
