// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.writ.evidence.BootMeasurement.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a verified log says of loaders: GRUB, shim, systemd, Linux's EFI stub. */
class BootMeasurementReaderTest {
  @Test
  void grubAndShim_areReadWithWhatTheDigestsCover() {
    assertThat(SoftwareBootLog.grub().verified().measurements())
        .extracting(
            BootMeasurement::kind,
            BootMeasurement::name,
            BootMeasurement::nameBound,
            BootMeasurement::pcr)
        .containsExactly(
            tuple(Kind.SHIM, "MokList", false, 14),
            tuple(Kind.GRUB_COMMAND, "set root=hd0,gpt2", true, 8),
            tuple(Kind.FILE, "(hd0,gpt2)/boot/grub/grub.cfg", false, 9),
            tuple(Kind.GRUB_COMMAND, "linux /boot/vmlinuz-6.1 root=/dev/sda2 ro", true, 8),
            tuple(Kind.COMMAND_LINE, "/boot/vmlinuz-6.1 root=/dev/sda2 ro", true, 8),
            tuple(Kind.FILE, "/boot/initrd.img-6.1", false, 9));
  }

  @Test
  void unifiedKernelImage_isReadBySectionsWhoseNamesAreMeasured() {
    VerifiedBootLog log = SoftwareBootLog.uki().verified();

    assertThat(log.measurements())
        .extracting(BootMeasurement::kind, BootMeasurement::name, BootMeasurement::nameBound)
        .containsExactly(
            tuple(Kind.UKI_SECTION, ".linux", true),
            tuple(Kind.UKI_SECTION, ".osrel", true),
            tuple(Kind.UKI_SECTION, ".cmdline", true),
            tuple(Kind.UKI_SECTION, ".initrd", true),
            tuple(Kind.COMMAND_LINE, "quiet console=ttyS0", true));
    assertThat(log.measurements().get(0).digests())
        .containsExactly(
            TpmDigest.of(
                TpmAlg.SHA256,
                TpmAlg.SHA256.newDigest().digest(SoftwareBootLog.bytes("content of .linux"))));
  }

  @Test
  void sectionOfAnotherNameThanMeasured_isNoSection() {
    SoftwareBootLog uki = SoftwareBootLog.uki();
    int name = uki.find(11, BootEventType.EV_IPL);
    SoftwareBootLog log = uki.copy();
    log.set(name, log.events.get(name).withData(SoftwareBootLog.utf16(".other\0")));

    VerifiedBootLog verified = (VerifiedBootLog) log.verifyOn(uki);

    assertThat(verified.measurements())
        .filteredOn(measurement -> measurement.pcr() == 11)
        .extracting(BootMeasurement::kind, BootMeasurement::name)
        .startsWith(tuple(Kind.OTHER, ".other"), tuple(Kind.OTHER, ".linux"));
  }

  @Test
  void commandWhoseTextWasNotMeasured_isAMeasurementAndNoCommand() {
    SoftwareBootLog machine = SoftwareBootLog.grub();
    SoftwareBootLog log = machine.copy();
    int first = log.find(8, BootEventType.EV_IPL);
    log.set(first, log.events.get(first).withData(SoftwareBootLog.bytes("grub_cmd: harmless\0")));

    VerifiedBootLog verified = (VerifiedBootLog) log.verifyOn(machine);

    assertThat(verified.measurements())
        .filteredOn(measurement -> measurement.name().contains("harmless"))
        .singleElement()
        .matches(measurement -> measurement.kind() == Kind.OTHER && !measurement.nameBound());
  }

  @Test
  void commandInUtf8_isACommandAndShowsNoControlCharacters() {
    SoftwareBootLog log = SoftwareBootLog.grub();
    byte[] text = "menuentry Übung {\n\tlinux\u001b[2J }".getBytes(StandardCharsets.UTF_8);
    int first = log.find(8, BootEventType.EV_IPL);
    log.set(
        first,
        log.record(
            8,
            BootEventType.EV_IPL,
            text,
            SoftwareBootLog.concat(SoftwareBootLog.bytes("grub_cmd: "), text, new byte[1])));

    assertThat(log.verified().measurements())
        .filteredOn(measurement -> measurement.event() == first + 1)
        .singleElement()
        .matches(measurement -> measurement.kind() == Kind.GRUB_COMMAND)
        .matches(measurement -> measurement.name().equals("menuentry Übung {\n\tlinux\ufffd[2J }"));
  }

