// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Sentence;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFolder;
import dev.writ.artifact.TrustSuccession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a command believes: the trust file that it was given, or the last that follows it by the
 * signatures of each one's operators, of those in a folder and those that a service publishes. Neither
 * is believed for having them.
 */
final class FollowedTrust {
  private final Optional<TrustFolder> folder;
  private final Consumer<String> warn;
  private volatile TrustFile newest;

  private FollowedTrust(TrustFile start, Optional<TrustFolder> folder, Consumer<String> warn) {
    this.newest = start;
    this.folder = folder;
    this.warn = warn;
  }

  /**
   * Follows what is kept, with no network.
   *
   * @param start what is believed to start with
   * @param folder where those that were followed are kept; null keeps none
   * @param warn is told of what does not follow, or could not be kept
   */
  static FollowedTrust from(TrustFile start, @Nullable Path folder, Consumer<String> warn)
      throws CommandFailure {
    Optional<TrustFolder> kept = Optional.ofNullable(folder).map(TrustFolder::new);
    FollowedTrust trust = new FollowedTrust(start, kept, warn);
    if (kept.isPresent()) {
      try {
        trust.take(TrustSuccession.follow(start, kept.get()), "--trust-folder " + folder);
      } catch (IOException e) {
        throw CommandFailure.configuration("--trust-folder", e);
      }
    }
    return trust;
  }

  TrustFile newest() {
    return newest;
  }

  /**
   * Follows what a service publishes, and keeps it. That a service cannot be asked changes nothing: who
   * withholds a trust file is found out by status tokens.
   *
   * @return whether another is believed than before
   */
  boolean follow(TrustSuccession.Published service) {
    long before = newest.content().version();
    Keeping keeping = new Keeping(service);
    try {
      take(TrustSuccession.follow(newest, keeping), "the service");
    } catch (IOException e) {
      throw new IllegalStateException("bug: what is kept from failing failed", e);
    }
    keeping.keepUpTo(newest.content().version());
    return newest.content().version() > before;
  }

  private void take(TrustSuccession.Followed followed, String where) {
    // While the service was asked, it may have shown another TLS key, and a later file been
    // followed.
    if (followed.newest().content().version() > newest.content().version()) {
      newest = followed.newest();
    }
    followed
        .refused()
        .ifPresent(
            why ->
                warn.accept(where + " has a trust file that does not follow, and is left: " + why));
  }

  /**
   * Keeps each version once the one after it is asked for, since then it was accepted. Where the service
   * cannot be asked, following ends with what there was.
   */
  private final class Keeping implements TrustSuccession.Published {
    private final TrustSuccession.Published service;
    private long given;
    private byte @Nullable [] bytes;

    Keeping(TrustSuccession.Published service) {
      this.service = service;
    }

    @Override
    public Optional<byte[]> version(long version) {
      keepUpTo(version - 1);
      try {
        Optional<byte[]> found = service.version(version);
        given = version;
        bytes = found.orElse(null);
        return found;
      } catch (IOException e) {
        warn.accept("newer trust files could not be asked for: " + Sentence.of(e));
        return Optional.empty();
      }
    }

    void keepUpTo(long accepted) {
      if (folder.isEmpty() || bytes == null || given > accepted) {
        return;
      }
      try {
        folder.get().keep(TrustFile.parse(bytes));
      } catch (MalformedTrustFileException e) {
        throw new IllegalStateException("bug: a trust file was followed that is none", e);
      } catch (IOException e) {
        warn.accept(
            "a trust file that was followed could not be kept, and is followed again the next time: "
                + Sentence.of("--trust-folder", e));
      }
      bytes = null;
    }
  }
}
