// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reference values over the events of a boot: what a host's boot log must show, once the quote bears it
 * out. What is absent is not judged.
 *
 * @param pcrs that the log must explain, 0 to 23 but for 10, 16 and 23
 * @param secureBoot whether Secure Boot must be on
 * @param dbx entries that the list of the forbidden must have, each the SHA-256 of a certificate or an
 *     image's own hash, in hex
 * @param db the only entries that the list of the allowed may have
 * @param authorities the only entries by which images may have been verified
 * @param applications digests that boot applications may have
 * @param commandLines digests that command lines may have
 * @param effect what comes of a rule that does not hold
 */
public record BootReference(
    Set<Integer> pcrs,
    boolean secureBoot,
    Set<String> dbx,
    Optional<Set<String>> db,
    Optional<Set<String>> authorities,
    Optional<Map<ReferenceSet.Bank, Set<String>>> applications,
    Optional<Map<ReferenceSet.Bank, Set<String>>> commandLines,
    Effect effect) {
  private static final int PCRS = 24;

  /** IMA extends 10 for as long as the machine runs; any software may reset 16 and 23. */
  private static final Set<Integer> NOT_OF_THE_BOOT = Set.of(10, 16, 23);

  private static final int MAX_ENTRIES = 4_096;

  /** What comes of a rule that does not hold. */
  public enum Effect {
    /** The evidence is contraindicated. */
    REFUSE("refuse"),
    /** A warning, which rules may deny. */
    WARN("warn");

    private final String wire;

    Effect(String wire) {
      this.wire = wire;
    }

    String wire() {
      return wire;
    }
  }

  /** Copies the collections, PCRs and banks in ascending order. */
  public BootReference {
    pcrs = Collections.unmodifiableSortedSet(new TreeSet<>(pcrs));
    dbx = Set.copyOf(dbx);
    db = db.map(Set::copyOf);
    authorities = authorities.map(Set::copyOf);
    applications = applications.map(BankDigests::copy);
    commandLines = commandLines.map(BankDigests::copy);
  }

  /** These with other digests that boot applications may have. */
  public BootReference withApplications(Optional<Map<ReferenceSet.Bank, Set<String>>> other) {
    return new BootReference(pcrs, secureBoot, dbx, db, authorities, other, commandLines, effect);
  }

  /** These with other digests that command lines may have. */
  public BootReference withCommandLines(Optional<Map<ReferenceSet.Bank, Set<String>>> other) {
    return new BootReference(pcrs, secureBoot, dbx, db, authorities, applications, other, effect);
  }

  /** These with other entries by which images may have been verified. */
  public BootReference withAuthorities(Optional<Set<String>> other) {
    return new BootReference(pcrs, secureBoot, dbx, db, other, applications, commandLines, effect);
  }

  /** These with other entries that the list of the allowed may have. */
  public BootReference withDb(Optional<Set<String>> other) {
    return new BootReference(
        pcrs, secureBoot, dbx, other, authorities, applications, commandLines, effect);
  }

  static BootReference read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    BootReference read =
        new BootReference(
            readPcrs(members),
            members.bool("secure_boot"),
            members.optionalSet("dbx", MAX_ENTRIES, TextForm.SHA256).orElse(Set.of()),
            members.optionalSet("db", MAX_ENTRIES, TextForm.SHA256),
            members.optionalSet("authorities", MAX_ENTRIES, TextForm.SHA256),
            readDigests(members, "applications"),
            readDigests(members, "command_lines"),
            members.choice("effect", List.of(Effect.values()), Effect::wire));
    members.end();
    return read;
  }

  private static Set<Integer> readPcrs(Members members) throws MalformedPolicyException {
    Json place = members.required("pcrs");
    List<Integer> indices = Members.readList(place, 1, PCRS, BootReference::readPcr);
    Set<Integer> pcrs = new HashSet<>(indices);
    if (pcrs.size() != indices.size()) {
      throw new MalformedPolicyException(place.place(), "different PCRs", "one of them twice");
    }
    return pcrs;
  }

  private static int readPcr(Json value) throws MalformedPolicyException {
    if (!(value instanceof Json.Int index) || index.value() < 0 || index.value() >= PCRS) {
      throw new MalformedPolicyException(
          value.place(), "an integer from 0 to " + (PCRS - 1), value.describe());
    }
    int pcr = (int) index.value();
    if (NOT_OF_THE_BOOT.contains(pcr)) {
      throw new MalformedPolicyException(
          value.place(),
          "a PCR of the boot: 10 is IMA's, and software can reset 16 and 23",
          Integer.toString(pcr));
    }
    return pcr;
  }

  private static Optional<Map<ReferenceSet.Bank, Set<String>>> readDigests(
      Members members, String name) throws MalformedPolicyException {
    Optional<Json> value = members.optional(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(BankDigests.read(value.get(), MAX_ENTRIES));
  }

  void write(CanonicalJson out) {
    out.beginObject();
    applications.ifPresent(digests -> BankDigests.write(out.name("applications"), digests));
    authorities.ifPresent(ids -> BankDigests.write(out.name("authorities"), ids));
    commandLines.ifPresent(digests -> BankDigests.write(out.name("command_lines"), digests));
    db.ifPresent(ids -> BankDigests.write(out.name("db"), ids));
    if (!dbx.isEmpty()) {
      BankDigests.write(out.name("dbx"), dbx);
    }
    out.name("effect").text(effect.wire).name("pcrs").beginArray();
    pcrs.forEach(out::integer);
    out.endArray().name("secure_boot").bool(secureBoot).endObject();
  }
}
