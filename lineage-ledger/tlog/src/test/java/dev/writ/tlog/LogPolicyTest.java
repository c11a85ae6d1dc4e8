// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.CheckpointOutcome.Refused;
import dev.writ.tlog.TrustedCheckpoint.Cosignature;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** c2sp.org/tlog-policy: which checkpoints a policy believes. */
class LogPolicyTest {
  private static final String ORIGIN = "log.example";
  private static final KeyPairNoteSigner HSM = KeyPairNoteSigner.of(ORIGIN, TestKeys.p256());
  private static final KeyPairNoteSigner ED25519 = KeyPairNoteSigner.of(ORIGIN, TestKeys.ed25519());
  private static final List<TestWitness> WITNESSES =
      Stream.of("x1", "x2", "x3", "y1", "y2", "y3").map(TestWitness::new).toList();
  private static final Checkpoint CHECKPOINT =
      new Checkpoint(ORIGIN, 1, MerkleTree.leafHash(new byte[0]));
  private static final String LOG = "log " + HSM.key().vkey() + "\n";

  /** The two-level example of the specification. */
  private static final String TWO_LEVELS =
      LOG
          + witnesses()
          + "group X 2 x1 x2 x3\ngroup Y any y1 y2 y3\ngroup X-and-Y all X Y\nquorum X-and-Y\n";

  static Stream<Provider> providers() {
    return TestProviders.all().stream();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void verifyCheckpoint_logAndQuorum_isTrustedOnEachProvider(Provider provider) throws Exception {
    CheckpointOutcome outcome =
        LogPolicy.parse(TWO_LEVELS, provider).verifyCheckpoint(note(CHECKPOINT, "x1 x3 y2"));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            TrustedCheckpoint.class,
            trusted -> {
              assertThat(trusted.checkpoint()).isEqualTo(CHECKPOINT);
              assertThat(trusted.logKeys()).containsExactly(HSM.key());
              assertThat(trusted.cosignatures())
                  .containsExactly(cosignature("x1"), cosignature("x3"), cosignature("y2"));
            });
  }

  @ParameterizedTest
  @CsvSource({
    "'', false",
    "x1 x2, false",
    "x1 x2 x3, false",
    "y1 y2 y3, false",
    "x1 y1 y2, false",
    "x1 x2 y1, true",
    "x2 x3 y3, true",
    "x1 x2 x3 y1 y2 y3, true",
    "x1 x1 y1, false",
  })
  void verifyCheckpoint_witnesses_reachTheQuorumOrNot(String cosigners, boolean reached)
      throws Exception {
    assertThat(isTrusted(TWO_LEVELS, note(CHECKPOINT, cosigners))).isEqualTo(reached);
  }

  @ParameterizedTest
  @CsvSource({
    "any, '', false",
    "any, x2, true",
    "all, x1 x2, false",
    "all, x1 x2 x3, true",
    "1, x3, true",
    "2, x3, false",
    "2, x3 x1, true",
    "3, x3 x1, false",
  })
  void verifyCheckpoint_oneGroup_needsItsThreshold(String k, String cosigners, boolean reached)
      throws Exception {
    String policy = LOG + witnesses() + "group g " + k + " x1 x2 x3\nquorum g\n";
    assertThat(isTrusted(policy, note(CHECKPOINT, cosigners))).isEqualTo(reached);
  }

  @Test
  void verifyCheckpoint_quorumIsOneWitness_needsThatOne() throws Exception {
    String policy = LOG + witnesses() + "quorum x2\n";
    assertThat(isTrusted(policy, note(CHECKPOINT, "x2"))).isTrue();
    assertThat(isTrusted(policy, note(CHECKPOINT, "x1 x3"))).isFalse();
    assertThat(LogPolicy.parse(policy).needsWitnesses()).isTrue();
  }

  @Test
  void verifyCheckpoint_quorumNone_needsTheLogAlone() throws Exception {
    LogPolicy policy = LogPolicy.parse(LOG + "quorum none\n");
    assertThat(policy.needsWitnesses()).isFalse();
    assertThat(policy.verifyCheckpoint(note(CHECKPOINT, ""))).isInstanceOf(TrustedCheckpoint.class);
    assertThat(policy.verifyCheckpoint(note(CHECKPOINT, "x1")))
        .isInstanceOf(TrustedCheckpoint.class);
  }

  /** Only the key of type 0x02 gives issuing authority, and a policy that lists it alone says so. */
  @Test
  void verifyCheckpoint_signedByTheLogsOtherKeyAlone_isRefused() throws Exception {
    SignedNote note = SignedNote.sign(CHECKPOINT.noteText(), ED25519);
    assertThat(isTrusted(LOG + "quorum none\n", note)).isFalse();
    assertThat(isTrusted("log " + ED25519.key().vkey() + "\nquorum none\n", note)).isTrue();
    assertThat(
            isTrusted(LOG + "quorum none\n", SignedNote.sign(CHECKPOINT.noteText(), ED25519, HSM)))
        .isTrue();
  }

  @Test
  void verifyCheckpoint_noLogSigned_isRefusedHoweverManyWitnesses() throws Exception {
    List<NoteSignature> all = new ArrayList<>();
    WITNESSES.forEach(witness -> all.add(witness.cosign(CHECKPOINT)));
    assertRefused(TWO_LEVELS, SignedNote.of(CHECKPOINT.noteText(), all), "a log key of the policy");
  }

  /** "This name MUST correspond to the log's origin line". */
  @Test
  void verifyCheckpoint_originOfAnotherLog_isRefused() throws Exception {
    Checkpoint other = new Checkpoint("other.example", 1, CHECKPOINT.root());
    assertRefused(
        LOG + "quorum none\n",
        SignedNote.sign(other.noteText(), HSM),
        "a log key of the policy with the origin \"other.example\" as name must have signed");
  }

