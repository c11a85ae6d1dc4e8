// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.List;

/** How a {@link KeyCeremony} ended where the token did what it was asked. */
public sealed interface CeremonyOutcome {
  /**
   * The keys were made, and each was found again and checked.
   *
   * @param keys in the inventory's order; a key whose algorithm the token does not have is not among
   *     them where a service can do without it
   */
  record Born(List<KeySpec> keys) implements CeremonyOutcome {}

  /**
   * Nothing was changed, since something goes by these keys' labels or ids already.
   *
   * @param existing in the inventory's order
   * @param missing the keys of the inventory that are not there
   */
  record AlreadyThere(List<KeySpec> existing, List<KeySpec> missing) implements CeremonyOutcome {}
}
