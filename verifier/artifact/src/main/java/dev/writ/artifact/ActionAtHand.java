// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.Map;

/**
 * The action that a Relying Party is about to let happen.
 *
 * @param action what is done
 * @param resource what it is done to
 * @param argsDigest digest of the exact arguments
 * @param amounts what this action takes of each thing that an artifact may limit, by the limit's name; an
 *     artifact with a limit that is not here is refused, for nobody would enforce it
 */
public record ActionAtHand(
    String action, String resource, Hash argsDigest, Map<String, Long> amounts) {
  /** The action as given. */
  public ActionAtHand {
    amounts = Map.copyOf(amounts);
  }

  /** Action, resource and arguments of {@code act}, taking nothing that is limited. */
  public static ActionAtHand of(Act act) {
    return new ActionAtHand(act.action(), act.resource(), act.argsDigest(), Map.of());
  }
}
