// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-proof, "Format". */
class TlogProofTest {
  private static final int SIZE = 300;
  private static final MemoryTiles TILES = MemoryTiles.of(SIZE);
  private static final KeyPairNoteSigner LOG = KeyPairNoteSigner.of("log.example", TestKeys.p256());
  private static final SignedNote NOTE = note(SIZE);

  @Test
  void format_eachLeaf_isReadAndProven() throws Exception {
    SignedNote note = note(SIZE);
    TileTree tree = new TileTree(TILES, SIZE);
    List<byte[]> entries = ReferenceTree.entries(SIZE);
    for (int index = 0; index < SIZE; index++) {
      String text = TlogProof.of(tree.inclusionProof(index), note).format();
      TlogProof proof = TlogProof.parse(text);
      assertThat(proof.index()).isEqualTo(index);
      assertThat(proof.format()).isEqualTo(text);
      assertThat(proof.note()).isEqualTo(note);
      assertThat(proof.extra()).isEmpty();
      assertThat(
              proof
                  .inclusion()
                  .verify(MerkleTree.leafHash(entries.get(index)), proof.checkpoint().root()))
          .isEqualTo(new Proven());
    }
  }

  @Test
  void parse_extra_isKeptAndWritten() throws Exception {
    for (byte[] extra : new byte[][] {{}, {1, 2, 3}}) {
      String text =
          text().replace("@v1\n", "@v1\nextra " + Base64.getEncoder().encodeToString(extra) + "\n");
      TlogProof proof = TlogProof.parse(text);
      assertThat(proof.extra()).hasValueSatisfying(read -> assertThat(read).isEqualTo(extra));
      assertThat(proof.format()).isEqualTo(text);
    }
  }

  @Test
  void parse_treeOfOneLeaf_hasNoPath() throws Exception {
    InclusionProof inclusion = new TileTree(TILES, 1).inclusionProof(0);
    String text = TlogProof.of(inclusion, note(1)).format();
    assertThat(text).startsWith("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n1\n");
    assertThat(TlogProof.parse(text).inclusion().path()).isEmpty();
  }

  @Test
  void parse_indexBeyondTheTree_isReadButNotProven() throws Exception {
    TlogProof proof = TlogProof.parse(text().replace("index 7\n", "index 300\n"));
    assertThat(
            proof
                .inclusion()
                .verify(
                    MerkleTree.leafHash(ReferenceTree.entries(8).get(7)),
                    proof.checkpoint().root()))
        .isInstanceOf(NotProven.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@v1 -> @v2",
        "c2sp.org -> C2SP.org",
        "@v1\n -> @v1\r\n",
        "@v1\n -> @v1\n\n",
        "@v1\n -> @v1\nextra\n",
        "@v1\n -> @v1\nextra AQ\n",
        "@v1\n -> @v1\nextra AR==\n",
        "@v1\n -> @v1\nextra AQ==\nextra AQ==\n",
        "@v1\n -> @v1\nother AQ==\n",
        "index 7\n -> ",
        "index 7 -> index 07",
        "index 7 -> index -7",
        "index 7 -> index +7",
        "index 7 -> index ",
        "index 7 -> index  7",
        "index 7 -> Index 7",
        "index 7 -> index 9223372036854775808",
        "index 7\n -> index 7\nindex 7\n",
        "index 7\n -> index 7\n\n",
        "index 7\n -> index 7\nAAAA\n",
        "index 7\n -> index 7\n!\n",
        "\n\nlog.example -> \nlog.example",
        "\n\nlog.example -> \n\n\nlog.example",
        "log.example\n300 -> log.example\n0300",
        "log.example\n300 -> log.example\n",
        "\u2014 log -> - log",
      })
  void parse_changed_isRefused(String change) throws Exception {
    String[] fromTo = change.split(" -> ", -1);
    String text = text().replaceFirst(Pattern.quote(fromTo[0]), fromTo[1]);
    assertThat(text).isNotEqualTo(text());
    assertThatThrownBy(() -> TlogProof.parse(text))
        .isInstanceOf(MalformedProofException.class)
        .hasMessageMatching("(?s)tlog-proof: .+ must be .+, was .+, at byte \\d+");
  }

  @Test
  void parse_eachCut_isRefused() throws Exception {
    byte[] bytes = text().getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> TlogProof.parse(cut)).isInstanceOf(MalformedProofException.class);
    }
  }

  @Test
  void parse_moreHashesThanAnyTreeHasLevels_isRefused() throws Exception {
    String hashes = (MerkleTree.emptyRoot().base64() + "\n").repeat(64);
    assertThatThrownBy(() -> TlogProof.parse(text().replace("index 7\n", "index 7\n" + hashes)))
        .isInstanceOf(MalformedProofException.class)
        .hasMessageContaining("path must be at most 63 hashes");
  }

  @Test
  void parse_halfASurrogatePairOrTooLong_isRefused() throws Exception {
    assertThatThrownBy(() -> TlogProof.parse(text().replace("log.example\n300", "log\ud800\n300")))
        .isInstanceOf(MalformedProofException.class);
    assertThatThrownBy(() -> TlogProof.parse(new byte[TlogProof.MAX_BYTES + 1]))
        .isInstanceOf(MalformedProofException.class);
  }

  @Test
  void of_noteOfAnotherTree_isRefused() throws Exception {
    InclusionProof inclusion = new TileTree(TILES, 5).inclusionProof(0);
    SignedNote otherSize = note(6);
    assertThatThrownBy(() -> TlogProof.of(inclusion, otherSize))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be for the checkpoint's size 6, was for 5");
    SignedNote noCheckpoint = SignedNote.sign("text\n".getBytes(StandardCharsets.UTF_8), LOG);
    assertThatThrownBy(() -> TlogProof.of(inclusion, noCheckpoint))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the note must be a checkpoint");
  }

  private static String text() throws Exception {
    return TlogProof.of(new TileTree(TILES, SIZE).inclusionProof(7), NOTE).format();
  }

  private static SignedNote note(int size) {
    try {
      Hash root = new TileTree(TILES, size).root();
      return SignedNote.sign(new Checkpoint("log.example", size, root).noteText(), LOG);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
