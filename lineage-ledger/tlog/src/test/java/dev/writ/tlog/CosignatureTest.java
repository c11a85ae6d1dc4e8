// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cosignatures of type 0x04 that are made here, and those of type 0x06 that are only known. */
class CosignatureTest {
  private static final String ORIGIN = "log.example";
  private static final KeyPairNoteSigner HSM = KeyPairNoteSigner.of(ORIGIN, TestKeys.p256());
  private static final byte[] TEXT =
      new Checkpoint(ORIGIN, 1, MerkleTree.leafHash(new byte[0])).noteText();
  private static final Cosigner COSIGNER = Cosigner.of("witness.example", TestKeys.ed25519());
  private static final Instant TIME = Instant.ofEpochSecond(1_795_000_000);
  private static final String ML_DSA = mlDsaVkey("future.example", 1312);
  private static final String LOG = "log " + HSM.key().vkey() + "\n";

  @Test
  void cosign_textAndTime_verifiesOverThoseAlone() throws Exception {
    NoteSignature line = COSIGNER.cosign(TEXT, TIME.plusMillis(999));
    NoteVerifier verifier = NoteVerifier.of(COSIGNER.key());
    assertThat(COSIGNER.key().type()).isEqualTo(NoteKeyType.COSIGNATURE_V1);
    assertThat(verifier.verify(TEXT, line.bytes())).isTrue();
    assertThat(NoteVerifier.cosignatureTime(line.bytes())).isEqualTo(TIME);
    byte[] other = TEXT.clone();
    other[0] ^= 1;
    assertThat(verifier.verify(other, line.bytes())).isFalse();
    for (int i = 0; i < line.bytes().length; i++) {
      byte[] flipped = line.bytes();
      flipped[i] ^= 1;
      assertThat(verifier.verify(TEXT, flipped)).as("byte " + i).isFalse();
    }
  }

  @Test
  void cosign_anIndependentCosigner_makesTheSameBytes() throws Exception {
    TestWitness witness = new TestWitness("w");
    Cosigner cosigner = Cosigner.of(witness.key().name(), witness.pair());
    assertThat(cosigner.key()).isEqualTo(witness.key());
    assertThat(cosigner.cosign(TEXT, TIME)).isEqualTo(witness.cosign(TEXT, TIME.getEpochSecond()));
  }

  @Test
  void cosigner_ofAnotherKeyOrTime_isRefused() {
    assertThatThrownBy(() -> Cosigner.of("w", TestKeys.p256()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Ed25519");
    assertThatThrownBy(() -> COSIGNER.cosign(TEXT, Instant.ofEpochSecond(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void mlDsaKey_isReadAndPrinted_andHasNoVerifier() throws Exception {
    NoteKey key = NoteKey.parse(ML_DSA);
    assertThat(key.type()).isEqualTo(NoteKeyType.ML_DSA_44_COSIGNATURE);
    assertThat(key.vkey()).isEqualTo(ML_DSA);
    assertThat(key.publicKey()).hasSize(1312);
    assertThatThrownBy(() -> NoteVerifier.of(key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("verified here");
    for (int length : List.of(0, 32, 1311, 1313)) {
      assertThatThrownBy(() -> NoteKey.parse(mlDsaVkey("future.example", length)))
          .isInstanceOf(MalformedNoteKeyException.class);
    }
  }

  @Test
  void mlDsaLine_ofAWitnessOfThePolicy_neitherCountsNorRefusesTheNote() throws Exception {
    String both =
        LOG
            + "witness now "
            + COSIGNER.key().vkey()
            + "\n"
            + "witness later "
            + ML_DSA
            + "\n"
            + "group enough any now later\n"
            + "quorum enough\n";
    NoteKey later = NoteKey.parse(ML_DSA);
    NoteSignature unverified = new NoteSignature(later.name(), later.keyId(), new byte[2428]);
    SignedNote note = SignedNote.sign(TEXT, HSM).with(List.of(unverified));
    assertThat(LogPolicy.parse(both).verifyCheckpoint(note))
        .as("does not count")
        .isInstanceOf(CheckpointOutcome.Refused.class);
    assertThat(
            LogPolicy.parse(both).verifyCheckpoint(note.with(List.of(COSIGNER.cosign(TEXT, TIME)))))
        .as("does not refuse")
        .isInstanceOf(TrustedCheckpoint.class);
  }

  @Test
  void policy_quorumThatOnlyMlDsaReaches_isRefused() {
    String needed =
        LOG
            + "witness now "
            + COSIGNER.key().vkey()
            + "\n"
            + "witness later "
            + ML_DSA
            + "\n"
            + "group enough all now later\nquorum enough\n";
    assertThatThrownBy(() -> LogPolicy.parse(needed))
        .isInstanceOf(MalformedLogPolicyException.class)
        .hasMessageContaining("quorum")
        .hasMessageContaining("0x04");
    assertThatThrownBy(() -> LogPolicy.parse("log " + ML_DSA + "\nquorum none\n"))
        .isInstanceOf(MalformedLogPolicyException.class);
  }

  private static String mlDsaVkey(String name, int length) {
    byte[] typed = new byte[1 + length];
    Arrays.fill(typed, (byte) 0x5a);
    typed[0] = 6;
    Hash id = Hash.sha256(name.getBytes(UTF_8), new byte[] {'\n'}, typed);
    return name
        + "+"
        + HexFormat.of().formatHex(id.bytes(), 0, 4)
        + "+"
        + Base64.getEncoder().encodeToString(typed);
  }
}
