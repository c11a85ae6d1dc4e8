// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.writ.policy.ReferenceSet.Bank;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A set that was learned from one boot, with what another set demands besides: what a host lacked when
 * values were learned from it must not be forgotten by that.
 *
 * @param set the learned set; its members say what the other's say, and more
 * @param notes what was kept though the boot did not have it
 */
public record KeptDemands(ReferenceSet set, List<String> notes) {
  private static final int MAX_ENTRIES = 4_096;

  /** Copies the list. */
  public KeptDemands {
    notes = List.copyOf(notes);
  }

  /**
   * Adds what {@code base} demands: Secure Boot, entries of dbx, PCRs that a log must explain, values
   * of PCRs that were not learned, and members that were not learned. Rules over IMA are those of {@code
   * base}.
   *
   * @param learned name and hosts stay its own
   */
  public static KeptDemands of(ReferenceSet learned, ReferenceSet base) {
    List<String> notes = new ArrayList<>();
    Optional<BootReference> boot =
        learned.boot().isPresent() && base.boot().isPresent()
            ? Optional.of(boot(learned.boot().get(), base.boot().get(), notes))
            : learned.boot().or(base::boot);
    return new KeptDemands(
        learned.with(pcrs(learned, base, notes), boot, base.ima().or(learned::ima)), notes);
  }

  private static BootReference boot(BootReference learned, BootReference base, List<String> notes) {
    Set<Integer> pcrs = new TreeSet<>(base.pcrs());
    pcrs.removeAll(learned.pcrs());
    if (!pcrs.isEmpty()) {
      notes.add("pcrs of boot keeps " + pcrs + ", which the log of this boot does not explain");
    }
    pcrs.addAll(learned.pcrs());
    if (base.secureBoot() && !learned.secureBoot()) {
      notes.add("secure_boot stays demanded, though this boot had it off, weakened or unexplained");
    }
    return new BootReference(
        pcrs,
        base.secureBoot() || learned.secureBoot(),
        dbx(learned.dbx(), base.dbx(), notes),
        kept("db", learned.db(), base.db(), notes),
        kept("authorities", learned.authorities(), base.authorities(), notes),
        kept("applications", learned.applications(), base.applications(), notes),
        kept("command_lines", learned.commandLines(), base.commandLines(), notes),
        base.effect());
  }

  private static Set<String> dbx(Set<String> learned, Set<String> base, List<String> notes) {
    Set<String> all = new HashSet<>(base);
    all.removeAll(learned);
    if (!all.isEmpty()) {
      notes.add("dbx keeps " + all.size() + " entries that this boot did not have");
    }
    all.addAll(learned);
    if (all.size() <= MAX_ENTRIES) {
      return all;
    }
    notes.add(
        "dbx stays as it is: a policy takes at most "
            + MAX_ENTRIES
            + " entries, and with this boot's there are "
            + all.size());
    return base;
  }

  private static <T> Optional<T> kept(
      String member, Optional<T> learned, Optional<T> base, List<String> notes) {
    if (learned.isEmpty() && base.isPresent()) {
      notes.add(member + " stays as it is: nothing was learned of it");
    }
    return learned.or(() -> base);
  }

  private static Map<Bank, Map<Integer, List<String>>> pcrs(
      ReferenceSet learned, ReferenceSet base, List<String> notes) {
    Map<Bank, Map<Integer, List<String>>> all = new TreeMap<>();
    learned.pcrs().forEach((bank, values) -> all.put(bank, new HashMap<>(values)));
    base.pcrs()
        .forEach(
            (bank, values) -> {
              Map<Integer, List<String>> there = all.computeIfAbsent(bank, any -> new HashMap<>());
              Set<Integer> left = new TreeSet<>(values.keySet());
              left.removeAll(there.keySet());
              left.forEach(index -> there.put(index, values.getOrDefault(index, List.of())));
              if (!left.isEmpty()) {
                notes.add(
                    "the values of PCRs "
                        + left
                        + " of "
                        + bank.wire()
                        + " stay as they are: they were not quoted, or not learned");
              }
            });
    return all;
  }
}
