// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Refused;
import dev.writ.tlog.AddCheckpointAnswer.Why;
import dev.writ.tlog.WitnessRule.Seen;
import dev.writ.tlog.WitnessRule.Verdict;
import dev.writ.tlog.WitnessRule.Verdict.Consistent;
import dev.writ.tlog.WitnessRule.Verdict.Denied;
import dev.writ.tlog.WitnessRule.Verdict.Forked;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** c2sp.org/tlog-witness: what a witness cosigns, and how each other request is answered. */
class WitnessRuleTest {
  private static final String ORIGIN = "log.example";
  private static final KeyPairNoteSigner LOG = KeyPairNoteSigner.of(ORIGIN, TestKeys.ed25519());
  private static final KeyPairNoteSigner HSM = KeyPairNoteSigner.of(ORIGIN, TestKeys.p256());
  private static final KeyPairNoteSigner STRANGER =
      KeyPairNoteSigner.of(ORIGIN, TestKeys.ed25519());
  private static final WitnessRule RULE = new WitnessRule(List.of(LOG.key(), HSM.key()));
  private static final int LARGEST = 20;
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(LARGEST);

  @Test
  void judge_eachPairOfSizes_isConsistentWithItsProofAndNoOther() throws Exception {
    for (int size = 0; size <= LARGEST; size++) {
      for (int old = 0; old <= size; old++) {
        Optional<Seen> seen = old == 0 ? Optional.empty() : Optional.of(seen(old));
        assertThat(RULE.judge(request(old, proof(old, size), size), seen))
            .as(old + " to " + size)
            .isInstanceOf(Consistent.class);
        List<Hash> more = new ArrayList<>(proof(old, size));
        more.add(MerkleTree.emptyRoot());
        assertThat(why(RULE.judge(request(old, more, size), seen))).isEqualTo(Why.NOT_CONSISTENT);
        for (int at = 0; at < proof(old, size).size(); at++) {
          List<Hash> other = new ArrayList<>(proof(old, size));
          other.set(at, MerkleTree.emptyRoot());
          assertThat(why(RULE.judge(request(old, other, size), seen)))
              .isEqualTo(Why.NOT_CONSISTENT);
        }
      }
    }
  }

  @Test
  void judge_eitherKeyOfTheLog_isEnough() throws Exception {
    SignedNote note = SignedNote.sign(checkpoint(3).noteText(), HSM);
    assertThat(RULE.judge(AddCheckpoint.of(0, List.of(), note), Optional.empty()))
        .isInstanceOfSatisfying(
            Consistent.class,
            consistent -> {
              assertThat(consistent.checkpoint()).isEqualTo(checkpoint(3));
              assertThat(consistent.note()).isEqualTo(note);
            });
  }

  @Test
  void judge_linesOfOthersAndRepeats_areLeftOutOfWhatIsKept() throws Exception {
    byte[] text = checkpoint(3).noteText();
    SignedNote crowded = SignedNote.sign(text, HSM, HSM, STRANGER, LOG);
    assertThat(RULE.judge(AddCheckpoint.of(0, List.of(), crowded), Optional.empty()))
        .isInstanceOfSatisfying(
            Consistent.class,
            consistent ->
                assertThat(consistent.note().signatures())
                    .containsExactly(crowded.signatures().get(0), crowded.signatures().get(3)));
  }

  @Test
  void judge_unknownOrigin_is404() throws Exception {
    KeyPairNoteSigner other = KeyPairNoteSigner.of("other.example", TestKeys.ed25519());
    SignedNote note =
        SignedNote.sign(
            new Checkpoint("other.example", 1, MerkleTree.emptyRoot()).noteText(), other);
    Verdict verdict = RULE.judge(AddCheckpoint.of(0, List.of(), note), Optional.empty());
    assertThat(why(verdict)).isEqualTo(Why.UNKNOWN_ORIGIN);
    assertThat(((Denied) verdict).answer().status()).isEqualTo(404);
  }

  @Test
  void judge_noSignatureOfAKnownKey_is403() throws Exception {
    SignedNote note = SignedNote.sign(checkpoint(3).noteText(), STRANGER);
    Verdict verdict = RULE.judge(AddCheckpoint.of(0, List.of(), note), Optional.empty());
    assertThat(why(verdict)).isEqualTo(Why.NOT_SIGNED);
    assertThat(((Denied) verdict).answer().status()).isEqualTo(403);
  }

