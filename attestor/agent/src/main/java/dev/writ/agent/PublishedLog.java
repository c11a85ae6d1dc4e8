// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import java.io.IOException;
import java.util.Optional;

/**
 * The files of the log that a service publishes (c2sp.org/tlog-tiles). None is believed for being read
 * here: a checkpoint is by its signatures, and the others are by the checkpoint.
 */
public final class PublishedLog {
  private static final int OK = 200;
  private static final String PREFIX = "/ledger/";
  private static final String CHECKPOINT = "checkpoint";

  /** The service's reason where the log has no such file. */
  private static final String NOT_FOUND = "not_found";

  private final JsonService service;

  PublishedLog(JsonService service) {
    this.service = service;
  }

  /**
   * A file, or nothing where the log has none.
   *
   * @param path below the log's prefix: {@code checkpoint}, {@code tile/…}
   * @param maxBytes longest accepted
   */
  public Optional<byte[]> read(String path, int maxBytes) throws IOException {
    String mediaType = path.equals(CHECKPOINT) ? "text/plain" : "application/octet-stream";
    Answer<byte[]> answer =
        service.get(PREFIX + path, new Document<>(OK, mediaType, maxBytes, body -> body));
    if (answer instanceof Answer.Granted<byte[]> granted) {
      return Optional.of(granted.value());
    }
    Answer.Denied<byte[]> denied = (Answer.Denied<byte[]>) answer;
    if (denied.reason().equals(NOT_FOUND)) {
      return Optional.empty();
    }
    throw new IOException(
        "the service must give its log's "
            + path
            + ", and says "
            + denied.code().wire()
            + ": "
            + denied.reason());
  }
}