  /** A GRUB command starts with a letter or one of three signs; what starts otherwise is a line. */
  @ParameterizedTest
  @CsvSource({
    "a, true",
    "z, true",
    "A, true",
    "Z, true",
    "[, true",
    "., true",
    "_, true",
    "`, false",
    "{, false",
    "@, false",
    "/, false",
    "(, false"
  })
  void grubText_isACommandByItsFirstCharacter(String first, boolean command) {
    String text = first + "x";

    assertThat(grub(SoftwareBootLog.bytes(text), SoftwareBootLog.bytes("grub_cmd: " + text)))
        .matches(measurement -> measurement.name().equals(text) && measurement.nameBound())
        .matches(
            measurement -> measurement.kind() == (command ? Kind.GRUB_COMMAND : Kind.COMMAND_LINE));
  }

  @Test
  void grubTextWithoutACharacter_isACommand() {
    assertThat(grub(new byte[0], SoftwareBootLog.bytes("grub_cmd: ")))
        .matches(measurement -> measurement.kind() == Kind.GRUB_COMMAND)
        .matches(measurement -> measurement.name().isEmpty());
  }

  private static BootMeasurement grub(byte[] measured, byte[] data) {
    SoftwareBootLog log = SoftwareBootLog.grub();
    int first = log.find(8, BootEventType.EV_IPL);
    log.set(first, log.record(8, BootEventType.EV_IPL, measured, data));
    return log.verified().measurements().stream()
        .filter(measurement -> measurement.event() == first + 1)
        .findFirst()
        .orElseThrow();
  }

  /** systemd measures a line with its NUL of two bytes, or without it. */
  @ParameterizedTest
  @CsvSource({"0, true", "1, true", "2, true", "3, false"})
  void commandLineInUtf16_isMeasuredWithItsNulOrWithout(int zeros, boolean bound) {
    SoftwareBootLog uki = SoftwareBootLog.uki();
    byte[] line = SoftwareBootLog.utf16("quiet");
    byte[] data = Arrays.copyOf(line, line.length + 4);
    uki.set(
        uki.find(12, BootEventType.EV_IPL),
        uki.record(12, BootEventType.EV_IPL, Arrays.copyOf(line, line.length + zeros), data));

    assertThat(uki.verified().measurements())
        .filteredOn(measurement -> measurement.pcr() == 12)
        .singleElement()
        .matches(measurement -> measurement.nameBound() == bound)
        .matches(measurement -> (measurement.kind() == Kind.COMMAND_LINE) == bound);
  }

  @Test
  void images_ofDevicesAndOfBoot_areNumberedEach() {
    SoftwareBootLog log = SoftwareBootLog.grub();
    byte[] data =
        log.events.get(log.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION)).data();
    int at = log.find(2, BootEventType.EV_SEPARATOR);
    for (BootEventType type :
        List.of(
            BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION,
            BootEventType.EV_EFI_RUNTIME_SERVICES_DRIVER,
            BootEventType.EV_EFI_BOOT_SERVICES_DRIVER)) {
      log.insert(at, log.record(2, type, SoftwareBootLog.bytes("option ROM"), data));
    }
    log.insert(at, log.record(2, BootEventType.EV_POST_CODE, new byte[1], new byte[1]));

