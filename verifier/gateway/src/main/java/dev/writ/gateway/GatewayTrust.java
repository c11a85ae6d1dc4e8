// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFolder;
import dev.writ.artifact.TrustSuccession;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The trust file that a gateway goes by, and a verifier of it: the one that it was given, then each that its
 * operators let follow. The gateway and what follows for it share one. Safe for use by any number of threads.
 */
public final class GatewayTrust implements Supplier<BundleVerifier> {
  /** Keeps a trust file durably before the gateway goes by it. */
  @FunctionalInterface
  public interface Keeping {
    /** Keeps it. */
    void keep(TrustFile followed) throws IOException;
  }

  private record Current(TrustFile trust, BundleVerifier verifier) {}

  private final Function<TrustFile, BundleVerifier> verifiers;
  private final Keeping keeping;
  private volatile Current current;

  private GatewayTrust(
      TrustFile start, Function<TrustFile, BundleVerifier> verifiers, Keeping keeping) {
    this.verifiers = verifiers;
    this.keeping = keeping;
    this.current = new Current(start, verifiers.apply(start));
  }

  /**
   * One that goes by what followed for as long as its process lasts.
   *
   * @param start a trust file that {@link TrustFile#mayBeBelieved() may be believed}
   * @param verifiers makes a verifier ready, such as {@link BundleVerifier#of(TrustFile)}
   */
  public static GatewayTrust of(TrustFile start, Function<TrustFile, BundleVerifier> verifiers) {
    return new GatewayTrust(start, verifiers, followed -> {});
  }

  /**
   * One that keeps what followed in a folder, and begins with the newest there that follows.
   *
   * @param start a trust file that {@link TrustFile#mayBeBelieved() may be believed}
   * @throws IOException if the folder cannot be read
   */
  public static GatewayTrust in(
      TrustFolder folder, TrustFile start, Function<TrustFile, BundleVerifier> verifiers)
      throws IOException {
    return new GatewayTrust(
        TrustSuccession.follow(start, folder).newest(), verifiers, folder::keep);
  }

  /** The verifier to judge by now. */
  @Override
  public BundleVerifier get() {
    return current.verifier();
  }

  /** The trust file to go by now. */
  public TrustFile trust() {
    return current.trust();
  }

  /**
   * Goes by the newest of what is published that follows.
   *
   * @return why a version that is published does not follow, where one does not
   * @throws IOException if what is published cannot be read, or cannot be kept: the gateway goes on by what it
   *     went by
   */
  synchronized Optional<String> follow(TrustSuccession.Published published) throws IOException {
    for (int step = 0; step < TrustSuccession.MAX_STEPS; step++) {
      long next = current.trust().content().version() + 1;
      // One by one: each is kept, since the one after it is judged by it.
      TrustSuccession.Followed followed =
          TrustSuccession.follow(
              current.trust(),
              version -> version == next ? published.version(version) : Optional.empty());
      if (followed.newest().content().version() != next) {
        return followed.refused();
      }
      keeping.keep(followed.newest());
      current = new Current(followed.newest(), verifiers.apply(followed.newest()));
    }
    return Optional.empty();
  }
}
