// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-witness: the request to a witness, as bytes. */
class AddCheckpointTest {
  private static final KeyPairNoteSigner LOG =
      KeyPairNoteSigner.of("log.example", TestKeys.ed25519());
  private static final Hash HASH = MerkleTree.leafHash(new byte[0]);
  private static final SignedNote NOTE = note(new Checkpoint("log.example", 9, HASH));
  private static final String LINE = HASH.base64() + "\n";

  @Test
  void parse_whatWasPrinted_isTheSame() throws Exception {
    AddCheckpoint request = AddCheckpoint.of(7, List.of(HASH, MerkleTree.emptyRoot()), NOTE);
    AddCheckpoint parsed = AddCheckpoint.parse(request.bytes());
    assertThat(parsed.oldSize()).isEqualTo(7);
    assertThat(parsed.path()).containsExactly(HASH, MerkleTree.emptyRoot());
    assertThat(parsed.checkpoint()).isEqualTo(new Checkpoint("log.example", 9, HASH));
    assertThat(parsed.note()).isEqualTo(NOTE);
    assertThat(parsed.bytes()).isEqualTo(request.bytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "9223372036854775807"})
  void parse_size_isADecimal(String size) throws Exception {
    assertThat(parse("old " + size + "\n\n" + NOTE).oldSize()).isEqualTo(Long.parseLong(size));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "+1",
        "-1",
        "01",
        "00",
        "1 ",
        " 1",
        "1.0",
        "0x1",
        "9223372036854775808",
        "\u0661",
        "1\r"
      })
  void parse_sizeInAnotherSpelling_isRefused(String size) {
    assertMalformed("old " + size + "\n\n" + NOTE, "old size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "old", "OLD 1\n", "old\t1\n", "size 1\n\n", "\uFEFFold 1\n\n"})
  void parse_otherFirstLine_isRefused(String request) {
    assertMalformed(request, "first line");
  }

  @Test
  void parse_sixtyThreeHashes_areRead_andOneMoreIsRefused() throws Exception {
    String most = String.join("", Collections.nCopies(AddCheckpoint.MAX_PATH, LINE));
    assertThat(parse("old 1\n" + most + "\n" + NOTE).path()).hasSize(63);
    assertMalformed("old 1\n" + most + LINE + "\n" + NOTE, "path");
  }

  @Test
  void parse_hashInAnotherSpelling_isRefused() {
    String base64 = HASH.base64();
    for (String other :
        List.of(
            base64.substring(0, 43),
            base64 + "=",
            " " + base64,
            base64.substring(1),
            "!" + base64)) {
      assertMalformed("old 1\n" + other + "\n\n" + NOTE, "path hash 0");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "log.example\n",
        "log.example\n9\n",
        "\n\n",
        "log.example\n9\nAA==\n\n— a AA=\n"
      })
  void parse_noCheckpoint_isRefused(String note) {
    assertMalformed("old 1\n\n" + note, "checkpoint: ");
  }

  @Test
  void parse_noEmptyLine_isRefused() {
    assertMalformed("old 1\n" + LINE, "path");
    assertMalformed("old 1\n" + LINE.strip(), "path");
  }

  @Test
  void parse_tooLong_isRefusedUnread() {
    assertMalformed("old 1\n\n" + "a".repeat(AddCheckpoint.MAX_BYTES), "request");
    assertMalformed("old 1\n\n" + "a".repeat(SignedNote.MAX_BYTES + 1), "checkpoint");
  }

  @Test
  void of_whatCannotBeSent_isRefused() {
    assertThatThrownBy(() -> AddCheckpoint.of(-1, List.of(), NOTE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AddCheckpoint.of(1, Collections.nCopies(64, HASH), NOTE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> AddCheckpoint.of(1, List.of(), SignedNote.sign("text\n".getBytes(UTF_8), LOG)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("checkpoint");
  }

  private static AddCheckpoint parse(String request) throws MalformedAddCheckpointException {
    return AddCheckpoint.parse(request.getBytes(UTF_8));
  }

  private static void assertMalformed(String request, String field) {
    assertThatThrownBy(() -> parse(request))
        .isInstanceOfSatisfying(
            MalformedAddCheckpointException.class, e -> assertThat(e.field()).startsWith(field));
  }

  private static SignedNote note(Checkpoint checkpoint) {
    try {
      return SignedNote.sign(checkpoint.noteText(), LOG);
    } catch (NoteSigningException e) {
      throw new AssertionError(e);
    }
  }
}
