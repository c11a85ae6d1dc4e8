// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(ints = {4, 5})
  void entriesThatAreMissing_areNamedUpToFour(int number) {
    Set<Octets> needed = new HashSet<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      byte[] id = new byte[32];
      id[0] = (byte) i;
      needed.add(Octets.of(id));
      names.add("0" + i + "0000000000");
    }
    String told = String.join(", ", names.subList(0, 4)) + (number > 4 ? ", …" : "");

    assertThat(rule(NOTHING.withDbx(needed).appraise(machine.verify()), "secure_boot_dbx").actual())
        .isEqualTo("without " + number + " of them: " + told);
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 257})
  void pathOfABootApplication_isToldUpToALimit(int length) {
    SoftwareBootLog log = SoftwareBootLog.firmware().application("loader", "p".repeat(length));
    BootRules rules = NOTHING.withBootApplications(Set.of());

    assertThat(rule(rules.appraise(log.verify()), "boot_application").actual())
        .endsWith(" (" + "p".repeat(256) + (length > 256 ? "…)" : ")"));
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
