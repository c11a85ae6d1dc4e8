// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something a gateway must do when it honours an artifact, such as {@code reroute:staging}; a
 * gateway that does not know it denies.
 *
 * @param name what to do
 * @param argument with what; empty if there is nothing to say
 */
public record Obligation(String name, String argument) {
  private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9_]{0,31})(?::([!-~]{1,200}))?");
  private static final String MUST_BE =
      "an obligation: a name of lower-case letters, digits and _, then at most :ARGUMENT";

  /** The name of a lease, whose argument is the greatest age of its attestation in seconds. */
  static final String LEASE = "lease";

  /** The shortest lease: artifacts end at whole seconds, and one of a second could end before it began. */
  static final int MIN_LEASE_S = 2;

  static final int MAX_LEASE_S = PolicyReader.MAX_LIFETIME_S;

  private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,3}");
  private static final String LEASE_MUST_BE =
      "lease:SECONDS, of " + MIN_LEASE_S + " to " + MAX_LEASE_S;

  /** Refuses what {@link #wire} could not spell, and a lease of no length. */
  public Obligation {
    if (!FORM.matcher(spell(name, argument)).matches()) {
      throw new IllegalArgumentException("must be " + MUST_BE);
    }
    if (name.equals(LEASE) && !isLease(argument)) {
      throw new IllegalArgumentException("must be " + LEASE_MUST_BE);
    }
  }

  static Obligation read(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Text text) {
      Matcher matcher = FORM.matcher(text.value());
      if (matcher.matches()) {
        String name = matcher.group(1);
        String argument = matcher.group(2) == null ? "" : matcher.group(2);
        if (name.equals(LEASE) && !isLease(argument)) {
          throw new MalformedPolicyException(value.place(), LEASE_MUST_BE, value.describe());
        }
        return new Obligation(name, argument);
      }
    }
    throw new MalformedPolicyException(value.place(), MUST_BE, value.describe());
  }

  /** That what runs under the artifact ends once its attestation is older. */
  static Obligation lease(Duration maxAge) {
    return new Obligation(LEASE, Long.toString(maxAge.toSeconds()));
  }

  /** How old the attestation may become, where this is a lease. */
  public Optional<Duration> lease() {
    return name.equals(LEASE)
        ? Optional.of(Duration.ofSeconds(Integer.parseInt(argument)))
        : Optional.empty();
  }

  private static boolean isLease(String argument) {
    if (!SECONDS.matcher(argument).matches()) {
      return false;
    }
    int seconds = Integer.parseInt(argument);
    return seconds >= MIN_LEASE_S && seconds <= MAX_LEASE_S;
  }

  /** The obligation as the artifact and the document spell it. */
  public String wire() {
    return spell(name, argument);
  }

  private static String spell(String name, String argument) {
    return argument.isEmpty() ? name : name + ":" + argument;
  }
}
