// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.Appraisal.Rule;
import dev.writ.evidence.TrustedEndorsement.Finding;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares verified evidence with what is endorsed and expected, rule by rule.
 *
 * <table>
 * <caption>Rules, and the AR4SI value each can give its claim</caption>
 * <tr><th>reason<th>claim<th>holds<th>does not
 * <tr><td>ak_enrolled<td>instance-identity<td>2<td>never runs without a verified quote
 * <tr><td>endorsement_given<td>hardware<td>noted<td>noted: nothing is said of the hardware
 * <tr><td>endorsement_holds<td>hardware<td>2<td>96, with the reason of the refusal as its subject
 * <tr><td>endorsement_current<td>hardware<td>2<td>32, certificate or chain has run out
 * <tr><td>endorsement_genuine<td>hardware<td>2<td>32, a simulator
 * <tr><td>endorsement_hash<td>hardware<td>2<td>32, a certificate below the root is signed with SHA-1
 * <tr><td>endorsement_revocation<td>hardware<td>noted<td>noted: it may have been revoked
 * <tr><td>clock_safe<td>hardware<td>noted<td>noted: the clock may have gone back
 * <tr><td>counters_clear<td>hardware<td>noted<td>noted: they say that a boot is another, not which was first
 * <tr><td>pcr_bank_live<td>executables<td>2<td>96, a bank that nothing was measured into
 * <tr><td>pcr_bank_sha1<td>configuration<td>does not run<td>96, a reference value that rests on SHA-1
 * <tr><td>pcr_resettable<td>configuration<td>does not run<td>96, a reference value that software can forge
 * <tr><td>pcr_quoted<td>of the PCR<td>does not run<td>96, a reference value for a PCR not quoted
 * <tr><td>pcr_reference<td>of the PCR<td>2<td>96, a value that is not among those allowed
 * </table>
 *
 * <p>Then those of {@link BootRules} and {@link ImaAppraiser}, where the reference values have any;
 * without a list that was replayed {@code ima_list_given} or {@code ima_list_replayed}, 96 of
 * executables.
 *
 * <p>Claims of PCRs follow the PC Client Platform Firmware Profile, 3.3.4: odd PCRs up to 7 hold
 * configuration, all others what was executed; PCR 6 is configuration too.
 */
public final class Appraiser {
  private static final int AFFIRMING = TrustTier.AFFIRMING.value();
  private static final int WARNING = TrustTier.WARNING.value();
  private static final int CONTRAINDICATED = TrustTier.CONTRAINDICATED.value();
  private static final int NOTED = 0;

  /** PCRs that any software resets to zero: 16 (debug) and 23 (application). */
  private static final Set<Integer> RESETTABLE = Set.of(16, 23);

  private static final Set<Integer> CONFIGURATION_PCRS = Set.of(1, 3, 5, 6, 7);

  private final List<Rule> rules = new ArrayList<>();
  private Optional<ImaPosition> position = Optional.empty();

  private Appraiser() {}

  /**
   * Appraises evidence.
   *
   * @param endorsement what verification says of the endorsement with which the quote's key was
   *     enrolled; empty where there is none to be verified
   */
  public static Appraisal appraise(
      VerifiedQuote quote,
      Optional<? extends EndorsementOutcome> endorsement,
      ReferenceValues references) {
    return appraise(quote, endorsement, references, Optional.empty(), Optional.empty());
  }

  /**
   * Appraises evidence with logs, which are read only where the reference values have rules over them.
   *
   * @param bootLog as the host sent it
   * @param list what replay says of the measurement list; no {@link ImaOutcome.PositionMismatch}
   */
  public static Appraisal appraise(
      VerifiedQuote quote,
      Optional<? extends EndorsementOutcome> endorsement,
      ReferenceValues references,
      Optional<BootLog> bootLog,
      Optional<ImaOutcome> list) {
    Appraiser appraiser = new Appraiser();
    appraiser.instance(quote);
    appraiser.hardware(endorsement);
    appraiser.clock(quote);
    appraiser.banks(quote.values());
    for (ReferenceValues.Pcr pcr : references.pcrs()) {
      appraiser.pcr(pcr, references.allowed(pcr).orElseThrow(), quote.values());
    }
    references.boot().ifPresent(rules -> appraiser.boot(rules, bootLog, quote));
    references.ima().ifPresent(policy -> appraiser.ima(policy, list));
    return new Appraisal(appraiser.rules, appraiser.position);
  }

  private void instance(VerifiedQuote quote) {
    String name = quote.ak().name().hex();
    add("ak_enrolled", "", TrustClaim.INSTANCE_IDENTITY, AFFIRMING, name, name);
  }

  private void hardware(Optional<? extends EndorsementOutcome> given) {
    String actual = given.isPresent() ? "given" : "none";
    add("endorsement_given", "", TrustClaim.HARDWARE, NOTED, "given", actual);
    given.ifPresent(this::endorsement);
  }

