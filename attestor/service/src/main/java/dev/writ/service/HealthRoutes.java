// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpHeaders;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** How the service is, for whoever starts it again or sends requests elsewhere; and its contract. */
final class HealthRoutes {
  private static final CharSequence YAML = HttpHeaders.createOptimized("application/yaml");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final int RETRY = 5;

  private final WritService service;

  HealthRoutes(WritService service) {
    this.service = service;
  }

  void addTo(RouteTable table) {
    Answer contract = Answer.content(YAML, Contract.bytes(), NO_STORE);
    table
        .health("/livez", "live", target -> Reply.now(current("{\"live\":true}")))
        .health("/readyz", "ready", target -> ready())
        .get("/openapi.yaml", "contract", target -> Reply.now(contract));
  }

  /** Nothing but yes or no: what is wrong is the operator's to know. */
  private CompletionStage<Reply> ready() {
    return service
        .readiness()
        .thenApply(
            readiness ->
                readiness.ready()
                    ? new Reply.Given(() -> current("{\"ready\":true}"))
                    : new Reply.Refused(
                        Problem.unavailable(
                            "not_ready", "the service must be able to issue, and is not", RETRY),
                        Optional.empty()));
  }

  private static Answer current(String json) {
    return Answer.current(Answer.JSON, json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
