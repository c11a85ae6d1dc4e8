// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.BootLogOutcome.EventRefused;
import dev.writ.evidence.BootLogOutcome.Rule;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link BootEventRules}: where a rule ends that others only come near to. */
class BootEventRulesTest {
  private final SoftwareBootLog machine = SoftwareBootLog.grub();

  @ParameterizedTest
  @ValueSource(strings = {"db", "SbatLevel", "Shim"})
  void variableWithoutSurplus_measuredWithoutItsLastByte_isRefused(String name) {
    int at = machine.findVariable(name);
    SoftwareBootLog.Logged record = machine.events.get(at);
    byte[] measured = Arrays.copyOf(record.data(), record.data().length - 1);
    BootEventType type = BootEventType.ofCode(record.type()).orElseThrow();
    machine.set(at, machine.record(7, type, measured, record.data()));

    assertThat(refused().rule()).isEqualTo(Rule.DIGEST_MISMATCH);
  }

  @ParameterizedTest
  @CsvSource({"64, true", "65, false"})
  void authorityOfAnOlderShim_hasSurplusBytesUpToALimit(int surplus, boolean taken) {
    int shim = machine.findVariable("Shim");
    byte[] data = SoftwareBootLog.concat(machine.events.get(shim).data(), new byte[surplus]);
    machine.remeasure(shim, data);

    if (taken) {
      assertThat(machine.verify()).isInstanceOf(VerifiedBootLog.class);
    } else {
      assertThat(refused().rule()).isEqualTo(Rule.DATA_MALFORMED);
      assertThat(refused().message()).endsWith("followed by 65 more bytes");
    }
  }

  @Test
  void bootVariable_measuredNeitherByItsValueNorWhole_isRefused() {
    int at = machine.find(1, BootEventType.EV_EFI_VARIABLE_BOOT);
    byte[] data = machine.events.get(at).data();
    machine.set(at, machine.record(1, BootEventType.EV_EFI_VARIABLE_BOOT, new byte[] {1}, data));

    assertThat(refused().rule()).isEqualTo(Rule.DIGEST_MISMATCH);
  }

  @Test
  void typeThatHasNoPlaceBesideSecureBoot_isRefused() {
    byte[] data = SoftwareBootLog.bytes("no variable");
    machine.insert(
        machine.find(7, BootEventType.EV_SEPARATOR),
        machine.record(7, BootEventType.EV_IPL, data, data));

    assertThat(refused().rule()).isEqualTo(Rule.TYPE_MISPLACED);
    assertThat(refused().message())
        .endsWith("of PCR 7 must be a variable, a text or a separator, was EV_IPL");
  }

  @Test
  void bootApplicationAfterTheSeparator_andBeforeBootOptionsAreCalled_isRefused() {
    SoftwareBootLog.Logged calling =
        machine.events.remove(machine.find(4, BootEventType.EV_EFI_ACTION));
    int application = machine.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION);
    machine.insert(application + 1, calling);

    assertThat(refused())
        .isEqualTo(
            new EventRefused(
                Rule.APPLICATION_EARLY,
                application + 1,
                4,
                "after " + SoftwareBootLog.CALLING + ", event " + (application + 2),
                "a boot application before it"));
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff, ffffffff of 4 bytes",
    "0100000002, 01000000 of 5 bytes",
    "01, 01 of 1 bytes"
  })
  void separatorOfAnotherValue_isRefusedWithItsStart(String value, String told) {
    machine.remeasure(machine.find(3, BootEventType.EV_SEPARATOR), Octets.fromHex(value).bytes());

    assertThat(refused().rule()).isEqualTo(Rule.SEPARATOR_VALUE);
    assertThat(refused().actual()).isEqualTo(told);
  }

  private EventRefused refused() {
    BootLogOutcome outcome = machine.verify();
    assertThat(outcome).isInstanceOf(EventRefused.class);
    return (EventRefused) outcome;
  }
}
