// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What became of a use of which the service is the judge. */
public sealed interface Redemption {
  /**
   * It was taken: a leaf says so, which was verified.
   *
   * @param leafIndex where it stands
   */
  record Taken(long leafIndex) implements Redemption {}

  /**
   * It was not, or nobody knows: nothing may run.
   *
   * @param code why
   * @param why in words
   */
  record Denied(DenialCode code, String why) implements Redemption {}

  /** Nothing is being used. */
  record NotAsked() implements Redemption {}

  /** What a memory says that asks nobody. */
  static Redemption notFromHere() {
    return new Denied(
        DenialCode.UNVERIFIABLE, "the service judges its uses, and is not asked from here");
  }
}
