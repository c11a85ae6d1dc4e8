// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

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

  /** Refuses what {@link #wire} could not spell. */
  public Obligation {
    if (!FORM.matcher(spell(name, argument)).matches()) {
      throw new IllegalArgumentException("must be " + MUST_BE);
    }
  }

  static Obligation read(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Text text) {
      Matcher matcher = FORM.matcher(text.value());
      if (matcher.matches()) {
        String argument = matcher.group(2);
        return new Obligation(matcher.group(1), argument == null ? "" : argument);
      }
    }
    throw new MalformedPolicyException(value.place(), MUST_BE, value.describe());
  }

  /** The obligation as the artifact and the document spell it. */
  public String wire() {
    return spell(name, argument);
  }

  private static String spell(String name, String argument) {
    return argument.isEmpty() ? name : name + ":" + argument;
  }
}