  @Test
  void verifyCheckpoint_textIsNoCheckpoint_isRefused() throws Exception {
    SignedNote note = SignedNote.sign("log.example\n1\n".getBytes(StandardCharsets.UTF_8), HSM);
    assertRefused(LOG + "quorum none\n", note, "checkpoint: root hash must be");
  }

  @Test
  void verifyCheckpoint_cosignatureOverAnotherTextOrTime_isRefused() throws Exception {
    TestWitness x1 = WITNESSES.get(0);
    SignedNote signed = SignedNote.sign(CHECKPOINT.noteText(), HSM);
    Checkpoint other = new Checkpoint(ORIGIN, 2, CHECKPOINT.root());
    assertRefused(
        TWO_LEVELS,
        signed.with(List.of(x1.cosign(other))),
        "each signature of a known key must verify, that of x1.example+");
    byte[] later = x1.cosign(CHECKPOINT).bytes();
    later[7]++;
    NoteSignature changed = new NoteSignature(x1.key().name(), x1.key().keyId(), later);
    assertRefused(TWO_LEVELS, signed.with(List.of(changed)), "each signature of a known key");
  }

  @Test
  void verifyCheckpoint_cosignatureOfWrongLengthOrNegativeTime_isRefused() throws Exception {
    TestWitness x1 = WITNESSES.get(0);
    SignedNote signed = SignedNote.sign(CHECKPOINT.noteText(), HSM);
    for (int length : new int[] {1, 8, 64, 71, 73}) {
      NoteSignature wrong = new NoteSignature(x1.key().name(), x1.key().keyId(), new byte[length]);
      assertRefused(TWO_LEVELS, signed.with(List.of(wrong)), "each signature of a known key");
    }
    for (long time : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      NoteSignature odd = x1.cosign(CHECKPOINT.noteText(), time);
      assertRefused(TWO_LEVELS, signed.with(List.of(odd)), "each signature of a known key");
    }
  }

  /** A plain Ed25519 signature by a witness's key is no cosignature: the types have other IDs. */
  @Test
  void verifyCheckpoint_witnessKeySignedWithoutTime_doesNotCount() throws Exception {
    TestWitness x1 = WITNESSES.get(0);
    SignedNote note =
        SignedNote.sign(CHECKPOINT.noteText(), HSM, KeyPairNoteSigner.of("x1.example", x1.pair()));
    assertRefused(LOG + witnesses() + "quorum x1\n", note, "the cosignatures must reach");
  }

  @Test
  void verifyCheckpoint_policyWithoutLogs_believesNone() throws Exception {
    LogPolicy policy = LogPolicy.parse("quorum none\n");
    assertThat(policy.logs()).isEmpty();
    assertThat(policy.verifyCheckpoint(note(CHECKPOINT, ""))).isInstanceOf(Refused.class);
  }

  @Test
  void verifyCheckpoint_twoKeysOfOneLogOverAChange_eitherIsEnough() throws Exception {
    KeyPairNoteSigner next = KeyPairNoteSigner.of(ORIGIN, TestKeys.p256());
    String policy = LOG + "log " + next.key().vkey() + "\nquorum none\n";
    assertThat(isTrusted(policy, SignedNote.sign(CHECKPOINT.noteText(), HSM))).isTrue();
    assertThat(isTrusted(policy, SignedNote.sign(CHECKPOINT.noteText(), next))).isTrue();
    assertThat(
            LogPolicy.parse(policy)
                .verifyCheckpoint(SignedNote.sign(CHECKPOINT.noteText(), next, HSM)))
        .isInstanceOfSatisfying(
            TrustedCheckpoint.class,
            trusted -> assertThat(trusted.logKeys()).containsExactly(next.key(), HSM.key()));
  }

  @Test
  void verifyCheckpoint_lineRepeatedAHundredTimes_isTrustedOnce() throws Exception {
    SignedNote note = note(CHECKPOINT, "");
    SignedNote repeated = note.with(Collections.nCopies(99, note.signatures().get(0)));
    assertThat(LogPolicy.parse(LOG + "quorum none\n").verifyCheckpoint(repeated))
        .isInstanceOfSatisfying(
            TrustedCheckpoint.class, trusted -> assertThat(trusted.logKeys()).hasSize(1));
  }

  private static boolean isTrusted(String policy, SignedNote note) throws Exception {
    return LogPolicy.parse(policy).verifyCheckpoint(note) instanceof TrustedCheckpoint;
  }

  private static void assertRefused(String policy, SignedNote note, String reason)
      throws Exception {
    assertThat(LogPolicy.parse(policy).verifyCheckpoint(note))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).startsWith(reason));
  }

  private static SignedNote note(Checkpoint checkpoint, String cosigners) throws Exception {
    SignedNote note = SignedNote.sign(checkpoint.noteText(), HSM);
    for (String name : cosigners.isEmpty() ? new String[0] : cosigners.split(" ")) {
      note = note.with(List.of(witness(name).cosign(checkpoint)));
    }
    return note;
  }

  private static TestWitness witness(String name) {
    return WITNESSES.stream().filter(w -> w.name().equals(name)).findFirst().orElseThrow();
  }

  private static Cosignature cosignature(String name) {
    return new Cosignature(witness(name).key(), Instant.ofEpochSecond(TestWitness.TIME));
  }

  private static String witnesses() {
    StringBuilder lines = new StringBuilder();
    WITNESSES.forEach(
        w -> lines.append("witness ").append(w.name()).append(' ').append(w.key()).append('\n'));
    return lines.toString();
  }
}
