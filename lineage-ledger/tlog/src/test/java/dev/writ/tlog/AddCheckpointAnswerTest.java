// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Cosigned;
import dev.writ.tlog.AddCheckpointAnswer.Refused;
import dev.writ.tlog.AddCheckpointAnswer.Why;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/tlog-witness: what a witness answers. */
class AddCheckpointAnswerTest {
  private static final NoteSignature LINE =
      new TestWitness("w").cosign("log.example\n".getBytes(UTF_8), 1);

  @Test
  void parse_cosignatures_areRead() throws Exception {
    Cosigned answer = new Cosigned(List.of(LINE, LINE));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(parse(answer)).isEqualTo(answer);
  }

  @Test
  void parse_conflict_isTheStoredSize() throws Exception {
    Conflict answer = new Conflict(20_852_014);
    assertThat(new String(answer.body(), UTF_8)).isEqualTo("20852014\n");
    assertThat(answer.mediaType()).isEqualTo("text/x.tlog.size");
    assertThat(parse(answer)).isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource({"MALFORMED, 400", "NOT_SIGNED, 403", "UNKNOWN_ORIGIN, 404", "NOT_CONSISTENT, 422"})
  void parse_refusal_isItsRule(Why why, int status) throws Exception {
    Refused answer = new Refused(why, "a sentence");
    assertThat(answer.status()).isEqualTo(status);
    assertThat(((Refused) parse(answer)).why()).isEqualTo(why);
  }

  @Test
  void parse_refusalOfBinary_isQuoted() throws Exception {
    Refused refused = (Refused) AddCheckpointAnswer.parse(422, "", new byte[] {0, 27, '\n', -1});
    assertThat(refused.reason()).isEqualTo("\"\\x00\\x1b\\x0a\\xff\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 201, 204, 301, 401, 410, 429, 500, 503})
  void parse_otherStatus_isRefused(int status) {
    assertThatThrownBy(() -> AddCheckpointAnswer.parse(status, "", new byte[0]))
        .isInstanceOf(MalformedWitnessAnswerException.class)
        .hasMessageContaining("status");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "3", "03\n", "+3\n", "-3\n", "3\n\n", "3\n4\n", " 3\n", "x\n", "3\r\n"})
  void parse_sizeInAnotherSpelling_isRefused(String body) {
    assertThatThrownBy(
            () -> AddCheckpointAnswer.parse(409, "text/x.tlog.size", body.getBytes(UTF_8)))
        .isInstanceOf(MalformedWitnessAnswerException.class);
  }

  @Test
  void parse_sizeAsAnotherMediaType_isRefused() {
    assertThatThrownBy(() -> AddCheckpointAnswer.parse(409, "text/plain", "3\n".getBytes(UTF_8)))
        .hasMessageContaining("Content-Type");
  }

  @Test
  void parse_noOrTooManyCosignatures_areRefused() {
    String line = LINE.line();
    for (String body :
        List.of(
            "",
            "\n",
            line.strip(),
            line + "\n",
            line.replace("\u2014", "-"),
            String.join("", Collections.nCopies(17, line)))) {
      assertThatThrownBy(() -> AddCheckpointAnswer.parse(200, "", body.getBytes(UTF_8)))
          .isInstanceOf(MalformedWitnessAnswerException.class);
    }
  }

  @Test
  void parse_longBody_isRefusedUnread() {
    assertThatThrownBy(
            () -> AddCheckpointAnswer.parse(422, "", new byte[AddCheckpointAnswer.MAX_BYTES + 1]))
        .hasMessageContaining("at most");
  }

  private static AddCheckpointAnswer parse(AddCheckpointAnswer answer)
      throws MalformedWitnessAnswerException {
    return AddCheckpointAnswer.parse(answer.status(), answer.mediaType(), answer.body());
  }
}
