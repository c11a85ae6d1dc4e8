// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.BootLogOutcome.Refused;

/** Whether a boot log that nobody vouches for can be shown. */
public sealed interface UnquotedOutcome permits UnquotedBootLog, UnquotedOutcome.Unreadable {
  /**
   * It cannot.
   *
   * @param why not
   */
  record Unreadable(Refused why) implements UnquotedOutcome {}
}
