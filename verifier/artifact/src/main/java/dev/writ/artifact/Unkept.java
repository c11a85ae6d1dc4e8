// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * What a {@link SeenOnDisk} was given and could not write: so much at most as it would keep. Safe for use
 * by any number of threads.
 */
final class Unkept {
  /** Writes one token. */
  @FunctionalInterface
  interface Tokens {
    /** Whether it is kept. */
    Seen.StatusOutcome keep(KeptToken token) throws IOException;
  }

  /** Writes one revocation. */
  @FunctionalInterface
  interface Revocations {
    /** Whether it is kept. */
    Seen.StatusOutcome keep(PushedRevocation revocation, Instant logTime) throws IOException;
  }

  private record Waiting(PushedRevocation revocation, Instant logTime) {}

  @GuardedBy("this")
  private final Map<String, KeptToken> tokens = new HashMap<>();

  @GuardedBy("this")
  private final Map<Long, Waiting> revocations = new HashMap<>();

  /** Something came that there was no room for even here: only another process forgets that. */
  @GuardedBy("this")
  private boolean lost;

  synchronized void add(KeptToken token) {
    if (tokens.size() < SeenOnDisk.MOST_LISTS || tokens.containsKey(token.listUri())) {
      tokens.merge(token.listUri(), token, (held, other) -> other.isLaterThan(held) ? other : held);
    } else {
      lost = true;
    }
  }

  synchronized void add(PushedRevocation revocation, Instant logTime) {
    if (revocations.size() < PushedRevocations.MOST) {
      revocations.put(revocation.leafIndex(), new Waiting(revocation, logTime));
    } else {
      lost = true;
    }
  }

  /**
   * Writes all.
   *
   * @throws IOException if one is still not kept
   */
  synchronized void keep(Tokens status, Revocations revoked) throws IOException {
    if (lost) {
      throw new IOException(
          "more was withdrawn while nothing could be kept than there is room for: free the disk, and"
              + " start this process again once it can fetch status tokens");
    }
    try {
      while (!tokens.isEmpty()) {
        KeptToken next = tokens.values().iterator().next();
        if (status.keep(next) != Seen.StatusOutcome.KEPT) {
          throw new IOException("a status token of " + next.listUri() + " has no room");
        }
        tokens.remove(next.listUri());
      }
      while (!revocations.isEmpty()) {
        Waiting next = revocations.values().iterator().next();
        var unused = revoked.keep(next.revocation(), next.logTime());
        revocations.remove(next.revocation().leafIndex());
      }
    } catch (IOException e) {
      throw new IOException(
          "what the issuer says since must be kept before anything is allowed, and could not be: "
              + e.getMessage(),
          e);
    }
  }
}
