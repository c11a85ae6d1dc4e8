// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.BootLogDiff.Change;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link BootLogDiff}: what a person reads of two boots. */
class BootLogDiffTest {
  private final SoftwareBootLog before = SoftwareBootLog.grub();
  private final SoftwareBootLog now = before.copy();

  @Test
  void sameBoot_hasNoChange() {
    assertThat(changes()).isEmpty();
  }

  @Test
  void otherLoader_isNamedWithItsDigests() {
    int grub = now.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION) + 3;
    now.set(
        grub,
        now.record(
            4,
            BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION,
            SoftwareBootLog.bytes("grub 2.12"),
            now.events.get(grub).data()));

    assertThat(changes())
        .containsExactly(
            new Change(
                4,
                "boot application 2 (\\EFI\\debian\\grubx64.efi) was "
                    + digits("grub 2.06")
                    + ", is "
                    + digits("grub 2.12")));
    assertThat(BootLogDiff.pcrs(changes())).containsExactly(4);
  }

  @Test
  void bootApplicationMoreOrLess_isNewOrGone() {
    SoftwareBootLog.Logged kernel =
        now.events.remove(now.find(event -> event.pcr() == 4 && event.data().length == 32));

    assertThat(kernel.pcr()).isEqualTo(4);
    assertThat(changes())
        .containsExactly(
            new Change(4, "boot application 3 is gone; it was " + digits("vmlinuz 6.1")));
    assertThat(BootLogDiff.between(now.verified(), before.verified()))
        .containsExactly(new Change(4, "boot application 3 is new: " + digits("vmlinuz 6.1")));
  }

  @Test
  void secureBootAndItsDatabases_areTold() {
    now.remeasure(
        now.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));
    byte[][] revoked = new byte[14][];
    for (int i = 0; i < revoked.length; i++) {
      revoked[i] = SoftwareBootLog.revoked(i + 1);
    }
    now.remeasure(
        now.findVariable("dbx"),
        SoftwareBootLog.variable(
            SoftwareBootLog.IMAGE_SECURITY,
            "dbx",
            SoftwareBootLog.signatures(SoftwareBootLog.CERT_SHA256, revoked)));
    now.remeasure(now.findVariable("SbatLevel"), SoftwareBootLog.sbatLevel("sbat,1,2025021800\n"));

    assertThat(changes())
        .extracting(Change::text)
        .containsExactly(
            "Secure Boot was on, is off",
            "dbx has 12 entries more",
            "images were verified by SbatLevel sbat,1,2025021800, and were not before",
            "no image was verified by SbatLevel sbat,1,2024010900, as one was before");
    assertThat(BootLogDiff.pcrs(changes())).isEqualTo(Set.of(7));
  }

  @Test
  void commandLineAndFile_areTold() {
    int line = now.events.size() - 4;
    now.set(
        line,
        now.record(
            8,
            BootEventType.EV_IPL,
            SoftwareBootLog.bytes("/boot/vmlinuz-6.1 init=/bin/sh"),
            SoftwareBootLog.bytes("kernel_cmdline: /boot/vmlinuz-6.1 init=/bin/sh\0")));
    int menu = now.find(9, BootEventType.EV_IPL);
    now.set(
        menu,
        now.record(
            9,
            BootEventType.EV_IPL,
            SoftwareBootLog.bytes("other menu"),
            now.events.get(menu).data()));

    assertThat(changes())
        .extracting(Change::text)
        .containsExactly(
            "command line /boot/vmlinuz-6.1 init=/bin/sh is new: "
                + digits("/boot/vmlinuz-6.1 init=/bin/sh"),
            "command line /boot/vmlinuz-6.1 root=/dev/sda2 ro is gone; it was "
                + digits("/boot/vmlinuz-6.1 root=/dev/sda2 ro"),
            "file (hd0,gpt2)/boot/grub/grub.cfg was "
                + digits("menu")
                + ", is "
                + digits("other menu"));
    assertThat(BootLogDiff.pcrs(changes())).isEqualTo(Set.of(8, 9));
  }

  @Test
  void firmware_isToldByItsEvents() {
    int blob = now.find(0, BootEventType.EV_EFI_PLATFORM_FIRMWARE_BLOB);
    now.set(
        blob,
        now.record(
            0,
            BootEventType.EV_EFI_PLATFORM_FIRMWARE_BLOB,
            SoftwareBootLog.bytes("firmware 2"),
            new byte[16]));
    now.remeasure(
        now.findVariable("BootOrder"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "BootOrder", new byte[4]));

    assertThat(changes())
        .extracting(Change::text)
        .satisfiesExactly(
            text ->
                assertThat(text)
                    .isEqualTo(
                        "EV_EFI_PLATFORM_FIRMWARE_BLOB was "
                            + digits("firmware")
                            + ", is "
                            + digits("firmware 2")),
            text -> assertThat(text).startsWith("EV_EFI_VARIABLE_BOOT2 BootOrder was "));
  }

  @Test
  void sameMeasurementsInOtherOrder_areTold() {
    int first = now.find(9, BootEventType.EV_IPL);
    now.insert(now.events.size() - 2, now.events.remove(first));

    assertThat(changes())
        .containsExactly(
            new Change(9, "PCR 9 has the same measurements in another order or number"));
  }

  @Test
  void pcrThatIsExplainedNoMore_isTold() {
    SoftwareBootLog extended = now.copy().add(9, BootEventType.EV_IPL, new byte[] {1});

    assertThat(BootLogDiff.between(before.verified(), (VerifiedBootLog) now.verifyOn(extended)))
        .containsExactly(new Change(9, "the log explains PCR 9 no more"));
  }

  @Test
  void sectionsOfAUnifiedKernel_areTold() {
    SoftwareBootLog old = SoftwareBootLog.uki();
    SoftwareBootLog young = old.copy();
    int content = young.find(11, BootEventType.EV_IPL) + 1;
    young.set(
        content,
        young.record(
            11,
            BootEventType.EV_IPL,
            SoftwareBootLog.bytes("linux 6.13"),
            young.events.get(content).data()));

    assertThat(BootLogDiff.between(old.verified(), young.verified()))
        .containsExactly(
            new Change(
                11,
                "UKI section .linux was "
                    + digits("content of .linux")
                    + ", is "
                    + digits("linux 6.13")));
  }

  private List<Change> changes() {
    return BootLogDiff.between(before.verified(), now.verified());
  }

  private static String digits(String measured) {
    return Octets.of(TpmAlg.SHA256.newDigest().digest(SoftwareBootLog.bytes(measured)))
        .hex()
        .substring(0, 12);
  }
}
