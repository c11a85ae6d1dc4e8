// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.LogPolicy.Log;
import dev.writ.tlog.LogPolicy.Witness;
import java.security.KeyPair;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-policy, "Policy file syntax and structure". */
class LogPolicyParserTest {
  private static final KeyPair LOG_PAIR = TestKeys.p256();
  private static final KeyPair ED25519_PAIR = TestKeys.ed25519();
  private static final String LOG = KeyPairNoteSigner.of("log", LOG_PAIR).key().vkey();
  private static final String LOG_RENAMED = KeyPairNoteSigner.of("log2", LOG_PAIR).key().vkey();
  private static final String ED25519 = KeyPairNoteSigner.of("log", ED25519_PAIR).key().vkey();
  private static final NoteKey A = new TestWitness("a").key();
  private static final NoteKey B = new TestWitness("b").key();
  private static final NoteKey A_RENAMED = NoteKey.ofCosigner("a2", A.publicKey());

  /** For what these words stand in the texts of the tests. */
  private static final Map<String, String> KEYS =
      Map.of(
          "LOG",
          LOG,
          "LOG2",
          LOG_RENAMED,
          "ED",
          ED25519,
          "WA",
          A.vkey(),
          "WA2",
          A_RENAMED.vkey(),
          "WB",
          B.vkey());

  /** In one pass, so that no word is found inside a key that was just put in. */
  private static String fill(String text) {
    return Pattern.compile("\\b(LOG2|LOG|ED|WA2|WA|WB)\\b")
        .matcher(text)
        .replaceAll(found -> Matcher.quoteReplacement(KEYS.getOrDefault(found.group(), "")));
  }

  @Test
  void parse_spacesTabsCommentsAndUrls_areRead() throws Exception {
    LogPolicy policy =
        LogPolicy.parse(
            fill(
                lines(
                    "# a comment, ünïcode",
                    "",
                    " \t ",
                    " \t#indented",
                    "quorum \t none ",
                    "\tlog\tLOG  https://log.example/ ",
                    "witness ä WA",
                    "witness b WB https://b.example/",
                    "group g any ä b")));
    assertThat(policy.logs())
        .containsExactly(new Log(NoteKey.parse(LOG), Optional.of("https://log.example/")));
    assertThat(policy.witnesses())
        .containsExactly(
            new Witness("ä", A, Optional.empty()),
            new Witness("b", B, Optional.of("https://b.example/")));
    assertThat(policy.needsWitnesses()).isFalse();
  }

  @Test
  void parse_typesThatLogsSignWith_areRead() throws Exception {
    String treeHead =
        "rome.ct.filippo.io/2024h1+78f4abae+BTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFzPC3fap+uINc1RQ4e"
            + "RbYMUt84+bKkA8GDLN8KwVdzAgYhYSv4kS8XSheGLAHCWhIJTJbuC3sL88bNMTtrsBM=";
    LogPolicy policy =
        LogPolicy.parse(fill("log LOG\nlog ED\nlog " + treeHead + "\nquorum none\n"));
    assertThat(policy.logs())
        .extracting(log -> log.key().type())
        .containsExactly(
            NoteKeyType.ECDSA_P256, NoteKeyType.ED25519, NoteKeyType.RFC6962_TREE_HEAD);
  }

  @Test
  void parse_thirtyTwoOfEach_isRead() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 32; i++) {
      NoteKey log = KeyPairNoteSigner.of("log", TestKeys.ed25519()).key();
      text.append("log ").append(log).append('\n');
      text.append("witness w").append(i).append(' ').append(new TestWitness("w" + i).key());
      text.append("\ngroup g").append(i).append(" any w").append(i);
      text.append(i == 0 ? "\n" : " g" + (i - 1) + "\n");
    }
    LogPolicy policy = LogPolicy.parse(text + "quorum g31\n");
    assertThat(policy.logs()).hasSize(32);
    assertThat(policy.witnesses()).hasSize(32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "log LOG\n",
        "quorum none",
        "log LOG\nquorum none\nquorum none\n",
        "quorum\n",
        "quorum none x\n",
        "quorum a\n",
        "quorum a\nwitness a WA\n",
        "Quorum none\n",
        "quorum None\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
        "quorum none\0\n",
        "quorum none\u007f\n",
        "quorum none # comment\n",
        "log\nquorum none\n",
        "log LOG u v\nquorum none\n",
        "log LOG\nlog LOG\nquorum none\n",
        "log LOG\nlog LOG2\nquorum none\n",
        "log WA\nquorum none\n",
        "log junk\nquorum none\n",
        "witness a\nquorum none\n",
        "witness WA\nquorum none\n",
        "witness a WA u v\nquorum none\n",
        "witness a ED\nquorum none\n",
        "witness a LOG\nquorum none\n",
        "witness none WA\nquorum none\n",
        "witness a WA\nwitness a WB\nquorum a\n",
        "witness a WA\nwitness b WA\nquorum a\n",
        "witness a WA\nwitness b WA2\nquorum a\n",
        "witness a WA\ngroup a any a\nquorum a\n",
        "witness a WA\ngroup none any a\nquorum a\n",
        "group g any\nquorum none\n",
        "group g any a\nquorum none\n",
        "group g any none\nquorum none\n",
        "group g any g\nquorum none\n",
        "witness a WA\ngroup g any a a\nquorum g\n",
        "witness a WA\ngroup g any a\ngroup h any a\nquorum h\n",
        "witness a WA\ngroup g 0 a\nquorum g\n",
        "witness a WA\ngroup g 2 a\nquorum g\n",
        "witness a WA\ngroup g 01 a\nquorum g\n",
        "witness a WA\ngroup g -1 a\nquorum g\n",
        "witness a WA\ngroup g some a\nquorum g\n",
        "witness a WA\ngroup g Any a\nquorum g\n",
        "witness a WA\ngroup g 4294967297 a\nquorum g\n",
        "group g any b\nwitness b WB\nquorum g\n",
      })
  void parse_anyOtherForm_isRefused(String text) {
    assertThatThrownBy(() -> LogPolicy.parse(fill(text)))
        .isInstanceOf(MalformedLogPolicyException.class)
        .hasMessageMatching("(?s)log policy: .+ must be .+, was .+, at byte \\d+");
  }

  @Test
  void parse_tooLongOrTooMany_isRefused() {
    assertThatThrownBy(() -> LogPolicy.parse("#" + "a".repeat(65536) + "\nquorum none\n"))
        .isInstanceOf(MalformedLogPolicyException.class)
        .hasMessageContaining("at most 65536 bytes");
    StringBuilder groups = new StringBuilder("witness a " + A + "\ngroup g0 any a\n");
    for (int i = 1; i <= 128; i++) {
      groups.append("group g").append(i).append(" any g").append(i - 1).append('\n');
    }
    assertThatThrownBy(() -> LogPolicy.parse(groups + "quorum g128\n"))
        .isInstanceOf(MalformedLogPolicyException.class)
        .hasMessageContaining("groups must be at most 128");
  }

  @Test
  void parse_badKey_saysWhereAndWhy() {
    assertThatThrownBy(() -> LogPolicy.parse("quorum none\nlog log+00000000+AQ==\n"))
        .isInstanceOfSatisfying(
            MalformedLogPolicyException.class,
            e -> {
              assertThat(e.offset()).hasValue(12);
              assertThat(e.field()).isEqualTo("log key: public key");
              assertThat(e).hasCauseInstanceOf(MalformedNoteKeyException.class);
            });
  }

  private static String lines(String... lines) {
    return String.join("\n", lines) + "\n";
  }
}
