// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys audit} says what a service says, and its exit status says whether that is well. */
@Tag("own-jvm")
class KeysAuditCommandTest {
  @TempDir Path folder;

  /** An audit in which the ledger and the issuer's key differ by this much. */
  private static String audit(int keyUnaccounted, int keyMissing, int unaccounted, int missing) {
    String artifacts = "{\"signed\":3,\"committed\":2,\"lost\":1,\"unanswered\":0,\"under_way\":0}";
    return String.format(
        "{\"ledger\":{\"first_index\":5,\"size\":9,\"leaves\":2,\"artifacts\":%s,"
            + "\"unaccounted\":%d,\"missing\":%d},\"keys\":[{\"role\":\"issuer\",\"label\":\"issuer-2\","
            + "\"id\":\"010002\",\"token\":{\"proof\":1,\"service\":4},"
            + "\"service\":{\"artifact\":3,\"readiness\":1},\"under_way\":0,\"artifacts\":%s,"
            + "\"unaccounted\":%d,\"missing\":%d}]}",
        artifacts, unaccounted, missing, artifacts, keyUnaccounted, keyMissing);
  }

  private Invocation run(String answer, Object... more) throws Exception {
    Path socket = folder.resolve("socket");
    Files.deleteIfExists(socket);
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, answer)) {
      Object[] words = new Object[4 + more.length];
      words[0] = "keys";
      words[1] = "audit";
      words[2] = "--socket";
      words[3] = socket;
      System.arraycopy(more, 0, words, 4, more.length);
      Invocation invocation = Invocation.of(words);
      assertThat(service.requests().get(0)).startsWith("GET /v1/signatures HTTP/1.1\r\n");
      return invocation;
    }
  }

  @Test
  void balancedAudit_isPrintedAndDone() throws Exception {
    Invocation audited = run(audit(0, 0, 0, 0));

    assertThat(audited.status()).as(audited.err()).isEqualTo(ExitStatus.DONE);
    assertThat(audited.err()).isEmpty();
    assertThat(audited.out())
        .containsPattern("issuer +issuer-2 +proof=1,service=4 +artifact=3,readiness=1 +0 +0 +0")
        .containsPattern("artifacts lost +1")
        .containsPattern("leaves that allowed +2");
  }

  @Test
  void balancedAudit_asJson_hasAllNumbers() throws Exception {
    Invocation audited = run(audit(0, 0, 0, 0), "-o", "json");

    assertThat(audited.status()).isEqualTo(ExitStatus.DONE);
    assertThat(audited.out())
        .isEqualToNormalizingNewlines(
            "{\"balanced\":true," + audit(0, 0, 0, 0).substring(1) + "\n");
  }

  @Test
  void signatureThatNobodyAccountsFor_isIntegrityViolated_withKeyAndNumber() throws Exception {
    Invocation audited = run(audit(1, 0, 0, 0));

    assertThat(audited.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(audited.err()).contains("nobody accounts for 1 by the key issuer-2");
    assertThat(audited.out()).as("what was found is shown").contains("issuer-2");
  }

  @Test
  void eachOtherDifference_isIntegrityViolated() throws Exception {
    assertThat(run(audit(0, 2, 0, 0)).err())
        .contains("the token did not count 2 by the key issuer-2");
    Invocation leaves = run(audit(0, 0, 3, 0));
    assertThat(leaves.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(leaves.err()).contains("3 leaves allowed what no artifact was signed for");
    assertThat(run(audit(0, 0, 0, 4), "-o", "json").err())
        .contains("4 committed artifacts have no leaf");
  }
}
