// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import java.util.Optional;

/**
 * No input makes a parser throw anything but its own exception, and what it reads it writes again to
 * the byte: one value has one text. With {@code JAZZER_FUZZ=1} it searches; else it runs the seeds.
 */
class ParserFuzzTest {
  private static final P256Verifier VERIFIER =
      P256Verifier.of((ECPublicKey) TestKeys.p256().getPublic());

  /** Knows the log of the package's example, with a key of its own. */
  private static final WitnessRule RULE =
      new WitnessRule(
          List.of(KeyPairNoteSigner.of("ledger.example.org/writ", TestKeys.ed25519()).key()));

  @FuzzTest
  void note(byte[] input) {
    try {
      SignedNote note = SignedNote.parse(input);
      assertThat(note.bytes()).isEqualTo(input);
      assertThat(SignedNote.of(note.text(), note.signatures()).bytes()).isEqualTo(input);
    } catch (MalformedNoteException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void noteKey(FuzzedDataProvider data) {
    String input = data.consumeRemainingAsString();
    try {
      assertThat(NoteKey.parse(input).vkey()).isEqualTo(input);
    } catch (MalformedNoteKeyException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void checkpoint(byte[] input) {
    try {
      assertThat(Checkpoint.parse(input).noteText()).isEqualTo(input);
    } catch (MalformedCheckpointException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void tlogProof(byte[] input) {
    try {
      TlogProof proof = TlogProof.parse(input);
      assertThat(proof.format().getBytes(StandardCharsets.UTF_8)).isEqualTo(input);
      assertThat(proof.inclusion().verify(MerkleTree.emptyRoot(), proof.checkpoint().root()))
          .isNotNull();
    } catch (MalformedProofException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void addCheckpoint(byte[] input) {
    try {
      AddCheckpoint request = AddCheckpoint.parse(input);
      assertThat(request.bytes()).isEqualTo(input);
      assertThat(RULE.judge(request, Optional.empty())).isNotNull();
    } catch (MalformedAddCheckpointException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void addCheckpointAnswer(FuzzedDataProvider data) {
    int status = data.pickValue(new int[] {200, 400, 403, 404, 409, 422, 500});
    byte[] input = data.consumeRemainingAsBytes();
    try {
      AddCheckpointAnswer answer =
          AddCheckpointAnswer.parse(status, AddCheckpointAnswer.SIZE_MEDIA_TYPE, input);
      assertThat(answer.status()).isEqualTo(status);
      if (status == 200 || status == 409) {
        assertThat(answer.body()).isEqualTo(input);
      }
    } catch (MalformedWitnessAnswerException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void logPolicy(FuzzedDataProvider data) {
    try {
      LogPolicy policy = LogPolicy.parse(data.consumeRemainingAsString());
      assertThat(policy.logs()).doesNotContainNull();
    } catch (MalformedLogPolicyException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void tilePath(FuzzedDataProvider data) {
    String input = data.consumeRemainingAsString();
    try {
      assertThat(TilePath.parse(input).text()).isEqualTo(input);
    } catch (MalformedTilePathException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
    try {
      assertThat(EntryBundlePath.parse(input).text()).isEqualTo(input);
    } catch (MalformedTilePathException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void entryBundle(FuzzedDataProvider data) {
    int width = data.consumeInt(1, Tile.WIDTH);
    byte[] input = data.consumeRemainingAsBytes();
    try {
      List<byte[]> entries = EntryBundle.decode(new EntryBundlePath(0, width), input);
      assertThat(EntryBundle.encode(entries)).isEqualTo(input);
    } catch (MalformedEntryBundleException e) {
      assertThat(e).hasMessageContaining(" must be ");
    }
  }

  @FuzzTest
  void signatureForms(byte[] input) {
    assertThat(VERIFIER.verifyDer(input, input)).isFalse();
    assertThat(VERIFIER.verifyP1363(input, input)).isFalse();
  }
}
