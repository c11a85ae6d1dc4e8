// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link BootLogSummary}: what a person reads of one boot. */
class BootLogSummaryTest {
  private final SoftwareBootLog software = SoftwareBootLog.grub();

  @Test
  void log_ofItsMachine_isToldByPcr() {
    byte[] order = SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "BootOrder", new byte[2]);

    assertThat(lines(software.verified()))
        .containsExactly(
            "0 the firmware's version \"firmware 1.0\"",
            "0 firmware code (EV_EFI_PLATFORM_FIRMWARE_BLOB), digest " + digits("firmware"),
            "1 boot variable BootOrder, digest " + digits(order),
            "1 boot variable Boot0000, digest " + digits("a boot option"),
            "4 boot application 1 (\\EFI\\debian\\shimx64.efi), digest " + digits("shim 15.8"),
            "4 boot application 2 (\\EFI\\debian\\grubx64.efi), digest " + digits("grub 2.06"),
            "4 boot application 3, digest " + digits("vmlinuz 6.1"),
            "5 the partition table, digest " + digits("EFI PART"),
            "5 EV_EFI_ACTION, digest " + digits("Exit Boot Services Invocation"),
            "5 EV_EFI_ACTION, digest " + digits(SoftwareBootLog.EXITED),
            "7 Secure Boot is on",
            "7 db has 1 entries, dbx 2",
            "7 images were verified by db " + digits(SoftwareBootLog.DB_CERTIFICATE),
            "7 shim measured SbatLevel sbat,1,2024010900",
            "7 images were verified by Shim " + digits(SoftwareBootLog.VENDOR_CERTIFICATE),
            "8 GRUB command set root=hd0,gpt2, digest " + digits("set root=hd0,gpt2"),
            "8 GRUB command linux /boot/vmlinuz-6.1 root=/dev/sda2 ro, digest "
                + digits("linux /boot/vmlinuz-6.1 root=/dev/sda2 ro"),
            "8 command line /boot/vmlinuz-6.1 root=/dev/sda2 ro, digest "
                + digits("/boot/vmlinuz-6.1 root=/dev/sda2 ro"),
            "9 file (hd0,gpt2)/boot/grub/grub.cfg, digest " + digits("menu"),
            "9 file /boot/initrd.img-6.1, digest " + digits("initrd"),
            "14 the list of machine owner keys (MokList), digest " + digits("MokList value"));
  }

  @Test
  void unifiedKernel_isToldByItsSections() {
    assertThat(lines(SoftwareBootLog.uki().verified()))
        .filteredOn(line -> line.startsWith("11 "))
        .containsExactly(
            "11 UKI section .linux, digest " + digits("content of .linux"),
            "11 UKI section .osrel, digest " + digits("content of .osrel"),
            "11 UKI section .cmdline, digest " + digits("content of .cmdline"),
            "11 UKI section .initrd, digest " + digits("content of .initrd"));
  }

  @Test
  void pcrThatIsNotExplained_isToldAsThatAlone() {
    SoftwareBootLog machine = software.copy().add(9, BootEventType.EV_IPL, new byte[] {1});

    List<String> lines = lines((VerifiedBootLog) software.verifyOn(machine));

    assertThat(lines)
        .filteredOn(line -> line.startsWith("9 "))
        .singleElement()
        .satisfies(
            line -> assertThat(line).startsWith("9 unexplained extend in PCR 9 of sha256: "));
    assertThat(lines).filteredOn(line -> line.contains("unexplained")).hasSize(1);
  }

  @Test
  void textThatFirmwareMeasuresBesideSecureBoot_isTold() {
    software.insert(
        software.find(7, BootEventType.EV_SEPARATOR),
        software.record(
            7,
            BootEventType.EV_EFI_ACTION,
            SoftwareBootLog.bytes("UEFI Debug Mode"),
            SoftwareBootLog.bytes("UEFI Debug Mode")));

    assertThat(lines(software.verified())).contains("7 firmware says \"UEFI Debug Mode\"");
  }

  @ParameterizedTest
  @CsvSource({
    "'ROM-1~ 2', ' \"ROM-1~ 2\"'", // as UTF-16 it would be text, too, of other characters
    "'ROM 1.2', ' \"ROM 1.2\"'",
    "'  ', DIGEST",
    "'ROM\t1', DIGEST"
  })
  void versionOfFirmware_isToldWhereItIsAText(String version, String told) {
    byte[] data = SoftwareBootLog.bytes(version);
    software.remeasure(software.find(0, BootEventType.EV_S_CRTM_VERSION), data);

    assertThat(lines(software.verified()))
        .contains("0 the firmware's version" + told.replace("DIGEST", ", digest " + digits(data)));
  }

  @Test
  void versionOfFirmware_inUtf16OrAsAGuid_isTold() {
    int at = software.find(0, BootEventType.EV_S_CRTM_VERSION);
    byte[] guid = SoftwareBootLog.guid(SoftwareBootLog.OWNER);

    software.remeasure(at, SoftwareBootLog.utf16("~ROM 1\0"));
    assertThat(lines(software.verified())).contains("0 the firmware's version \"~ROM 1\"");
    software.remeasure(at, guid);
    assertThat(lines(software.verified()))
        .contains("0 the firmware's version, digest " + digits(guid));
  }

  @Test
  void eventOfAnUnknownType_isToldByItsCode() {
    byte[] data = {1};
    software.insert(0, software.record(15, BootEventType.EV_IPL, data, data).ofType(0x1234));

    assertThat(lines((UnquotedBootLog) UnquotedBootLog.alone(software.parsed())))
        .contains("15 event of type 0x00001234, digest " + digits(data));
  }

  @Test
  void everyPcr_hasAMeaning() {
    assertThat(IntStream.range(0, PcrSelection.PCRS).mapToObj(BootLogSummary::meaning))
        .containsExactly(
            "firmware",
            "firmware settings",
            "drivers of devices",
            "settings of those drivers",
            "boot applications",
            "boot attempts and partition table",
            "platform maker",
            "Secure Boot",
            "GRUB's commands, kernel command line",
            "files that loaders read",
            "IMA",
            "unified kernel image",
            "kernel command line, add-ons",
            "system extensions",
            "machine owner keys",
            "operating system",
            "debug",
            "dynamic launch",
            "dynamic launch",
            "dynamic launch",
            "dynamic launch",
            "dynamic launch",
            "dynamic launch",
            "applications");
  }

  private static List<String> lines(ReplayedBootLog log) {
    return BootLogSummary.of(log).stream().map(line -> line.pcr() + " " + line.text()).toList();
  }

  private static String digits(String measured) {
    return digits(SoftwareBootLog.bytes(measured));
  }

  private static String digits(byte[] measured) {
    return SoftwareBootLog.id(measured).hex().substring(0, 12) + "…";
  }
}
