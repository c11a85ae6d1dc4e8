// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.List;

/** How a {@link KeyCeremony} ended where the token did what it was asked. */
public sealed interface CeremonyOutcome {
  /**
   * All keys were made.
   *
   * @param keys in the inventory's order, opened and checked
   */
  record Born(List<HsmKey> keys) implements CeremonyOutcome {}

  /**
   * Nothing was changed, since something goes by these keys' labels or ids already.
   *
   * @param existing in the inventory's order
   * @param missing the keys of the inventory that are not there
   */
  record AlreadyThere(List<KeySpec> existing, List<KeySpec> missing) implements CeremonyOutcome {}
}
