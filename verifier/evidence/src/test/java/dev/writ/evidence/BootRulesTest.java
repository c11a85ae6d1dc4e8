// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link BootRules}: each rule as it holds and as it does not. */
class BootRulesTest {
  private static final Octets DB = SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE);
  private static final Octets VENDOR = SoftwareBootLog.id(SoftwareBootLog.VENDOR_CERTIFICATE);
  private static final Set<String> WEAKNESSES =
      Set.of("secure_boot_debug", "secure_boot_dma", "secure_boot_shim");
  private static final BootRules NOTHING = BootRules.explaining(Set.of());

  private final SoftwareBootLog machine = SoftwareBootLog.grub();

  @Test
  void refusedLog_isContraindicatedWithItsReason() {
    machine.remove(machine.findVariable("dbx"));

    assertThat(NOTHING.appraise(machine.verify()))
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.reason()).isEqualTo("boot_log_holds");
              assertThat(rule.subject()).isEqualTo("secure_boot_variable_missing");
              assertThat(rule.tier()).isEqualTo(TrustTier.CONTRAINDICATED);
              assertThat(rule.actual()).contains("dbx");
            });
  }

  @Test
  void evidenceWithoutLog_isContraindicatedOrAWarning() {
    assertThat(BootRules.EXPLAINED.appraiseAbsent())
        .singleElement()
        .matches(rule -> rule.tier() == TrustTier.CONTRAINDICATED);
    assertThat(BootRules.EXPLAINED.warning().appraiseAbsent())
        .singleElement()
        .matches(rule -> rule.value() == 33);
  }

  @Test
  void logThatExplainsAllItMust_isAffirmed() {
    List<Appraisal.Rule> rules = BootRules.EXPLAINED.appraise(machine.verify());

    assertThat(rules).allMatch(BootRulesTest::holds);
    assertThat(rules)
        .filteredOn(rule -> rule.reason().equals("pcr_matches_log"))
        .hasSize(SoftwareBootLog.QUOTED.size());
    assertThat(rule(rules, "secure_boot").actual()).isEqualTo("on");
  }

  @Test
  void case54_pcrWithoutEvents_isContraindicatedWhereItMustBeExplained() {
    SoftwareBootLog log = machine.copy();
    log.events.removeIf(event -> event.pcr() == 5);

    Appraisal.Rule rule =
        rule(BootRules.EXPLAINED.appraise(log.verifyOn(machine)), "pcr_without_events");

    assertThat(rule.subject()).isEqualTo("sha256:5");
    assertThat(rule.value()).isEqualTo(96);
    assertThat(rule(NOTHING.appraise(log.verifyOn(machine)), "pcr_without_events").value())
        .as("of firmware, and not to be explained")
        .isEqualTo(32);
  }

  @Test
  void pcrOfWhichReplaySaysNothing_isContraindicatedWhereItMustBeExplained() {
    PcrSelection quoted = PcrSelection.of(TpmAlg.SHA256, 0, 4, 7, 10, 16);
    BootLogOutcome outcome = SoftwareBootLog.verify(machine.parsed(), machine.values(quoted));
    BootRules demanding = BootRules.explaining(Set.of(0, 5, 10, 16));

    assertThat(demanding.appraise(outcome))
        .filteredOn(rule -> rule.reason().equals("pcr_not_explained"))
        .as("5 is not quoted; 10 and 16 are, and the log has no events of them")
        .extracting(Appraisal.Rule::subject, Appraisal.Rule::claim, Appraisal.Rule::value)
        .containsExactly(
            tuple("5", TrustClaim.CONFIGURATION, 96),
            tuple("10", TrustClaim.EXECUTABLES, 96),
            tuple("16", TrustClaim.EXECUTABLES, 96));
    assertThat(demanding.warning().appraise(outcome))
        .filteredOn(rule -> rule.reason().equals("pcr_not_explained"))
        .extracting(Appraisal.Rule::value)
        .containsExactly(32, 33, 33);
    assertThat(NOTHING.appraise(outcome))
        .noneMatch(rule -> rule.reason().equals("pcr_not_explained"));
  }

  @Test
  void case69_unexplainedExtend_isContraindicatedWhereThePcrMustBeExplained() {
    SoftwareBootLog extended = machine.copy().add(9, BootEventType.EV_IPL, new byte[] {1});
    BootLogOutcome outcome = machine.verifyOn(extended);

    Appraisal.Rule demanded =
        rule(BootRules.explaining(Set.of(9)).appraise(outcome), "pcr_unexplained_extend");
    Appraisal.Rule noted = rule(BootRules.EXPLAINED.appraise(outcome), "pcr_unexplained_extend");

    assertThat(demanded.tier()).isEqualTo(TrustTier.CONTRAINDICATED);
    assertThat(demanded.actual()).startsWith("unexplained extend in PCR 9");
    assertThat(noted.tier()).isEqualTo(TrustTier.NONE);
  }

  @Test
  void secureBootOff_isAWarningAndWhereItIsDemandedContraindicated() {
    machine.remeasure(
        machine.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));
    BootLogOutcome outcome = machine.verify();

    assertThat(rule(NOTHING.appraise(outcome), "secure_boot").value()).isEqualTo(32);
    Appraisal.Rule demanded = rule(NOTHING.withSecureBoot().appraise(outcome), "secure_boot");
    assertThat(demanded.value()).isEqualTo(96);
    assertThat(demanded.claim()).isEqualTo(TrustClaim.CONFIGURATION);
    assertThat(demanded.expected()).isEqualTo("on");
    assertThat(demanded.actual()).isEqualTo("off");
    assertThat(rule(NOTHING.withSecureBoot().warning().appraise(outcome), "secure_boot").value())
        .isEqualTo(32);
  }

  @Test
  void case63_secureBootWithoutValue_isRefusedWhereItIsDemanded() {
    machine.remeasure(
        machine.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[0]));

    assertThat(rule(NOTHING.withSecureBoot().appraise(machine.verify()), "secure_boot"))
        .matches(rule -> rule.value() == 96 && rule.actual().equals("not supported"));
  }

  @Test
  void secureBootOfAPcrThatIsNotExplained_isUnknown() {
    SoftwareBootLog log = machine.copy();
    int db = log.findVariable("db");
    log.set(db, log.events.get(db).withDigestFlipped(TpmAlg.SHA256));

    assertThat(rule(NOTHING.withSecureBoot().appraise(log.verifyOn(machine)), "secure_boot"))
        .matches(rule -> rule.value() == 96 && rule.actual().startsWith("unknown"));
  }

  /** A log that says nothing of it is no proof of the contrary. */
  @Test
  void weaknessOfWhichTheLogIsSilent_isNotedAndAffirmsNothing() throws Exception {
    for (BootRules rules : List.of(NOTHING, NOTHING.withSecureBoot())) {
      List<Appraisal.Rule> ran = rules.appraise(SoftwareBootLog.grub().verify());
      for (String reason : WEAKNESSES) {
        assertThat(rule(ran, reason).value()).as(reason).isZero();
      }
    }
  }

  @Test
  void debuggerAndOpenMemory_areTold() {
    int separator = machine.find(7, BootEventType.EV_SEPARATOR);
    for (String text : List.of("UEFI Debug Mode", "DMA Protection Disabled")) {
      byte[] data = SoftwareBootLog.bytes(text);
      machine.insert(separator, machine.record(7, BootEventType.EV_EFI_ACTION, data, data));
    }
    List<Appraisal.Rule> rules = NOTHING.withSecureBoot().appraise(machine.verify());

    assertThat(rule(rules, "secure_boot_debug").value()).isEqualTo(96);
    assertThat(rule(rules, "secure_boot_dma").value()).isEqualTo(96);
    assertThat(rule(NOTHING.appraise(machine.verify()), "secure_boot_debug").value()).isEqualTo(32);
  }

  @Test
  void case68_dbx_mustHaveWhatItMust() {
    Octets first = Octets.of(SoftwareBootLog.revoked(1));
    Octets third = Octets.of(SoftwareBootLog.revoked(3));

    assertThat(rule(NOTHING.withDbx(Set.of(first)).appraise(machine.verify()), "secure_boot_dbx"))
        .matches(rule -> rule.tier() == TrustTier.AFFIRMING);
    assertThat(
            rule(
                NOTHING.withDbx(Set.of(first, third)).appraise(machine.verify()),
                "secure_boot_dbx"))
        .satisfies(
            rule -> {
              assertThat(rule.value()).isEqualTo(96);
              assertThat(rule.actual())
                  .isEqualTo("without 1 of them: " + third.hex().substring(0, 12));
            });
  }

  @Test
  void db_mustHaveNothingElse() {
    assertThat(rule(NOTHING.withDb(Set.of(DB)).appraise(machine.verify()), "secure_boot_db"))
        .matches(rule -> rule.tier() == TrustTier.AFFIRMING);
    assertThat(rule(NOTHING.withDb(Set.of(VENDOR)).appraise(machine.verify()), "secure_boot_db"))
        .matches(rule -> rule.value() == 96)
        .matches(rule -> rule.actual().contains(DB.hex().substring(0, 12)));
  }

  @Test
  void authorities_mustBeAmongThoseAllowed() {
    BootLogOutcome outcome = machine.verify();

    assertThat(NOTHING.withAuthorities(Set.of(DB, VENDOR)).appraise(outcome))
        .filteredOn(rule -> rule.reason().equals("boot_authority"))
        .extracting(Appraisal.Rule::subject, Appraisal.Rule::value)
        .as("shim's level is a setting and verifies nothing")
        .containsExactly(tuple("db", 2), tuple("Shim", 2));
    assertThat(NOTHING.withAuthorities(Set.of(DB)).appraise(outcome))
        .filteredOn(rule -> rule.reason().equals("boot_authority"))
        .extracting(Appraisal.Rule::value)
        .containsExactly(2, 96);
  }

  @Test
  void authoritiesOfABootThatVerifiesNothing_areNotKept() {
    BootRules rules = NOTHING.withAuthorities(Set.of(DB, VENDOR));
    SoftwareBootLog unverified = machine.copy();
    unverified.events.removeIf(
        event -> event.type() == BootEventType.EV_EFI_VARIABLE_AUTHORITY.code());
    unverified.remeasure(
        unverified.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));
    byte[] off = SoftwareBootLog.variable(SoftwareBootLog.SHIM, "MokSBState", new byte[] {1});
    machine.insert(
        machine.findVariable("SbatLevel"),
        machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, off, off));

    assertThat(rule(rules.appraise(unverified.verify()), "boot_authority"))
        .matches(rule -> rule.value() == 96 && rule.subject().isEmpty())
        .matches(rule -> rule.actual().equals("Secure Boot off"));
    assertThat(rule(rules.warning().appraise(unverified.verify()), "boot_authority").value())
        .isEqualTo(33);
    assertThat(rule(rules.appraise(machine.verify()), "boot_authority").actual())
        .isEqualTo("a shim that verifies nothing");
    assertThat(
            BootRules.learnedFrom(unverified.verified()).appraise(unverified.verify()).stream()
                .map(Appraisal.Rule::value))
        .as("what was learned from a host with Secure Boot off holds there")
        .doesNotContain(96);
  }

  @Test
  void bootApplications_mustHaveAnAllowedDigest() {
    Set<TpmDigest> allowed = Set.of(image("shim 15.8"), image("grub 2.06"), image("vmlinuz 6.1"));

    assertThat(applications(NOTHING.withBootApplications(allowed), machine))
        .extracting(Appraisal.Rule::value)
        .containsExactly(2, 2, 2);
    machine.insert(
        machine.events.size() - 2,
        machine.record(
            4,
            BootEventType.EV_POST_CODE,
            SoftwareBootLog.bytes("bootkit"),
            SoftwareBootLog.bytes("a post code")));
    List<Appraisal.Rule> rules = applications(NOTHING.withBootApplications(allowed), machine);
    assertThat(rules).extracting(Appraisal.Rule::value).containsExactly(2, 2, 2, 96);
    assertThat(rules.get(3).subject()).isEqualTo("boot application 4");
    assertThat(rules.get(3).actual()).isEqualTo(image("bootkit").toString());
    assertThat(applications(NOTHING.withBootApplications(allowed).warning(), machine).get(3))
        .matches(rule -> rule.value() == 33);
  }

  /** Findings are named by subjects, and no digest is taken of where an image was found. */
  @Test
  void namesAsLongAsTheLogAllows_areNoSubjectsAndAreCut() {
    String name = "x".repeat(30_000);
    machine.application("bootkit", name);
    SoftwareBootLog.Logged bootkit = machine.events.remove(machine.events.size() - 1);
    machine.insert(machine.events.size() - 2, bootkit);
    byte[] authority =
        SoftwareBootLog.variable(
            SoftwareBootLog.SHIM, name.substring(0, 500), SoftwareBootLog.VENDOR_CERTIFICATE);
    machine.insert(
        machine.findVariable("SbatLevel"),
        machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, authority, authority));
    machine.insert(
        machine.find(8, BootEventType.EV_IPL),
        machine.record(
            8,
            BootEventType.EV_IPL,
            SoftwareBootLog.bytes("/" + name),
            SoftwareBootLog.bytes(name)));
    BootRules rules =
        NOTHING
            .withAuthorities(Set.of(DB))
            .withBootApplications(Set.of())
            .withCommandLines(Set.of());

    List<Appraisal.Rule> ran = rules.appraise(machine.verify());

    assertThat(ran).allMatch(rule -> rule.subject().length() <= 257);
    assertThat(ran).allMatch(rule -> rule.actual().length() < 400);
    assertThat(ran)
        .extracting(Appraisal.Rule::subject)
        .contains("x".repeat(256) + "…", "boot application 4", "command line 1");
  }

  /** What an image's digest is of can be logged as data that a digest covers. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "EV_EFI_HCRTM_EVENT")
  void case55_imageUnderAnyTypeWithItsBytesAsData_isNeverHidden(BootEventType type) {
    byte[] bootkit = {'M', 'Z', 0, 0, 'b', 'o', 'o', 't', 'k', 'i', 't'};
    byte[] data =
        type.isVariable()
            ? SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "Boot0000", bootkit)
            : bootkit;
    int last = machine.events.size() - 2;
    machine.insert(
        last,
        machine.record(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION, bootkit, new byte[32]));
    SoftwareBootLog log = machine.copy();
    log.set(last, log.events.get(last).ofType(type).withData(data));
    BootRules rules =
        BootRules.EXPLAINED.withBootApplications(
            Set.of(image("shim 15.8"), image("grub 2.06"), image("vmlinuz 6.1")));

    assertThat(rules.appraise(log.verifyOn(machine)))
        .anyMatch(rule -> rule.tier() == TrustTier.CONTRAINDICATED);
  }

  @Test
  void shimThatVerifiesNothing_isToldAndVouchesForNothing() {
    byte[] off = SoftwareBootLog.variable(SoftwareBootLog.SHIM, "MokSBState", new byte[] {1});
    BootRules rules =
        NOTHING.withSecureBoot().withBootApplications(Set.of()).withAuthorities(Set.of(DB, VENDOR));
    int shim = machine.findVariable("SbatLevel");
    machine.insert(shim, machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, off, off));

    assertThat(rule(rules.appraise(machine.verify()), "secure_boot_shim").value()).isEqualTo(96);
    assertThat(applications(rules, machine)).extracting(Appraisal.Rule::value).containsOnly(96);
    byte[] on = SoftwareBootLog.variable(SoftwareBootLog.SHIM, "MokSBState", new byte[] {0});
    machine.set(shim, machine.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, on, on));
    assertThat(rules.appraise(machine.verify())).allMatch(BootRulesTest::holds);
  }

  @Test
  void bootApplicationsOfAllowedSigners_needNoDigest() {
    BootRules rules = NOTHING.withBootApplications(Set.of()).withAuthorities(Set.of(DB, VENDOR));

    assertThat(applications(rules, machine)).extracting(Appraisal.Rule::value).containsOnly(2);
    assertThat(applications(rules.withAuthorities(Set.of(DB)), machine))
        .extracting(Appraisal.Rule::value)
        .containsOnly(96);
    machine.remeasure(
        machine.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));
    assertThat(applications(rules, machine))
        .as("with Secure Boot off nobody verified them")
        .extracting(Appraisal.Rule::value)
        .containsOnly(96);
  }

  @Test
  void bootApplicationsOfAPcrThatIsNotExplained_areUnknown() {
    SoftwareBootLog log = machine.copy();
    int shim = log.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION);
    log.set(shim, log.events.get(shim).withDigestFlipped(TpmAlg.SHA256));
    BootRules rules = NOTHING.withBootApplications(Set.of(image("shim 15.8")));

    assertThat(rule(rules.appraise(log.verifyOn(machine)), "boot_application"))
        .matches(rule -> rule.value() == 96 && rule.actual().startsWith("unknown"));
  }

  @Test
  void commandLine_mustHaveAnAllowedDigest() {
    TpmDigest allowed = image("/boot/vmlinuz-6.1 root=/dev/sda2 ro");
    BootRules rules = NOTHING.withCommandLines(Set.of(allowed));

    assertThat(rule(rules.appraise(machine.verify()), "boot_command_line"))
        .matches(rule -> rule.value() == 2)
        .matches(rule -> rule.subject().equals("command line 1"))
        .matches(rule -> rule.actual().endsWith(" (/boot/vmlinuz-6.1 root=/dev/sda2 ro)"));
    assertThat(
            rule(
                NOTHING.withCommandLines(Set.of(image("other"))).appraise(machine.verify()),
                "boot_command_line"))
        .matches(rule -> rule.value() == 96);
  }

  @Test
  void commandLineUnderTheWordsOfACommand_isStillOne() {
    int line = machine.find(event -> starts(event, "kernel_cmdline: "));
    SoftwareBootLog log = machine.copy();
    log.set(
        line,
        log.events
            .get(line)
            .withData(SoftwareBootLog.bytes("grub_cmd: /boot/vmlinuz-6.1 root=/dev/sda2 ro\0")));
    BootRules rules = NOTHING.withCommandLines(Set.of(image("other")));

    assertThat(rule(rules.appraise(log.verifyOn(machine)), "boot_command_line"))
        .matches(rule -> rule.value() == 96);
    log.set(line, log.events.get(line).withData(SoftwareBootLog.bytes("grub_cmd: ls\0")));
    assertThat(rule(rules.appraise(log.verifyOn(machine)), "boot_command_line"))
        .as("words that were not measured")
        .matches(rule -> rule.value() == 96);
  }

  /** GRUB loads from blocks of a disk; whoever types the allowed line as a command measures it. */
  @Test
  void commandLineOfAKernelWithoutPath_isNotHiddenByAnAllowedOne() {
    String allowed = "/boot/vmlinuz-6.1 root=/dev/sda2 ro";
    int line = machine.find(event -> starts(event, "kernel_cmdline: "));
    for (String command :
        List.of(
            "2048+90 init=/bin/sh",
            "linux 2048+90 init=/bin/sh",
            "legacy_kernel (hd0)/vmlinuz init=/bin/sh")) {
      machine.insert(
          line,
          machine.record(
              8,
              BootEventType.EV_IPL,
              SoftwareBootLog.bytes(command),
              SoftwareBootLog.bytes("grub_cmd: " + command + "\0")));
    }

    assertThat(
            NOTHING.withCommandLines(Set.of(image(allowed))).appraise(machine.verify()).stream()
                .filter(rule -> rule.reason().equals("boot_command_line")))
        .extracting(Appraisal.Rule::subject, Appraisal.Rule::value)
        .containsExactly(
            tuple("command line 1", 2),
            tuple("command line 2", 96),
            tuple("command line 3", 96),
            tuple("command line 4", 96),
            tuple("command line 5", 2));
  }

  @Test
  void commandLine_thatIsMissingOrHidden_isNotAllowed() {
    TpmDigest allowed = image("/boot/vmlinuz-6.1 root=/dev/sda2 ro");
    BootRules rules = NOTHING.withCommandLines(Set.of(allowed));
    SoftwareBootLog hidden = machine.copy();
    int line = hidden.find(event -> starts(event, "grub_cmd: "));
    hidden.set(line, hidden.events.get(line).withDigestFlipped(TpmAlg.SHA256));

    assertThat(rule(rules.appraise(hidden.verifyOn(machine)), "boot_command_line").value())
        .isEqualTo(96);
    machine.events.removeIf(event -> event.pcr() == 8);
    assertThat(rule(rules.appraise(machine.verify()), "boot_command_line").actual())
        .isEqualTo("none");
  }

  /** 12 is zero and has no events in the first quote, and is not in the second. */
  @Test
  void commandLine_whereOneOfItsPcrsIsNotQuoted_isNotAllowed() {
    BootRules rules =
        NOTHING.withCommandLines(Set.of(image("/boot/vmlinuz-6.1 root=/dev/sda2 ro")));
    BootLogOutcome outcome =
        SoftwareBootLog.verify(
            machine.parsed(), machine.values(PcrSelection.of(TpmAlg.SHA256, 4, 7, 8)));

    assertThat(machine.verified().explains(12)).isTrue();
    assertThat(rules.appraise(machine.verify()))
        .filteredOn(rule -> rule.reason().equals("boot_command_line"))
        .allMatch(rule -> rule.value() == 2);
    assertThat(rules.appraise(outcome))
        .filteredOn(rule -> rule.reason().equals("boot_command_line"))
        .anyMatch(
            rule -> rule.value() == 96 && rule.actual().equals("one of them is not explained"));
    assertThat(BootRules.learnedFrom((VerifiedBootLog) outcome).commandLines()).isEmpty();
  }

  @Test
  void commandLineOfSystemd_mustHaveAnAllowedDigest() {
    SoftwareBootLog uki = SoftwareBootLog.uki();
    TpmDigest allowed =
        TpmDigest.of(
            TpmAlg.SHA256,
            TpmAlg.SHA256.newDigest().digest(SoftwareBootLog.utf16("quiet console=ttyS0")));

    assertThat(
            rule(
                NOTHING.withCommandLines(Set.of(allowed)).appraise(uki.verify()),
                "boot_command_line"))
        .matches(rule -> rule.value() == 2 && rule.actual().endsWith(" (quiet console=ttyS0)"));
  }

  @Test
  void learnedRules_hold_andDoNotOfAnotherBoot() {
    BootRules rules = BootRules.learnedFrom(machine.verified());

    assertThat(rules.secureBoot()).isTrue();
    assertThat(rules.explained()).isEqualTo(BootRules.FIRMWARE_PCRS);
    assertThat(rules.appraise(machine.verify()))
        .allMatch(BootRulesTest::holds)
        .extracting(Appraisal.Rule::reason)
        .contains(
            "secure_boot",
            "secure_boot_dbx",
            "secure_boot_db",
            "boot_authority",
            "boot_application",
            "boot_command_line");
    SoftwareBootLog less = machine.copy();
    less.remeasure(
        less.findVariable("dbx"),
        SoftwareBootLog.variable(
            SoftwareBootLog.IMAGE_SECURITY,
            "dbx",
            SoftwareBootLog.signatures(SoftwareBootLog.CERT_SHA256, SoftwareBootLog.revoked(1))));
    assertThat(rule(rules.appraise(less.verify()), "secure_boot_dbx").value()).isEqualTo(96);
  }

  @Test
  void rulesLearnedFromWhatIsExplained_leaveOutWhatIsNot() {
    SoftwareBootLog log = machine.copy();
    for (int pcr : new int[] {0, 4, 7, 8}) {
      int any = log.find(event -> event.pcr() == pcr && event.measured());
      log.set(any, log.events.get(any).withDigestFlipped(TpmAlg.SHA256));
    }

    BootRules rules = BootRules.learnedFrom((VerifiedBootLog) log.verifyOn(machine));

    assertThat(rules).isEqualTo(BootRules.explaining(Set.of(1, 2, 3, 5, 6)));
  }

  @Test
  void rulesOverSha1_orOverNoPcr_areNone() {
    TpmDigest sha1 = TpmDigest.of(TpmAlg.SHA1, new byte[20]);

    assertThatThrownBy(() -> NOTHING.withBootApplications(Set.of(sha1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NOTHING.withCommandLines(Set.of(sha1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NOTHING.withDbx(Set.of(Octets.of(new byte[20]))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BootRules.explaining(Set.of(24)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(BootRules.EXPLAINED.db()).isEqualTo(Optional.empty());
  }

  private static boolean starts(SoftwareBootLog.Logged event, String text) {
    return new String(event.data(), StandardCharsets.US_ASCII).startsWith(text);
  }

  private static List<Appraisal.Rule> applications(BootRules rules, SoftwareBootLog log) {
    return rules.appraise(log.verify()).stream()
        .filter(rule -> rule.reason().equals("boot_application"))
        .toList();
  }

  private static TpmDigest image(String content) {
    return TpmDigest.of(
        TpmAlg.SHA256, TpmAlg.SHA256.newDigest().digest(SoftwareBootLog.bytes(content)));
  }

  private static boolean holds(Appraisal.Rule rule) {
    return WEAKNESSES.contains(rule.reason())
        ? rule.value() == 0
        : rule.tier() == TrustTier.AFFIRMING;
  }

  private static Appraisal.Rule rule(List<Appraisal.Rule> rules, String reason) {
    return rules.stream()
        .filter(rule -> rule.reason().equals(reason))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + reason + " among " + rules));
  }
}
