// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Optional;

/** What a pushed revocation is to a verifier. */
public sealed interface RevocationVerdict {
  /**
   * It holds, and is kept where it says more than tokens that may still be judged by.
   *
   * @param leaf the revocation
   * @param index its place
   * @param isNew whether it was not known before
   * @param contradiction what is wrong with whoever signed it, who by this leaf's tree contradicts what was
   *     seen: it withdraws what it withdraws all the same, and its place says nothing
   */
  record Believed(Leaf leaf, long index, boolean isNew, Optional<String> contradiction)
      implements RevocationVerdict {}

  /**
   * Nothing is believed of it.
   *
   * @param code {@link DenialCode#UNVERIFIABLE} where it is of another form or could not be kept, {@link
   *     DenialCode#LINEAGE_FRAGMENTED} where it does not prove itself
   * @param reason why
   */
  record Refused(DenialCode code, String reason) implements RevocationVerdict {}
}