  private void endorsement(EndorsementOutcome outcome) {
    String expected = "an endorsement by a configured manufacturer";
    if (outcome instanceof EndorsementOutcome.Refused refused) {
      // What was vouched for once and is no longer is worse than what nobody vouched for.
      add(
          "endorsement_holds",
          refused.reason(),
          TrustClaim.HARDWARE,
          CONTRAINDICATED,
          expected,
          refused.message());
      return;
    }
    TrustedEndorsement endorsement = (TrustedEndorsement) outcome;
    String device = endorsement.device().toString();
    add("endorsement_holds", "", TrustClaim.HARDWARE, AFFIRMING, expected, device);
    Set<Finding> over = EnumSet.of(Finding.EXPIRED, Finding.CHAIN_EXPIRED);
    over.retainAll(endorsement.findings());
    add(
        "endorsement_current",
        "",
        TrustClaim.HARDWARE,
        over.isEmpty() ? AFFIRMING : WARNING,
        "validity that has not ended",
        over.isEmpty() ? "until " + endorsement.notAfter() : over.toString());
    boolean simulated = endorsement.findings().contains(Finding.SIMULATED);
    add(
        "endorsement_genuine",
        "",
        TrustClaim.HARDWARE,
        simulated ? WARNING : AFFIRMING,
        "a TPM that is no simulator",
        device);
    boolean sha1 = endorsement.findings().contains(Finding.SHA1_SIGNED);
    add(
        "endorsement_hash",
        "",
        TrustClaim.HARDWARE,
        sha1 ? WARNING : AFFIRMING,
        "a chain without SHA-1 below its root",
        sha1 ? "signed with SHA-1" : "without");
    boolean unchecked = endorsement.findings().contains(Finding.REVOCATION_NOT_CHECKED);
    add(
        "endorsement_revocation",
        "",
        TrustClaim.HARDWARE,
        NOTED,
        "a current revocation list of each issuer",
        unchecked ? "not of each" : "of each");
  }

  /** Part 1, 36.3: after a power cut safe is NO until the TPM has written its clock again. */
  private void clock(VerifiedQuote quote) {
    String actual = quote.clockInfo().safe() ? "safe" : "not safe";
    add("clock_safe", "", TrustClaim.HARDWARE, NOTED, "safe", actual);
    add(
        "counters_clear",
        "",
        TrustClaim.HARDWARE,
        NOTED,
        "in clear",
        switch (quote.ak().bootCounters()) {
          case IN_CLEAR -> "in clear";
          case OBFUSCATED -> "taken for obfuscated";
        });
  }

  /** A bank that firmware does not extend shows only the values that a reset leaves. */
  private void banks(PcrValues values) {
    for (PcrSelection.Bank bank : values.selection().banks()) {
      if (bank.hash() == TpmAlg.SHA1) {
        continue; // nothing is concluded from it
      }
      boolean live =
          bank.indices().stream()
              .flatMap(index -> values.value(bank.hash(), index).stream())
              .map(TpmDigest::value)
              .anyMatch(value -> !value.isFilledWith((byte) 0) && !value.isFilledWith((byte) 0xff));
      add(
          "pcr_bank_live",
          bank.hash().text(),
          TrustClaim.EXECUTABLES,
          live ? AFFIRMING : CONTRAINDICATED,
          "at least one PCR that was extended",
          live ? "extended" : "none of " + bank);
    }
  }

  private void pcr(ReferenceValues.Pcr pcr, Set<TpmDigest> allowed, PcrValues values) {
    String subject = pcr.toString();
    if (pcr.bank() == TpmAlg.SHA1) {
      add(
          "pcr_bank_sha1",
          subject,
          TrustClaim.CONFIGURATION,
          CONTRAINDICATED,
          "a reference value of another bank than sha1",
          subject);
      return;
    }
    if (RESETTABLE.contains(pcr.index())) {
      add(
          "pcr_resettable",
          subject,
          TrustClaim.CONFIGURATION,
          CONTRAINDICATED,
          "a reference value of a PCR that software cannot reset",
          subject);
      return;
    }
    TrustClaim claim =
        CONFIGURATION_PCRS.contains(pcr.index())
            ? TrustClaim.CONFIGURATION
            : TrustClaim.EXECUTABLES;
    Optional<TpmDigest> actual = values.value(pcr.bank(), pcr.index());
    if (actual.isEmpty()) {
      add("pcr_quoted", subject, claim, CONTRAINDICATED, "quoted", values.selection().toString());
      return;
    }
    add(
        "pcr_reference",
        subject,
        claim,
        allowed.contains(actual.get()) ? AFFIRMING : CONTRAINDICATED,
        allowed.stream().map(TpmDigest::toString).sorted().collect(Collectors.joining(" or ")),
        actual.get().toString());
  }

  private void ima(ImaPolicy policy, Optional<ImaOutcome> list) {
    String expected = "a measurement list that the quote bears out";
    if (list.isEmpty()) {
      add("ima_list_given", "", TrustClaim.EXECUTABLES, CONTRAINDICATED, "given", "none");
    } else if (list.get() instanceof ImaReplayed replayed) {
      ImaAppraisal appraisal = ImaAppraiser.appraise(replayed, policy);
      rules.addAll(appraisal.rules());
      position = Optional.of(appraisal.position());
    } else if (list.get() instanceof ImaOutcome.Refused refused) {
      add(
          "ima_list_replayed",
          refused.reason(),
          TrustClaim.EXECUTABLES,
          CONTRAINDICATED,
          expected,
          refused.message());
    } else {
      throw new IllegalStateException("bug: a list that starts elsewhere was to be appraised");
    }
  }

  private void boot(BootRules boot, Optional<BootLog> given, VerifiedQuote quote) {
    rules.addAll(
        given
            .map(log -> boot.appraise(BootLogVerifier.verify(log, quote)))
            .orElseGet(boot::appraiseAbsent));
  }

  private void add(
      String reason, String subject, TrustClaim claim, int value, String expected, String actual) {
    rules.add(new Rule(reason, subject, claim, value, expected, actual));
  }
}
