// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import java.io.IOException;
import java.util.Optional;

/**
 * The trust files that a service publishes. None is believed for being read here: {@link
 * TrustSuccession} judges each.
 */
final class PublishedTrustFiles implements TrustSuccession.Published {
  private static final int OK = 200;

  /** The service's reason where it has none of this version. */
  private static final String NOT_FOUND = "not_found";

  private final JsonService service;

  PublishedTrustFiles(JsonService service) {
    this.service = service;
  }

  @Override
  public Optional<byte[]> version(long version) throws IOException {
    Answer<byte[]> answer =
        service.get(
            "/v1/trust/" + version,
            new Document<>(OK, JsonService.JSON, TrustFile.MAX_BYTES, body -> body));
    if (answer instanceof Answer.Granted<byte[]> granted) {
      return Optional.of(granted.value());
    }
    Answer.Denied<byte[]> denied = (Answer.Denied<byte[]>) answer;
    if (denied.reason().equals(NOT_FOUND)) {
      return Optional.empty();
    }
    throw new IOException(
        "the service must say which trust file follows, and says "
            + denied.code().wire()
            + ": "
            + denied.cause());
  }
}
