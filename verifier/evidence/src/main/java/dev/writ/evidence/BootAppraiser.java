// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.Appraisal.Rule;
import dev.writ.evidence.SecureBootState.Authority;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Applies {@link BootRules} to the outcome of one boot log. */
final class BootAppraiser {
  private static final int AFFIRMING = TrustTier.AFFIRMING.value();
  private static final int REFUSED = TrustTier.CONTRAINDICATED.value();
  private static final int NOTED = 0;

  /** AR4SI: unsafe configuration; executables that are not recognized. */
  private static final int UNSAFE_CONFIGURATION = 32;

  private static final int UNRECOGNIZED_EXECUTABLES = 33;

  /** PFP, 3.3.4: odd PCRs up to 7 and PCR 6 hold configuration, as do systemd's and shim's own. */
  private static final Set<Integer> CONFIGURATION_PCRS = Set.of(1, 3, 5, 6, 7, 12, 14);

  private static final int LAST_FIRMWARE = 7;
  private static final int SHOWN = 4;
  private static final int SHOWN_DIGITS = 12;

  /** A name may fill the log, and of some no digest is taken: UTF-16 units that are shown. */
  private static final int SHOWN_CHARACTERS = 256;

  private final BootRules rules;
  private final List<Rule> ran = new ArrayList<>();

  BootAppraiser(BootRules rules) {
    this.rules = rules;
  }

  List<Rule> absent() {
    add(
        "boot_log_given",
        "",
        TrustClaim.EXECUTABLES,
        failed(TrustClaim.EXECUTABLES),
        "given",
        "none");
    return ran;
  }

  List<Rule> appraise(BootLogOutcome outcome) {
    String expected = "an event log that the quote bears out";
    if (outcome instanceof BootLogOutcome.Refused refused) {
      add(
          "boot_log_holds",
          refused.reason(),
          TrustClaim.EXECUTABLES,
          REFUSED,
          expected,
          refused.message());
      return ran;
    }
    VerifiedBootLog log = (VerifiedBootLog) outcome;
    add("boot_log_holds", "", TrustClaim.EXECUTABLES, AFFIRMING, expected, log.log().toString());
    replay(log);
    secureBoot(log);
    images(log);
    rules.commandLines().ifPresent(allowed -> commandLines(log, allowed));
    return ran;
  }

  private void replay(VerifiedBootLog log) {
    for (PcrReplay result : log.results()) {
      int pcr = result.pcr().index();
      TrustClaim claim = claimOf(pcr);
      int value = AFFIRMING;
      if (!result.matches()) {
        int other = pcr <= LAST_FIRMWARE ? UNSAFE_CONFIGURATION : NOTED;
        value = rules.explained().contains(pcr) ? failed(claim) : other;
      }
      add(
          result.reason(),
          result.pcr().toString(),
          claim,
          value,
          "the value to which the log's events lead",
          result.message());
    }
    for (int pcr : rules.explained()) {
      boolean judged = log.results().stream().anyMatch(result -> result.pcr().index() == pcr);
      if (!judged) {
        add(
            "pcr_not_explained",
            Integer.toString(pcr),
            claimOf(pcr),
            failed(claimOf(pcr)),
            "the value to which the log's events lead",
            "PCR " + pcr + " is not quoted in a bank of SHA-2, or another log tells of it");
      }
    }
  }

  private void secureBoot(VerifiedBootLog log) {
    Optional<SecureBootState> found = log.secureBoot();
    boolean needed =
        rules.secureBoot()
            || !rules.dbx().isEmpty()
            || rules.db().isPresent()
            || rules.authorities().isPresent();
    if (found.isEmpty()) {
      if (needed) {
        configuration("secure_boot", "", false, "on", "unknown: PCR 7 is not explained");
      }
      return;
    }
    SecureBootState state = found.get();
    if (rules.secureBoot()) {
      configuration("secure_boot", "", state.enabled(), "on", state.text());
    } else {
      add(
          "secure_boot",
          "",
          TrustClaim.CONFIGURATION,
          state.enabled() ? AFFIRMING : UNSAFE_CONFIGURATION,
          "on",
          state.text());
    }
    weakened("secure_boot_debug", state.debugMode(), "no debugger", "none", "UEFI Debug Mode");
    weakened(
        "secure_boot_dma",
        state.dmaProtectionDisabled(),
        "memory protected from devices",
        "not said to be unprotected",
        "DMA Protection Disabled");
    weakened(
        "secure_boot_shim",
        state.shimValidationDisabled(),
        "a shim that verifies what it runs",
        "no shim that does not",
        "MokSBState says not to");
    if (!rules.dbx().isEmpty()) {
      Set<Octets> missing = new HashSet<>(rules.dbx());
      state.dbx().ids().forEach(missing::remove);
      configuration(
          "secure_boot_dbx",
          "dbx",
          missing.isEmpty(),
          "the " + rules.dbx().size() + " entries that it must have",
          missing.isEmpty()
              ? state.dbx().size() + " entries, these among them"
              : "without " + missing.size() + " of them: " + shown(missing));
    }
    rules.db().ifPresent(allowed -> database(state, allowed));
    rules.authorities().ifPresent(allowed -> authorities(state, allowed));
  }

  /** Where nothing was found the log is silent, and from silence nothing can be affirmed. */
  private void weakened(
      String reason, boolean found, String expected, String otherwise, String actual) {
    int value = rules.secureBoot() ? failed(TrustClaim.CONFIGURATION) : UNSAFE_CONFIGURATION;
    add(
        reason,
        "",
        TrustClaim.CONFIGURATION,
        found ? value : NOTED,
        expected,
        found ? actual : otherwise);
  }

