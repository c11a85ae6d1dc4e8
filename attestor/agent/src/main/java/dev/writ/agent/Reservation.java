// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

/** What comes of asking an {@link OutcomeSpool} for a place, before anything runs. */
public sealed interface Reservation {
  /**
   * A place whose room on the disk is taken: what will be said of the execution can be kept.
   *
   * @param slot to be closed
   */
  record Reserved(OutcomeSlot slot) implements Reservation {}

  /**
   * All places are taken: nothing may run until some is delivered.
   *
   * @param places how many there are
   */
  record Full(int places) implements Reservation {}

  /**
   * The disk has no room, or cannot be written: nothing may run.
   *
   * @param why what must hold, and what was
   */
  record Unavailable(String why) implements Reservation {}
}
