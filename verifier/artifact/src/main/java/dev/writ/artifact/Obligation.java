// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a Relying Party must do when it lets an execution run, as {@code gov.obligations} spells it. */
public sealed interface Obligation {
  /** A number of seconds, in one spelling. */
  Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,3}");

  /** The name of a {@link Reroute}. */
  String REROUTE = "reroute";

  /** The name of a {@link Lease}. */
  String LEASE = "lease";

  /** What it is known by. */
  String name();

  /**
   * The call goes to this upstream and to no other.
   *
   * @param upstream its name, as the gateway knows it
   */
  record Reroute(String upstream) implements Obligation {
    @Override
    public String name() {
      return REROUTE;
    }
  }

  /**
   * What runs under the artifact is stopped once the attestation is older, unless an artifact for the same
   * execution came of a fresh one meanwhile.
   *
   * @param maxAge of the attestation, in whole seconds
   */
  record Lease(Duration maxAge) implements Obligation {
    /** The longest one. */
    public static final Duration LONGEST = ArtifactClaims.MAX_LIFETIME;

    /**
     * A lease of some length.
     *
     * @throws IllegalArgumentException if it is of none, or a longer one than {@link #LONGEST}
     */
    public Lease {
      if (maxAge.toSeconds() < 1 || maxAge.compareTo(LONGEST) > 0) {
        throw new InvalidValueException("lease", "1 to " + LONGEST.toSeconds() + " s", maxAge + "");
      }
    }

    @Override
    public String name() {
      return LEASE;
    }

    private static Optional<Lease> of(String seconds) {
      return SECONDS.matcher(seconds).matches() && Integer.parseInt(seconds) <= LONGEST.toSeconds()
          ? Optional.of(new Lease(Duration.ofSeconds(Integer.parseInt(seconds))))
          : Optional.empty();
    }
  }

  /**
   * Any other.
   *
   * @param argument what stands behind the colon
   */
  record Other(String name, Optional<String> argument) implements Obligation {}

  /**
   * The obligation that {@code text} spells; one to reroute that names no upstream is none of those, nor is a
   * lease of no length one.
   */
  static Obligation of(String text) {
    String name = Governance.obligationName(text);
    Optional<String> argument =
        text.length() > name.length() + 1
            ? Optional.of(text.substring(name.length() + 1))
            : Optional.empty();
    if (name.equals(REROUTE) && argument.isPresent()) {
      return new Reroute(argument.get());
    }
    Optional<Lease> lease = name.equals(LEASE) ? argument.flatMap(Lease::of) : Optional.empty();
    return lease.isPresent() ? lease.get() : new Other(name, argument);
  }
}