  private void database(SecureBootState state, Set<Octets> allowed) {
    List<Octets> others = state.db().ids().stream().filter(id -> !allowed.contains(id)).toList();
    configuration(
        "secure_boot_db",
        "db",
        others.isEmpty(),
        "no entries but the " + allowed.size() + " that are allowed",
        others.isEmpty()
            ? state.db().size() + " entries, all allowed"
            : others.size() + " others: " + shown(others));
  }

  private void authorities(SecureBootState state, Set<Octets> allowed) {
    if (!allowed.isEmpty() && !verifiesImages(state)) {
      // Nothing was verified, so that each entry below would be allowed.
      executables(
          "boot_authority",
          "",
          false,
          "images verified by one of the " + allowed.size() + " entries allowed",
          state.enabled() ? "a shim that verifies nothing" : "Secure Boot " + state.text());
    }
    for (Authority authority : state.authorities()) {
      if (authority.verifiesImages()) {
        executables(
            "boot_authority",
            cut(authority.variable()),
            allowed.contains(authority.id()),
            "one of the " + allowed.size() + " entries by which images may be verified",
            authority.id().hex());
      }
    }
  }

  private void images(VerifiedBootLog log) {
    if (rules.bootApplications().isEmpty()) {
      return;
    }
    Set<TpmDigest> allowed = rules.bootApplications().get();
    boolean signed = signedByAllowed(log);
    List<BootImage> applications = log.bootApplications();
    for (BootImage image : applications) {
      boolean known = image.digests().stream().anyMatch(allowed::contains);
      executables(
          "boot_application",
          "boot application " + image.number(),
          known || signed,
          "one of the " + allowed.size() + " digests allowed, or an allowed signer",
          digests(image.digests())
              + image.path().map(path -> " (" + cut(path) + ")").orElse("")
              + (known || !signed ? "" : ", verified by an allowed entry"));
    }
    if (applications.isEmpty()) {
      executables(
          "boot_application",
          "",
          false,
          "boot applications in PCR 4",
          log.explains(4) ? "none" : "unknown: PCR 4 is not explained");
    }
  }

  /** With Secure Boot on nothing boots that none of these entries verified. */
  private boolean signedByAllowed(VerifiedBootLog log) {
    if (rules.authorities().isEmpty() || log.secureBoot().isEmpty()) {
      return false;
    }
    SecureBootState state = log.secureBoot().get();
    List<Authority> used = state.authorities().stream().filter(Authority::verifiesImages).toList();
    Set<Octets> allowed = rules.authorities().get();
    return verifiesImages(state)
        && !used.isEmpty()
        && used.stream().allMatch(authority -> allowed.contains(authority.id()));
  }

  private static boolean verifiesImages(SecureBootState state) {
    return state.enabled() && !state.shimValidationDisabled();
  }

  private void commandLines(VerifiedBootLog log, Set<TpmDigest> allowed) {
    List<BootCommandLine> lines = BootCommandLine.of(log);
    for (int i = 0; i < lines.size(); i++) {
      BootCommandLine line = lines.get(i);
      configuration(
          "boot_command_line",
          "command line " + (i + 1),
          line.digests().stream().anyMatch(allowed::contains),
          "one of the " + allowed.size() + " digests allowed",
          digests(line.digests()) + " (" + cut(line.text()) + ")");
    }
    // What one of the two may hide is not made good by what the other shows.
    boolean hidden =
        !log.explains(BootMeasurementReader.COMMANDS_PCR)
            || !log.explains(BootMeasurementReader.COMMAND_LINES_PCR);
    if (hidden || lines.isEmpty()) {
      configuration(
          "boot_command_line",
          "",
          false,
          "a command line in PCR 8 or 12, and both explained",
          hidden ? "one of them is not explained" : "none");
    }
  }

  private static String digests(List<TpmDigest> digests) {
    return digests.stream().map(TpmDigest::toString).collect(Collectors.joining(" "));
  }

  private static String cut(String text) {
    return text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) + "…" : text;
  }

  private static String shown(Collection<Octets> ids) {
    String some =
        ids.stream()
            .map(id -> id.hex().substring(0, Math.min(SHOWN_DIGITS, 2 * id.length())))
            .sorted()
            .limit(SHOWN)
            .collect(Collectors.joining(", "));
    return ids.size() > SHOWN ? some + ", …" : some;
  }

  private static TrustClaim claimOf(int pcr) {
    return CONFIGURATION_PCRS.contains(pcr) ? TrustClaim.CONFIGURATION : TrustClaim.EXECUTABLES;
  }

  private int failed(TrustClaim claim) {
    if (rules.refuses()) {
      return REFUSED;
    }
    return claim == TrustClaim.EXECUTABLES ? UNRECOGNIZED_EXECUTABLES : UNSAFE_CONFIGURATION;
  }

  private void configuration(
      String reason, String subject, boolean holds, String expected, String actual) {
    judge(reason, subject, TrustClaim.CONFIGURATION, holds, expected, actual);
  }

  private void executables(
      String reason, String subject, boolean holds, String expected, String actual) {
    judge(reason, subject, TrustClaim.EXECUTABLES, holds, expected, actual);
  }

  private void judge(
      String reason,
      String subject,
      TrustClaim claim,
      boolean holds,
      String expected,
      String actual) {
    add(reason, subject, claim, holds ? AFFIRMING : failed(claim), expected, actual);
  }

  private void add(
      String reason, String subject, TrustClaim claim, int value, String expected, String actual) {
    ran.add(new Rule(reason, subject, claim, value, expected, actual));
  }
}
