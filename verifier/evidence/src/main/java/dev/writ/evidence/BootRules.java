// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.Appraisal.Rule;
import dev.writ.evidence.SecureBootState.Authority;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reference values over the events of a boot (RFC 9334, 4.2): what a verified boot log must show.
 *
 * <table>
 * <caption>Rules, and the AR4SI value each can give its claim; "fails" is 96, and where the rules do
 * not refuse 32 of configuration, 33 of executables</caption>
 * <tr><th>reason<th>claim<th>holds<th>does not
 * <tr><td>boot_log_given<td>executables<td>does not run<td>fails, where there is no log
 * <tr><td>boot_log_holds<td>executables<td>2<td>96, with the reason of the refusal as its subject
 * <tr><td>pcr_matches_log<td>of the PCR<td>2<td>does not run
 * <tr><td>pcr_without_events, pcr_unexplained_extend, pcr_log_mismatch<td>of the PCR<td>does not run
 *     <td>fails of a PCR in {@code explained}; else noted, and 32 of PCRs 0 to 7
 * <tr><td>pcr_not_explained<td>of the PCR<td>does not run
 *     <td>fails of a PCR in {@code explained} that replay says nothing of
 * <tr><td>secure_boot<td>configuration<td>2<td>fails where it is demanded, else 32
 * <tr><td>secure_boot_debug, secure_boot_dma, secure_boot_shim<td>configuration<td>noted
 *     <td>fails where Secure Boot is demanded, else 32
 * <tr><td>secure_boot_dbx<td>configuration<td>2<td>fails, entries are missing
 * <tr><td>secure_boot_db<td>configuration<td>2<td>fails, entries that are not allowed
 * <tr><td>boot_authority<td>executables<td>2<td>fails, an image was verified by another, or
 *     none was verified though entries are named: Secure Boot is off, or shim verifies nothing
 * <tr><td>boot_application<td>executables<td>2<td>fails, neither its digest nor its signer is allowed
 * <tr><td>boot_command_line<td>configuration<td>2<td>fails, another command line
 * </table>
 *
 * @param explained PCRs that the log must explain; 0 to 23. One that is not quoted is not explained, nor one
 *     of which the boot log is not to tell (10, 16, 23) where it has no events of it
 * @param secureBoot whether Secure Boot must be on: without debugger, with protection from devices,
 *     and with a shim that verifies
 * @param dbx entries that dbx must have, by {@link SignatureDatabase.Entry#id}. Its type does not
 *     count: the hash of an image meets a demand for the certificate whose SHA-256 it equals
 * @param db entries that db may have; absent where db is not judged
 * @param authorities entries by which images may be verified; absent where that is not judged. With
 *     Secure Boot on they also vouch for boot applications
 * @param bootApplications digests that boot applications may have; absent where they are not judged,
 *     or by their signers alone
 * @param commandLines digests that command lines may have: in PCR 8 of each, and of what each command
 *     of GRUB that loads a kernel is given; in PCR 12 of each measurement. Absent where they are not
 *     judged. Whoever rules the running machine can extend 8 and 12, too, with an allowed line: they
 *     say something only where PCR 4's value says that it was a reviewed loader that measured them
 * @param refuses whether a rule that does not hold makes the evidence unacceptable, or is a warning
 */
public record BootRules(
    Set<Integer> explained,
    boolean secureBoot,
    Set<Octets> dbx,
    Optional<Set<Octets>> db,
    Optional<Set<Octets>> authorities,
    Optional<Set<TpmDigest>> bootApplications,
    Optional<Set<TpmDigest>> commandLines,
    boolean refuses) {
  /** The PCRs of firmware. */
  public static final Set<Integer> FIRMWARE_PCRS = Set.of(0, 1, 2, 3, 4, 5, 6, 7);

  /** The log must explain the firmware's PCRs; nothing else is judged. */
  public static final BootRules EXPLAINED = explaining(FIRMWARE_PCRS);

  /** Copies the sets, and checks the PCRs. */
  public BootRules {
    SortedSet<Integer> pcrs = new TreeSet<>(explained);
    if (pcrs.stream().anyMatch(pcr -> pcr < 0 || pcr >= PcrSelection.PCRS)) {
      throw new IllegalArgumentException("PCRs are 0 to " + (PcrSelection.PCRS - 1));
    }
    explained = Collections.unmodifiableSortedSet(pcrs);
    dbx = Set.copyOf(dbx);
    db = db.map(Set::copyOf);
    authorities = authorities.map(Set::copyOf);
    bootApplications = bootApplications.map(Set::copyOf);
    commandLines = commandLines.map(Set::copyOf);
    if (dbx.stream().anyMatch(id -> id.length() != TpmAlg.SHA256.digestBytes())
        || bootApplications.stream().flatMap(Set::stream).anyMatch(BootRules::isSha1)
        || commandLines.stream().flatMap(Set::stream).anyMatch(BootRules::isSha1)) {
      throw new IllegalArgumentException("entries are of 32 bytes, and no digest is of sha1");
    }
  }

  /** The log must explain these PCRs; nothing else is judged. */
  public static BootRules explaining(Set<Integer> pcrs) {
    return new BootRules(
        pcrs,
        false,
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        true);
  }

  /**
   * Rules that this boot keeps, proposed for review: dbx must not lose an entry, db must not gain one,
   * and what boots must be what booted or be verified by the same entries. What the log does not
   * explain is not judged.
   */
  public static BootRules learnedFrom(VerifiedBootLog log) {
    Set<Integer> pcrs = new TreeSet<>(FIRMWARE_PCRS);
    pcrs.removeIf(pcr -> !log.explains(pcr));
    BootRules rules = explaining(pcrs);
    if (log.secureBoot().isPresent()) {
      SecureBootState state = log.secureBoot().get();
      Set<Octets> verified = new HashSet<>();
      state.authorities().stream()
          .filter(Authority::verifiesImages)
          .map(Authority::id)
          .forEach(verified::add);
      rules =
          rules
              .withDbx(new HashSet<>(state.dbx().ids()))
              .withDb(new HashSet<>(state.db().ids()))
              .withAuthorities(verified);
      boolean on =
          state.enabled()
              && !state.debugMode()
              && !state.dmaProtectionDisabled()
              && !state.shimValidationDisabled();
      rules = on ? rules.withSecureBoot() : rules;
    }
    if (log.explains(BootMeasurementReader.APPLICATIONS_PCR)) {
      rules = rules.withBootApplications(digests(log.bootApplications(), BootImage::digests));
    }
    List<BootCommandLine> lines = BootCommandLine.of(log);
    boolean whole =
        log.explains(BootMeasurementReader.COMMANDS_PCR)
            && log.explains(BootMeasurementReader.COMMAND_LINES_PCR);
    return lines.isEmpty() || !whole
        ? rules
        : rules.withCommandLines(digests(lines, BootCommandLine::digests));
  }

  private static <T> Set<TpmDigest> digests(List<T> of, Function<T, List<TpmDigest>> digests) {
    return of.stream().map(digests).flatMap(List::stream).collect(Collectors.toSet());
  }

  /** These rules with Secure Boot demanded. */
  public BootRules withSecureBoot() {
    return new BootRules(
        explained, true, dbx, db, authorities, bootApplications, commandLines, refuses);
  }

  /** These rules with entries that dbx must have. */
  public BootRules withDbx(Set<Octets> ids) {
    return new BootRules(
        explained, secureBoot, ids, db, authorities, bootApplications, commandLines, refuses);
  }

  /** These rules with the only entries that db may have. */
  public BootRules withDb(Set<Octets> ids) {
    return new BootRules(
        explained,
        secureBoot,
        dbx,
        Optional.of(ids),
        authorities,
        bootApplications,
        commandLines,
        refuses);
  }

  /** These rules with the only entries by which images may be verified. */
  public BootRules withAuthorities(Set<Octets> ids) {
    return new BootRules(
        explained, secureBoot, dbx, db, Optional.of(ids), bootApplications, commandLines, refuses);
  }

  /** These rules with the digests that boot applications may have. */
  public BootRules withBootApplications(Set<TpmDigest> digests) {
    return new BootRules(
        explained, secureBoot, dbx, db, authorities, Optional.of(digests), commandLines, refuses);
  }

  /** These rules with the digests that command lines may have. */
  public BootRules withCommandLines(Set<TpmDigest> digests) {
    return new BootRules(
        explained,
        secureBoot,
        dbx,
        db,
        authorities,
        bootApplications,
        Optional.of(digests),
        refuses);
  }

  /** These rules as warnings. */
  public BootRules warning() {
    return new BootRules(
        explained, secureBoot, dbx, db, authorities, bootApplications, commandLines, false);
  }

  /** Every rule that ran on an outcome, in their order. */
  public List<Rule> appraise(BootLogOutcome outcome) {
    return new BootAppraiser(this).appraise(outcome);
  }

  /** The rule that ran where evidence has no boot log. */
  public List<Rule> appraiseAbsent() {
    return new BootAppraiser(this).absent();
  }

  private static boolean isSha1(TpmDigest digest) {
    return digest.hash() == TpmAlg.SHA1;
  }
}