  @Test
  void judge_oneLineOfAKnownKeyIsWrong_is403() throws Exception {
    SignedNote good = SignedNote.sign(checkpoint(3).noteText(), LOG);
    byte[] signature = HSM.sign(checkpoint(4).noteText());
    SignedNote note = good.with(List.of(new NoteSignature(ORIGIN, HSM.key().keyId(), signature)));
    assertThat(why(RULE.judge(AddCheckpoint.of(0, List.of(), note), Optional.empty())))
        .isEqualTo(Why.NOT_SIGNED);
  }

  @Test
  void judge_signatureLineThatIsNone_is403() throws Exception {
    String request = new String(request(0, List.of(), 3).bytes(), UTF_8).replaceFirst("=\n$", "\n");
    AddCheckpoint parsed = AddCheckpoint.parse(request.getBytes(UTF_8));
    assertThat(why(RULE.judge(parsed, Optional.empty()))).isEqualTo(Why.NOT_SIGNED);
  }

  @Test
  void judge_oldSizeAboveTheCheckpoints_is400() throws Exception {
    assertThat(why(RULE.judge(request(4, List.of(), 3), Optional.of(seen(4)))))
        .isEqualTo(Why.MALFORMED);
  }

  @Test
  void judge_shrunkenLog_is409WithTheStoredSize() throws Exception {
    assertThat(RULE.judge(request(2, proof(2, 3), 3), Optional.of(seen(5))))
        .isEqualTo(new Denied(new Conflict(5)));
  }

  @Test
  void judge_nothingSeenAndAnOldSize_is409WithZero() throws Exception {
    assertThat(RULE.judge(request(2, proof(2, 3), 3), Optional.empty()))
        .isEqualTo(new Denied(new Conflict(0)));
  }

  @Test
  void judge_otherRootOfOneSize_isForkedAndAnswered422() throws Exception {
    Seen other = new Seen(3, MerkleTree.emptyRoot());
    assertThat(RULE.judge(request(3, List.of(), 3), Optional.of(other)))
        .isInstanceOfSatisfying(
            Forked.class, forked -> assertThat(forked.answer().status()).isEqualTo(422));
  }

  @Test
  void judge_otherHistory_is422() throws Exception {
    Seen other = new Seen(3, MerkleTree.emptyRoot());
    assertThat(why(RULE.judge(request(3, proof(3, 7), 7), Optional.of(other))))
        .isEqualTo(Why.NOT_CONSISTENT);
  }

  @Test
  void judge_rootOfNoLeavesThatIsNotTheEmptyOne_is422() throws Exception {
    SignedNote note =
        SignedNote.sign(
            new Checkpoint(ORIGIN, 0, MerkleTree.leafHash(new byte[0])).noteText(), LOG);
    assertThat(why(RULE.judge(AddCheckpoint.of(0, List.of(), note), Optional.empty())))
        .isEqualTo(Why.NOT_CONSISTENT);
  }

  @Test
  void rule_keyOfACosigner_isRefused() {
    NoteKey cosigner = new TestWitness("w").key();
    assertThatThrownBy(() -> new WitnessRule(List.of(cosigner)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x01, 0x02 or 0x05");
    assertThatThrownBy(() -> new WitnessRule(List.of(LOG.key(), LOG.key())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("once");
  }

  private static Why why(Verdict verdict) {
    return ((Refused) ((Denied) verdict).answer()).why();
  }

  private static Checkpoint checkpoint(int size) {
    return new Checkpoint(ORIGIN, size, ReferenceTree.mth(ENTRIES.subList(0, size)));
  }

  private static Seen seen(int size) {
    return new Seen(size, checkpoint(size).root());
  }

  private static List<Hash> proof(int old, int size) {
    return old == 0 || old == size ? List.of() : ReferenceTree.proof(old, ENTRIES.subList(0, size));
  }

  private static AddCheckpoint request(int old, List<Hash> path, int size)
      throws NoteSigningException {
    return AddCheckpoint.of(old, path, SignedNote.sign(checkpoint(size).noteText(), LOG));
  }
}
