// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-checkpoint, "Note text". */
class CheckpointTest {
  private static final String ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

  @Test
  void noteText_exampleOfTheSpecification_isReadAndWritten() throws Exception {
    byte[] text = utf8("example.com/behind-the-sofa\n20852163\n" + ROOT + "\n");
    Checkpoint checkpoint = Checkpoint.parse(text);
    assertThat(checkpoint.origin()).isEqualTo("example.com/behind-the-sofa");
    assertThat(checkpoint.size()).isEqualTo(20852163);
    assertThat(checkpoint.root().base64()).isEqualTo(ROOT);
    assertThat(checkpoint.extensions()).isEmpty();
    assertThat(checkpoint.noteText()).isEqualTo(text);
  }

  @Test
  void parse_originWithSpacesAndExtensionLines_isReadAndWritten() throws Exception {
    byte[] text = utf8("Ça va + log\n0\n" + ROOT + "\nfirst\n second \n");
    Checkpoint checkpoint = Checkpoint.parse(text);
    assertThat(checkpoint.extensions()).containsExactly("first", " second ");
    assertThat(checkpoint.noteText()).isEqualTo(text);
  }

  @Test
  void parse_largestSize_isRead() throws Exception {
    assertThat(Checkpoint.parse(utf8("o\n9223372036854775807\n" + ROOT + "\n")).size())
        .isEqualTo(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "o\n",
        "o\n1\n",
        "o\n1\nROOT",
        "\n1\nROOT\n",
        "o\n\nROOT\n",
        "o\n01\nROOT\n",
        "o\n-1\nROOT\n",
        "o\n+1\nROOT\n",
        "o\n1 \nROOT\n",
        "o\n 1\nROOT\n",
        "o\n1e3\nROOT\n",
        "o\n٣\nROOT\n",
        "o\n00\nROOT\n",
        "o\n9223372036854775808\nROOT\n",
        "o\n18446744073709551616\nROOT\n",
        "o\n1\n\n",
        "o\n1\nROOT=\n",
        "o\n1\n ROOT\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "o\n1\nROOT\n\n",
        "o\n1\nROOT\next\n\n",
        "o\n1\nROOT\next",
        "o\r\n1\r\nROOT\r\n",
      })
  void parse_anyOtherForm_isRefused(String text) {
    assertThatThrownBy(() -> Checkpoint.parse(utf8(text.replace("ROOT", ROOT))))
        .isInstanceOf(MalformedCheckpointException.class)
        .hasMessageMatching("checkpoint: .+ must be .+, was .+, at byte \\d+");
  }

  @Test
  void constructor_whatNoTextCanHold_isRefused() {
    Hash root = MerkleTree.emptyRoot();
    for (String line : new String[] {"", "a\nb", "a\tb", "a\ud800"}) {
      assertThatThrownBy(() -> new Checkpoint(line, 0, root))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("origin must be one line");
      assertThatThrownBy(() -> new Checkpoint("o", 0, root, List.of(line)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("extension line must be one line");
    }
    assertThatThrownBy(() -> new Checkpoint("o", -1, root))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
