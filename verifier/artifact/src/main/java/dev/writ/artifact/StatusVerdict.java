// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What a status token that came by itself is to a verifier. */
public sealed interface StatusVerdict {
  /**
   * The newest of its list that is known, fresh, and kept where tokens are kept.
   *
   * @param token what bundles are judged by from here on
   */
  record Newest(StatusToken token) implements StatusVerdict {}

  /**
   * Valid, and no later than one that is kept: it changes nothing.
   *
   * @param held that one
   */
  record Older(StatusToken held) implements StatusVerdict {}

  /**
   * Nothing to judge by.
   *
   * @param code {@link DenialCode#GOVERNANCE_DISCONTINUITY}, or {@link DenialCode#UNVERIFIABLE} where it
   *     could not be kept
   * @param reason why
   */
  record Refused(DenialCode code, String reason) implements StatusVerdict {}
}
