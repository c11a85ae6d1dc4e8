// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.PinnedTls;
import dev.writ.agent.Sentence;
import dev.writ.cli.EndorsementDiagnosis.Check;
import dev.writ.cli.EndorsementDiagnosis.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLSocket;

/** Whether a service's webhooks can be reached from here, and show a key that is pinned. Nothing is posted. */
final class WebhookDiagnosis {
  private static final int PATIENCE_MILLIS = 3_000;

  private WebhookDiagnosis() {}

  static Check of(WebhookPlace hook, InstantSource clock) {
    boolean secure = hook.url().getScheme().equals("https");
    String host = hook.url().getHost().replaceAll("[\\[\\]]", "");
    int port = hook.url().getPort() >= 0 ? hook.url().getPort() : secure ? 443 : 80;
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), PATIENCE_MILLIS);
      socket.setSoTimeout(PATIENCE_MILLIS);
      Optional<PinnedTls> tls = hook.tls(clock);
      if (tls.isPresent()) {
        try (SSLSocket over = tls.get().over(socket, host, port)) {
          over.startHandshake();
        }
      }
      return check(
          Result.passed,
          hook,
          secure ? "is there, and shows a key that is pinned" : "is there",
          Optional.empty());
    } catch (IOException e) {
      return check(
          Result.noted,
          hook,
          "cannot be reached from here, so that it would not hear of revocations: "
              + Sentence.of(e),
          Optional.of(
              "start it, or mend webhooks[].url and pins; the service tries again until it takes them"));
    }
  }

  private static Check check(Result result, WebhookPlace hook, String what, Optional<String> todo) {
    return new Check(
        result,
        "webhook",
        "service",
        "the webhook " + hook.name() + " " + what,
        todo,
        Optional.empty());
  }
}
