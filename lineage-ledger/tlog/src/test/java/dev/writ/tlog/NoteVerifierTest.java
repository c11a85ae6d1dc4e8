// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.Provider;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each type of signature, on each provider. */
class NoteVerifierTest {
  private static final Checkpoint CHECKPOINT =
      new Checkpoint("log", 7, MerkleTree.leafHash(new byte[] {1}));
  private static final long TIME_MS = 1_711_000_000_123L;

  static Stream<Provider> providers() {
    return TestProviders.all().stream();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void verify_types01And02_coverTheText(Provider provider) throws Exception {
    byte[] text = "text\n".getBytes(StandardCharsets.UTF_8);
    for (KeyPair pair : List.of(TestKeys.p256(), TestKeys.ed25519())) {
      KeyPairNoteSigner signer = KeyPairNoteSigner.of("log", pair);
      NoteVerifier verifier = NoteVerifier.of(signer.key(), provider);
      byte[] signature = signer.sign(text);
      assertThat(verifier.verify(text, signature)).isTrue();
      assertThat(verifier.verify("texT\n".getBytes(StandardCharsets.UTF_8), signature)).isFalse();
      assertThat(verifier.verify(text, new byte[0])).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void verify_type04_coversTimeAndText(Provider provider) {
    TestWitness witness = new TestWitness("w");
    NoteVerifier verifier = NoteVerifier.of(witness.key(), provider);
    byte[] signature = witness.cosign(CHECKPOINT).bytes();
    assertThat(verifier.verify(CHECKPOINT.noteText(), signature)).isTrue();
    for (int i = 0; i < signature.length; i++) {
      byte[] changed = signature.clone();
      changed[i] ^= 1;
      assertThat(verifier.verify(CHECKPOINT.noteText(), changed)).as("byte %d", i).isFalse();
    }
  }

  /** c2sp.org/static-ct-api: RFC 6962 section 3.5 over what the checkpoint says. */
  @ParameterizedTest
  @MethodSource("providers")
  void verify_type05_coversTheTreeHead(Provider provider) throws Exception {
    KeyPair pair = TestKeys.p256();
    NoteVerifier verifier = NoteVerifier.of(treeHeadKey("log", pair), provider);
    byte[] signature = signTreeHead(pair);
    assertThat(verifier.verify(CHECKPOINT.noteText(), signature)).isTrue();

    Checkpoint extended = new Checkpoint("log", 7, CHECKPOINT.root(), List.of("extension"));
    assertThat(verifier.verify(extended.noteText(), signature)).isFalse();
    Checkpoint otherOrigin = new Checkpoint("other", 7, CHECKPOINT.root());
    assertThat(verifier.verify(otherOrigin.noteText(), signature)).isFalse();
    Checkpoint otherSize = new Checkpoint("log", 8, CHECKPOINT.root());
    assertThat(verifier.verify(otherSize.noteText(), signature)).isFalse();
    assertThat(verifier.verify("text\n".getBytes(StandardCharsets.UTF_8), signature)).isFalse();

    for (int length = 0; length < signature.length; length++) {
      byte[] cut = Arrays.copyOf(signature, length);
      assertThat(verifier.verify(CHECKPOINT.noteText(), cut)).isFalse();
    }
    assertThat(
            verifier.verify(CHECKPOINT.noteText(), Arrays.copyOf(signature, signature.length + 1)))
        .isFalse();
    for (int i = 0; i < 12; i++) {
      byte[] changed = signature.clone();
      changed[i] ^= 1;
      assertThat(verifier.verify(CHECKPOINT.noteText(), changed)).as("byte %d", i).isFalse();
    }
  }

  private static NoteKey treeHeadKey(String name, KeyPair pair) throws Exception {
    byte[] spki = pair.getPublic().getEncoded();
    byte[] typed = ByteBuffer.allocate(1 + spki.length).put((byte) 5).put(spki).array();
    Hash id =
        Hash.sha256(
            (name + "\n\u0005").getBytes(StandardCharsets.UTF_8), Hash.sha256(spki).bytes());
    return NoteKey.parse(
        name
            + "+"
            + HexFormat.of().formatHex(id.bytes(), 0, 4)
            + "+"
            + Base64.getEncoder().encodeToString(typed));
  }

  private static byte[] signTreeHead(KeyPair pair) throws Exception {
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(
        ByteBuffer.allocate(50)
            .put((byte) 0)
            .put((byte) 1)
            .putLong(TIME_MS)
            .putLong(CHECKPOINT.size())
            .put(CHECKPOINT.root().bytes())
            .array());
    byte[] der = signature.sign();
    return ByteBuffer.allocate(12 + der.length)
        .putLong(TIME_MS)
        .put((byte) 4)
        .put((byte) 3)
        .putShort((short) der.length)
        .put(der)
        .array();
  }
}
