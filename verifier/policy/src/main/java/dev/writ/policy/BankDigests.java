// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Digests by the hash that made them: {@code {sha256|sha384|sha512: [digests in hex]}}. */
final class BankDigests {
  private BankDigests() {}

  static Map<ReferenceSet.Bank, Set<String>> copy(Map<ReferenceSet.Bank, Set<String>> digests) {
    TreeMap<ReferenceSet.Bank, Set<String>> copy = new TreeMap<>();
    digests.forEach((bank, allowed) -> copy.put(bank, Set.copyOf(allowed)));
    return Collections.unmodifiableSortedMap(copy);
  }

  static Map<ReferenceSet.Bank, Set<String>> read(Json value, int max)
      throws MalformedPolicyException {
    Members banks = Members.of(value);
    TreeMap<ReferenceSet.Bank, Set<String>> digests = new TreeMap<>();
    for (ReferenceSet.Bank bank : ReferenceSet.Bank.values()) {
      Optional<Set<String>> allowed = banks.optionalSet(bank.wire(), max, bank.digest());
      allowed.ifPresent(set -> digests.put(bank, set));
    }
    banks.end();
    return digests;
  }

  static void write(CanonicalJson out, Map<ReferenceSet.Bank, Set<String>> digests) {
    out.beginObject();
    digests.forEach((bank, allowed) -> write(out.name(bank.wire()), allowed));
    out.endObject();
  }

  static void write(CanonicalJson out, Set<String> texts) {
    out.beginArray();
    texts.stream().sorted().forEach(out::text);
    out.endArray();
  }
}
