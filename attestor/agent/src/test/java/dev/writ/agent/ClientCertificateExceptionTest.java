// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** What an ended connection says of the certificate that was shown on it. */
class ClientCertificateExceptionTest {
  private final IOException ended = new SocketException("Broken pipe");

  @Test
  void alertOfACertificate_isARefusal_alsoBehindAFailureToSend() {
    IOException alert = new SSLHandshakeException("Received fatal alert: certificate_unknown");
    IOException sending = new SocketException("Broken pipe");
    sending.addSuppressed(alert);

    assertThat(ClientCertificateException.orElse(alert, true))
        .isInstanceOf(ClientCertificateException.class);
    assertThat(ClientCertificateException.orElse(sending, true))
        .isInstanceOf(ClientCertificateException.class);
  }

  @Test
  void connectionEndedAfterTheKeyWasShown_mayBeARefusal() {
    assertThat(ClientCertificateException.orElse(ended, true))
        .hasMessageContaining("Broken pipe")
        .hasMessageContaining("is the clock right?");
  }

  @Test
  void otherFailures_areWhatTheyAre() {
    IOException other = new IOException("the server must answer, and does not");

    assertThat(ClientCertificateException.orElse(ended, false)).isSameAs(ended);
    assertThat(ClientCertificateException.orElse(other, true)).isSameAs(other);
  }
}
