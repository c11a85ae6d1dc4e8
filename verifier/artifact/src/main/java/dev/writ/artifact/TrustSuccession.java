// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.IOException;
import java.util.Optional;

/**
 * Follows published trust files from one that is believed to the newest, each by the operators of the
 * one before. Nothing that is published is believed for being published: who publishes can withhold the
 * next version, and no more.
 */
public final class TrustSuccession {
  /** Most versions that are followed at once. */
  public static final int MAX_STEPS = 1_000;

  private TrustSuccession() {}

  /** Where published trust files are read. */
  @FunctionalInterface
  public interface Published {
    /**
     * The bytes published as {@code version}, at most {@link TrustFile#MAX_BYTES}; empty where there are
     * none.
     */
    Optional<byte[]> version(long version) throws IOException;
  }

  /**
   * Where following ended.
   *
   * @param newest what is to be believed: the start, or the last that followed
   * @param refused why the version after it, which was published, does not follow
   */
  public record Followed(TrustFile newest, Optional<String> refused) {}

  /**
   * Follows from {@code start}, which may be believed, version by version, until none is published, one
   * does not follow, or {@link #MAX_STEPS} were made.
   *
   * @throws IOException if what is published cannot be read
   */
  public static Followed follow(TrustFile start, Published published) throws IOException {
    return follow(start, published, MAX_STEPS);
  }

  static Followed follow(TrustFile start, Published published, int mostSteps) throws IOException {
    TrustFile newest = start;
    for (int step = 0; step < mostSteps; step++) {
      long version = newest.content().version() + 1;
      Optional<byte[]> bytes = published.version(version);
      if (bytes.isEmpty()) {
        break;
      }
      try {
        TrustFile.SuccessorOutcome outcome = newest.verifySuccessor(TrustFile.parse(bytes.get()));
        if (outcome instanceof TrustFile.SuccessorOutcome.Refused refused) {
          return new Followed(newest, Optional.of("version " + version + ": " + refused.reason()));
        }
        newest = ((TrustFile.SuccessorOutcome.Accepted) outcome).next();
      } catch (MalformedTrustFileException e) {
        return new Followed(newest, Optional.of("version " + version + ": " + e.getMessage()));
      }
    }
    return new Followed(newest, Optional.empty());
  }
}
