// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** What has come of a request's body, counted in what the doors hold. Lives on one event loop. */
final class ArrivingBody {
  private final Load load;
  // Most bodies are one chunk, and that is not copied.
  private @Nullable Buffer first;
  private @Nullable Buffer rest;
  private int held;

  ArrivingBody(Load load) {
    this.load = load;
  }

  /** What became of a chunk. */
  enum Taken {
    /** It is held. */
    HELD,
    /** The body would be longer than it may be. */
    TOO_LONG,
    /** The doors hold as much as they may. */
    NO_ROOM
  }

  Taken take(Buffer chunk, int most) {
    if (chunk.length() > most - held) {
      return Taken.TOO_LONG;
    }
    if (!load.hold(chunk.length())) {
      return Taken.NO_ROOM;
    }
    held += chunk.length();
    if (first == null) {
      first = chunk;
    } else {
      rest = rest == null ? Buffer.buffer(chunk.length()) : rest;
      rest.appendBuffer(chunk);
    }
    return Taken.HELD;
  }

  byte[] bytes() {
    if (first == null) {
      return new byte[0];
    }
    return rest == null
        ? first.getBytes()
        : Buffer.buffer(held).appendBuffer(first).appendBuffer(rest).getBytes();
  }

  /** Lets go of what was held. */
  void release() {
    load.release(held);
    held = 0;
    first = null;
    rest = null;
  }
}
