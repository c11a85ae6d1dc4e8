// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Optional;

/** What a Relying Party must do when it lets an execution run, as {@code gov.obligations} spells it. */
public sealed interface Obligation {
  /** The name of a {@link Reroute}. */
  String REROUTE = "reroute";

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
   * Any other.
   *
   * @param argument what stands behind the colon
   */
  record Other(String name, Optional<String> argument) implements Obligation {}

  /** The obligation that {@code text} spells; one to reroute that names no upstream is none of those. */
  static Obligation of(String text) {
    String name = Governance.obligationName(text);
    Optional<String> argument =
        text.length() > name.length() + 1
            ? Optional.of(text.substring(name.length() + 1))
            : Optional.empty();
    return name.equals(REROUTE) && argument.isPresent()
        ? new Reroute(argument.get())
        : new Other(name, argument);
  }
}
