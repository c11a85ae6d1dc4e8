// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every rule there is, as it holds and as it does not: each says what had to hold and what was. */
class AppraisalRulesTest {
  private static final Octets DB = SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE);

  /** Reasons, of which each must be among the rules below. */
  private static final Set<String> REASONS =
      Set.of(
          "ak_enrolled",
          "endorsement_given",
          "endorsement_holds",
          "endorsement_current",
          "endorsement_genuine",
          "endorsement_hash",
          "endorsement_revocation",
          "clock_safe",
          "pcr_bank_live",
          "pcr_bank_sha1",
          "pcr_resettable",
          "pcr_quoted",
          "pcr_reference",
          "boot_log_given",
          "boot_log_holds",
          "pcr_matches_log",
          "pcr_unexplained_extend",
          "pcr_not_explained",
          "secure_boot",
          "secure_boot_debug",
          "secure_boot_dma",
          "secure_boot_shim",
          "secure_boot_dbx",
          "secure_boot_db",
          "boot_authority",
          "boot_application",
          "boot_command_line",
          "ima_list_given",
          "ima_list_replayed",
          "ima_boot_aggregate",
          "ima_entries",
          "ima_entry_unlisted");

  private static final BootRules ALL =
      BootRules.EXPLAINED
          .withSecureBoot()
          .withDbx(Set.of(DB))
          .withDb(Set.of(DB))
          .withAuthorities(Set.of(DB))
          .withBootApplications(Set.of())
          .withCommandLines(Set.of());

  private static List<Appraisal.Rule> every() throws Exception {
    List<Appraisal.Rule> rules = new ArrayList<>();
    rules.addAll(quoted(Optional.empty()));
    rules.addAll(quoted(AppraiserTest.endorsementWith(EnumSet.noneOf(Finding.class))));
    rules.addAll(quoted(AppraiserTest.endorsementWith(EnumSet.allOf(Finding.class))));
    rules.addAll(quoted(Optional.of(new EndorsementOutcome.Revoked("1f"))));
    rules.addAll(booted());
    rules.addAll(measured());
    return rules;
  }

  private static List<Appraisal.Rule> quoted(Optional<? extends EndorsementOutcome> endorsement) {
    ReferenceValues.Builder references =
        ReferenceValues.builder()
            .allow(0, Statement.value(TpmAlg.SHA256, 0))
            .allow(7, Statement.value(TpmAlg.SHA256, 3))
            .allow(2, Statement.value(TpmAlg.SHA256, 2))
            .allow(16, Statement.value(TpmAlg.SHA256, 16))
            .allow(0, Statement.value(TpmAlg.SHA1, 0));
    return Appraiser.appraise(
            AppraiserTest.quote(Statement.values(Statement.ASKED)),
            endorsement,
            references.boot(ALL).ima(ImaPolicy.builder().build()).build(),
            Optional.empty(),
            Optional.empty())
        .rules();
  }

  private static List<Appraisal.Rule> booted() {
    List<Appraisal.Rule> rules = new ArrayList<>();
    SoftwareBootLog machine = SoftwareBootLog.grub();
    rules.addAll(ALL.appraise(machine.verify()));
    rules.addAll(BootRules.explaining(Set.of(21)).appraise(machine.verify()));
    rules.addAll(
        BootRules.learnedFrom((VerifiedBootLog) machine.verify()).appraise(machine.verify()));
    for (String text : List.of("UEFI Debug Mode", "DMA Protection Disabled")) {
      byte[] data = SoftwareBootLog.bytes(text);
      machine.insert(
          machine.find(7, BootEventType.EV_SEPARATOR),
          machine.record(7, BootEventType.EV_EFI_ACTION, data, data));
    }
    rules.addAll(ALL.appraise(machine.verify()));
    SoftwareBootLog extended = machine.copy().add(9, BootEventType.EV_IPL, new byte[] {1});
    rules.addAll(ALL.appraise(machine.verifyOn(extended)));
    machine.remove(machine.findVariable("dbx"));
    rules.addAll(ALL.appraise(machine.verify()));
    return rules;
  }

  private static List<Appraisal.Rule> measured() throws Exception {
    SoftwareIma ima = SoftwareIma.booted();
    ImaOutcome replayed =
        ImaReplay.resume(ImaPosition.START, ima.segment(ImaFormat.BINARY, 0), ima.quoted());
    return ImaAppraiser.appraise((ImaReplayed) replayed, ImaPolicy.builder().build()).rules();
  }

  @Test
  void everyRule_thatHoldsOrDoesNot_saysWhatHadToHoldAndWhatWas() throws Exception {
    List<Appraisal.Rule> rules = every();

    assertThat(rules).extracting(Appraisal.Rule::reason).containsAll(REASONS);
    assertThat(rules)
        .allSatisfy(
            rule -> {
              assertThat(rule.reason()).matches("[a-z][a-z0-9_]{1,63}");
              for (String text : List.of(rule.expected(), rule.actual())) {
                assertThat(text).as(rule.toString()).isNotBlank().isNotEqualTo("nothing");
                assertThat(text.length()).isLessThanOrEqualTo(Appraisal.Rule.MAX_TEXT);
              }
            });
    assertThat(new TreeSet<>(rules.stream().map(Appraisal.Rule::tier).toList()))
        .containsExactlyInAnyOrder(TrustTier.values());
  }

  @Test
  void text_thatIsMissing_isNothing() {
    Appraisal.Rule rule = rule("", "");

    assertThat(rule.expected()).isEqualTo("nothing");
    assertThat(rule.actual()).isEqualTo("nothing");
    assertThat(rule.subject()).isEmpty();
  }

  @Test
  void text_thatSteersADisplay_isShownWithoutThat() {
    assertThat(rule("a\u001b[2Jb\n\u202ec\u2028\ud800d", "\ud83d\ude00").expected())
        .isEqualTo("a\ufffd[2Jb\ufffd\ufffdc\ufffd\ufffdd");
    assertThat(rule("x", "\ud83d\ude00").actual()).isEqualTo("\ud83d\ude00");
    assertThat(rule("x", "\ude00\ud83d").actual()).isEqualTo("\ufffd\ufffd");
  }

  @Test
  void text_thatIsTooLong_isCut() {
    int max = Appraisal.Rule.MAX_TEXT;

    assertThat(rule("x".repeat(max), "y").expected()).isEqualTo("x".repeat(max));
    assertThat(rule("x".repeat(max + 1), "y").expected()).isEqualTo("x".repeat(max - 1) + "…");
    assertThat(rule("x".repeat(max - 2) + "\ud83d\ude00" + "x", "y").expected())
        .isEqualTo("x".repeat(max - 2) + "…");
    assertThat(rule("x".repeat(50 * max), "y".repeat(50 * max)).actual()).hasSize(max);
  }

  private static Appraisal.Rule rule(String expected, String actual) {
    return new Appraisal.Rule("r", "", TrustClaim.HARDWARE, 2, expected, actual);
  }
}
