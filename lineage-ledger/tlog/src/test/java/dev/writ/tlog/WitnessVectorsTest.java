// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.writ.tlog.WitnessRule.Seen;
import dev.writ.tlog.WitnessRule.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** torchwood's test of litewitness: requests in their order, to one witness that starts empty. */
class WitnessVectorsTest {
  private static final String SET = "witness/litewitness_add_checkpoint.json";

  @Test
  void judge_eachStep_isAnsweredAsExpected() throws Exception {
    JsonNode vectors = Vectors.json(SET);
    String origin = vectors.get("logOrigin").asText();
    byte[] key = HexFormat.of().parseHex(vectors.get("logEd25519PublicKeyHex").asText());
    WitnessRule rule = new WitnessRule(List.of(NoteKey.ofEd25519(origin, key)));
    Optional<Seen> seen = Optional.empty();
    int steps = 0;
    for (JsonNode step : vectors.get("steps")) {
      AddCheckpoint request =
          AddCheckpoint.parse(step.get("body").asText().getBytes(StandardCharsets.UTF_8));
      Verdict verdict = rule.judge(request, seen);
      assertThat(status(verdict)).as("step " + steps).isEqualTo(expected(step));
      if (verdict instanceof Verdict.Consistent consistent) {
        seen =
            Optional.of(new Seen(consistent.checkpoint().size(), consistent.checkpoint().root()));
      }
      if (verdict instanceof Verdict.Denied denied && denied.answer().status() == 409) {
        String body = new String(denied.answer().body(), StandardCharsets.US_ASCII);
        assertThat(step.get("assert").asText()).contains('"' + body.replace("\n", "\\n") + '"');
      }
      steps++;
    }
    assertThat(steps).isEqualTo(9);
  }

  /** The vectors are older than version 1.0.0, which has 404 for an origin that is not known. */
  private static int expected(JsonNode step) {
    return step.get("assert").asText().contains("unknown log")
        ? 404
        : step.get("wantStatus").asInt();
  }

  private static int status(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.answer().status() : 200;
  }
}
