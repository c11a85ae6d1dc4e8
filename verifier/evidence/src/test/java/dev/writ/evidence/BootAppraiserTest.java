// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link BootAppraiser}: what rules say of a log that they only come near to refuse. */
class BootAppraiserTest {
  private static final BootRules NOTHING = BootRules.explaining(Set.of());
  private static final Octets DB = SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE);

  private final SoftwareBootLog machine = SoftwareBootLog.grub();

  @Test
  void logThatHolds_isAffirmedAsThat() {
    Appraisal.Rule holds = rule(NOTHING.appraise(machine.verify()), "boot_log_holds");

    assertThat(holds.value()).isEqualTo(2);
    assertThat(holds.actual()).isEqualTo(machine.parsed().toString());
  }

  @Test
  void secureBootThatIsUnknown_isToldWhereAnyRuleNeedsIt() {
    BootLogOutcome unknown = unexplained("db", 7);

    assertThat(NOTHING.appraise(unknown))
        .extracting(Appraisal.Rule::reason)
        .doesNotContain("secure_boot");
    for (BootRules rules :
        List.of(
            NOTHING.withSecureBoot(),
            NOTHING.withDbx(Set.of(DB)),
            NOTHING.withDb(Set.of()),
            NOTHING.withAuthorities(Set.of()))) {
      assertThat(rule(rules.appraise(unknown), "secure_boot"))
          .matches(rule -> rule.value() == 96 && rule.actual().startsWith("unknown"));
    }
  }

  @Test
  void pcrOfFirmwareThatIsNotExplained_isAWarning_andOneOfLoadersIsNoted() {
    assertThat(rule(NOTHING.appraise(unexplained("db", 7)), "pcr_log_mismatch").value())
        .isEqualTo(32);
    SoftwareBootLog extended = machine.copy().add(8, BootEventType.EV_IPL, new byte[] {1});
    assertThat(rule(NOTHING.appraise(machine.verifyOn(extended)), "pcr_unexplained_extend").value())
        .isZero();
  }

  @Test
  void weakness_isToldAsItIsOrAsItsAbsence() {
    assertThat(rule(NOTHING.appraise(machine.verify()), "secure_boot_debug").actual())
        .isEqualTo("none");
    byte[] text = SoftwareBootLog.bytes("UEFI Debug Mode");
    machine.insert(
        machine.find(7, BootEventType.EV_SEPARATOR),
        machine.record(7, BootEventType.EV_EFI_ACTION, text, text));

    assertThat(rule(NOTHING.appraise(machine.verify()), "secure_boot_debug").actual())
        .isEqualTo("UEFI Debug Mode");
  }

  @Test
  void bootApplication_isToldWithItsPathAndWhatVouchesForIt() {
    Octets vendor = SoftwareBootLog.id(SoftwareBootLog.VENDOR_CERTIFICATE);
    BootRules digests = NOTHING.withBootApplications(Set.of());
    BootRules signers = digests.withAuthorities(Set.of(DB, vendor));

    assertThat(rule(digests.appraise(machine.verify()), "boot_application").actual())
        .endsWith(" (\\EFI\\debian\\shimx64.efi)");
    assertThat(rule(signers.appraise(machine.verify()), "boot_application").actual())
        .endsWith(" (\\EFI\\debian\\shimx64.efi), verified by an allowed entry");
  }

  /** The outcome of a log whose variable has another digest than was extended. */
  private BootLogOutcome unexplained(String variable, int pcr) {
    SoftwareBootLog log = machine.copy();
    int at = log.findVariable(variable);
    assertThat(log.events.get(at).pcr()).isEqualTo(pcr);
    return log.set(at, log.events.get(at).withDigestFlipped(TpmAlg.SHA256)).verifyOn(machine);
  }

  private static Appraisal.Rule rule(List<Appraisal.Rule> rules, String reason) {
    return rules.stream().filter(each -> each.reason().equals(reason)).findFirst().orElseThrow();
  }
}
