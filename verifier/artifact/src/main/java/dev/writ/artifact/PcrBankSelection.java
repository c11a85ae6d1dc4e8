// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PCRs of one bank.
 *
 * @param bank whose PCRs
 * @param selection their indices, 0 to 23, at least one, ascending
 */
public record PcrBankSelection(Bank bank, List<Integer> selection) {
  /** A bank of PCRs by its hash. SHA-1 is no bank that a permission may rest on. */
  public enum Bank implements Wire {
    /** SHA-256. */
    SHA256("sha256"),
    /** SHA-384. */
    SHA384("sha384"),
    /** SHA-512. */
    SHA512("sha512");

    private final String wire;

    Bank(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  static final int MAX_BANKS = Bank.values().length;
  private static final int MAX_INDEX = 23;

  /**
   * The selection as given.
   *
   * @throws IllegalArgumentException if an index is outside 0 to 23 or out of order
   */
  public PcrBankSelection {
    Require.between("env.pcrs.selection", selection.size(), 1, MAX_INDEX + 1);
    selection = List.copyOf(selection);
    int previous = -1;
    for (int index : selection) {
      if (index <= previous || index > MAX_INDEX) {
        throw new InvalidValueException(
            "env.pcrs.selection", "ascending, of 0 to " + MAX_INDEX, selection.toString());
      }
      previous = index;
    }
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("bank", bank.wire());
    map.put("selection", selection);
    return map;
  }

  static PcrBankSelection take(JsonMembers json) throws MalformedJsonException {
    Bank bank = json.oneOf("bank", Bank.values());
    List<Integer> selection = json.integers("selection", MAX_INDEX + 1, 0, MAX_INDEX);
    json.end();
    return new PcrBankSelection(bank, selection);
  }

  @Override
  public String toString() {
    return bank.wire() + ":" + selection;
  }
}