    assertThat(log.verified().images())
        .extracting(BootImage::text)
        .containsExactly(
            "driver 1 (\\EFI\\debian\\shimx64.efi)",
            "driver 2 (\\EFI\\debian\\shimx64.efi)",
            "driver 3 (\\EFI\\debian\\shimx64.efi)",
            "boot application 1 (\\EFI\\debian\\shimx64.efi)",
            "boot application 2 (\\EFI\\debian\\grubx64.efi)",
            "boot application 3");
  }

  @Test
  void pathWithoutItsEnd_ofTheLastEvent_isReadToTheEventsEnd() {
    SoftwareBootLog log = SoftwareBootLog.firmware();
    byte[] path = Octets.fromHex("04040c0061002f0062000000").bytes();
    log.measure(
        4,
        BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION,
        SoftwareBootLog.bytes("loader"),
        SoftwareBootLog.concat(new byte[32], path));

    assertThat(log.verified().images())
        .extracting(BootImage::text)
        .containsExactly("boot application 1 (a/b)");
  }

  @Test
  void tagWithoutWords_isNamedByItsNumber_andACutOneByItsType() {
    SoftwareBootLog log = SoftwareBootLog.grub();
    int at = log.find(9, BootEventType.EV_IPL);
    byte[] whole = tagged("01020304", new byte[0]);
    log.set(at, log.record(9, BootEventType.EV_EVENT_TAG, new byte[1], whole));
    byte[] cut = {-1, 1, 2, 3, 4, 5, 6};
    log.insert(at + 1, log.record(9, BootEventType.EV_EVENT_TAG, new byte[1], cut));

    assertThat(log.verified().measurements())
        .filteredOn(measurement -> measurement.pcr() == 9)
        .extracting(BootMeasurement::name)
        .startsWith("of tag 0x04030201", "of EV_EVENT_TAG");
  }

  @Test
  void longestName_isKeptWhole() {
    SoftwareBootLog log = SoftwareBootLog.grub();
    int at = log.find(9, BootEventType.EV_IPL);

    for (int length : new int[] {4096, 4097}) {
      byte[] name = SoftwareBootLog.bytes("n".repeat(length));
      log.set(at, log.record(9, BootEventType.EV_IPL, new byte[1], name));
      assertThat(log.verified().measurements())
          .filteredOn(measurement -> measurement.event() == at + 1)
          .singleElement()
          .matches(
              measurement ->
                  measurement.name().equals("n".repeat(4096) + (length > 4096 ? "…" : "")));
    }
  }

  @Test
  void taggedEvents_areNamedByTheirTag() {
    SoftwareBootLog uki = SoftwareBootLog.uki();
    List<byte[]> tagged =
        List.of(
            tagged("ec223b8f", SoftwareBootLog.bytes("Linux initrd\0")),
            tagged("2a58bcf5", SoftwareBootLog.utf16("loader.conf\0")),
            tagged("01020304", new byte[] {1, 2, 3}));
    for (byte[] data : tagged) {
      uki.insert(
          uki.events.size() - 2,
          uki.record(9, BootEventType.EV_EVENT_TAG, SoftwareBootLog.bytes("content"), data));
    }

    assertThat(uki.verified().measurements())
        .filteredOn(measurement -> measurement.pcr() == 9)
        .extracting(BootMeasurement::kind, BootMeasurement::name)
        .containsExactly(
            tuple(Kind.FILE, "Linux initrd"),
            tuple(Kind.FILE, "loader.conf"),
            tuple(Kind.FILE, "of tag 0x04030201"));
  }

  @Test
  void signatureDatabase_isReadEntryByEntry() {
    SecureBootState state = SoftwareBootLog.grub().verified().secureBoot().orElseThrow();

    assertThat(state.dbx().entries())
        .extracting(SignatureDatabase.Entry::id)
        .containsExactly(
            Octets.of(SoftwareBootLog.revoked(1)), Octets.of(SoftwareBootLog.revoked(2)));
    assertThat(state.dbx().entries()).allMatch(SignatureDatabase.Entry::isImageHash);
    assertThat(state.db().entries())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.isCertificate()).isTrue();
              assertThat(entry.owner()).hasToString(SoftwareBootLog.OWNER);
              assertThat(entry.id()).isEqualTo(SoftwareBootLog.id(SoftwareBootLog.DB_CERTIFICATE));
              assertThat(entry.data().bytes()).isEqualTo(SoftwareBootLog.DB_CERTIFICATE);
            });
    assertThat(state.dbx()).hasToString("2 entries");
  }

  private static byte[] tagged(String tag, byte[] data) {
    return SoftwareBootLog.concat(
        Octets.fromHex(tag).bytes(), new byte[] {(byte) data.length, 0, 0, 0}, data);
  }
}
