// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** What {@link StreamReaders} write: events by their places in the ledger, and tokens by their versions. */
interface StreamSource {
  /**
   * Events that are older than what is kept ready.
   *
   * @param events by their places, in order
   * @param next where the next begin
   */
  record Older(List<Map.Entry<Long, Buffer>> events, long next) {}

  /** These are told of what comes. */
  void register(StreamReaders group);

  /** Nobody of these reads any more. */
  void unregister(StreamReaders group);

  /**
   * Where events begin for who was told that of {@code after}; for who was told none, with the first that
   * not every newest token knows.
   */
  long begin(OptionalLong after);

  /** Whether events from this place on must be read from the ledger. */
  boolean isOlder(long from);

  /** The first event from this place on. */
  Optional<Map.Entry<Long, Buffer>> event(long from);

  /** The token that was made next after this version. */
  Optional<Map.Entry<Long, Buffer>> tokenAfter(long version);

  /** Events that are no longer ready, read by {@code reads}. */
  CompletableFuture<Older> older(long from, WorkPool reads);

  /** A reader did not read in time, and was disconnected. */
  void stalled();
}
