// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.writ.artifact.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * Whatever a server or a file holds, it is read or refused. With {@code JAZZER_FUZZ=1} it searches;
 * else it runs the seeds.
 */
class AnswerFuzzTest {
  private static final int MAX_BODY = 4096;

  @FuzzTest
  void httpResponse(byte[] input) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(input);
    try {
      HttpResponse response = HttpResponse.read(in, MAX_BODY);
      assertThat(response.status()).isBetween(200, 599);
      assertThat(response.body()).hasSizeLessThanOrEqualTo(MAX_BODY);
      assertThat(response.fields().keySet()).allMatch(name -> name.matches("[!-~]{1,128}"));
    } catch (MalformedResponseException e) {
      assertThat(e).hasMessageContaining("must");
    }
  }

  @FuzzTest
  void invitation(byte[] input) throws MalformedJsonException {
    try {
      Invitation invitation = Invitation.parse(input);
      assertThat(Invitation.parse(invitation.toJson())).isEqualTo(invitation);
    } catch (MalformedJsonException e) {
      assertThat(e).hasMessageContaining("must be");
    }
  }
}
