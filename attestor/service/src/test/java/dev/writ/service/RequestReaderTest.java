// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.Octets;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a request carried is not shown by accident. */
final class RequestReaderTest {
  @Test
  void activation_asText_hidesItsSecret() {
    Octets session = Octets.of("session".getBytes(StandardCharsets.US_ASCII));
    Octets secret = Octets.of("a secret of the TPM".getBytes(StandardCharsets.US_ASCII));
    assertThat(new RequestReader.ActivationAnswer(session, secret).toString())
        .contains(session.toString())
        .doesNotContain(secret.toString());
  }
}
