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
                "boot application 2 is digest "
                    + digits("grub 2.12")
                    + ", was digest "
                    + digits("grub 2.06")
                    + "; the log says \"\\EFI\\debian\\grubx64.efi\""));
    assertThat(BootLogDiff.pcrs(changes())).containsExactly(4);
  }

  @Test
  void bootApplicationMoreOrLess_isNewOrGone() {
    SoftwareBootLog.Logged kernel =
        now.events.remove(now.find(event -> event.pcr() == 4 && event.data().length == 32));

    assertThat(kernel.pcr()).isEqualTo(4);
    assertThat(changes())
        .containsExactly(
            new Change(4, "boot application 3 is gone; it was digest " + digits("vmlinuz 6.1")));
    assertThat(BootLogDiff.between(now.verified(), before.verified()))
        .containsExactly(
            new Change(4, "boot application 3 is new: digest " + digits("vmlinuz 6.1")));
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
            "Secure Boot is off, was on",
            "dbx has 12 entries more",
            "shim's SbatLevel is sbat,1,2025021800, was sbat,1,2024010900");
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
            "the kernel's command line is \"/boot/vmlinuz-6.1 init=/bin/sh\","
                + " was \"/boot/vmlinuz-6.1 root=/dev/sda2 ro\"",
            "digest "
                + digits("other menu")
                + " is in place of "
                + digits("menu")
                + "; the log says \"file (hd0,gpt2)/boot/grub/grub.cfg\"");
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
                        "firmware code (EV_EFI_PLATFORM_FIRMWARE_BLOB) is "
                            + digits("firmware 2")
                            + ", was "
                            + digits("firmware")),
            text -> assertThat(text).startsWith("boot variable BootOrder is "));
  }

  @Test
  void firmwareVersion_isToldAsItWasMeasured() {
    now.remeasure(
        now.find(0, BootEventType.EV_S_CRTM_VERSION), SoftwareBootLog.utf16("firmware 1.1\0"));

    assertThat(changes())
        .containsExactly(
            new Change(0, "the firmware's version is \"firmware 1.1\", was \"firmware 1.0\""));
  }

  @Test
  void machineOwnerKeys_areTold() {
    int keys = now.find(14, BootEventType.EV_IPL);
    now.set(
        keys,
        now.record(
            14,
            BootEventType.EV_IPL,
            SoftwareBootLog.bytes("MokList with one more"),
            now.events.get(keys).data()));

    assertThat(changes())
        .containsExactly(
            new Change(
                14,
                "digest "
                    + digits("MokList with one more")
                    + " is in place of "
                    + digits("MokList value")
                    + "; the log says \"the list of machine owner keys (MokList)\""));
  }

  @Test
  void imageFromAnotherPlace_isToldWithBoth() {
    int shim = now.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION);
    SoftwareBootLog other = new SoftwareBootLog(TpmAlg.SHA256).application("other", "\\evil.efi");
    now.set(shim, other.events.get(0));

    assertThat(changes())
        .containsExactly(
            new Change(
                4,
                "boot application 1 is digest "
                    + digits("other")
                    + ", was digest "
                    + digits("shim 15.8")
                    + "; the log says \"\\evil.efi\"; the log said"
                    + " \"\\EFI\\debian\\shimx64.efi\""));
  }

  @Test
  void logsAlone_areComparedAsTheySay() throws Exception {
    now.remeasure(
        now.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));
    UnquotedBootLog was = (UnquotedBootLog) UnquotedBootLog.alone(before.parsed());
    UnquotedBootLog is = (UnquotedBootLog) UnquotedBootLog.alone(now.parsed());

    assertThat(BootLogDiff.between(was, is))
        .containsExactly(new Change(7, "Secure Boot is off, was on"));
    assertThat(BootLogSummary.of(is))
        .contains(
            new BootLogSummary.Line(7, "Secure Boot is off"),
            new BootLogSummary.Line(7, "shim measured SbatLevel sbat,1,2024010900"),
            new BootLogSummary.Line(0, "the firmware's version \"firmware 1.0\""));
  }

  @Test
  void logThatHasSha1Alone_isUnreadable() {
    assertThat(UnquotedBootLog.alone(SoftwareBootLog.grub(TpmAlg.SHA1).parsed()))
        .isEqualTo(new UnquotedOutcome.Unreadable(new BootLogOutcome.Sha1Only()));
  }

  @Test
  void eventWithoutDigest_isUnreadable() {
    SoftwareBootLog both = SoftwareBootLog.grub(TpmAlg.SHA256, TpmAlg.SHA384);
    both.set(3, both.events.get(3).without(TpmAlg.SHA384));

    assertThat(UnquotedBootLog.alone(both.parsed())).isInstanceOf(UnquotedOutcome.Unreadable.class);
    assertThat(UnquotedBootLog.alone(SoftwareBootLog.grub(TpmAlg.SHA384, TpmAlg.SHA512).parsed()))
        .isInstanceOf(UnquotedBootLog.class);
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
        .singleElement()
        .satisfies(
            change ->
                assertThat(change.text())
                    .startsWith(
                        "the log explains PCR 9 no more: unexplained extend in PCR 9 of sha256:"));
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
                "digest "
                    + digits("linux 6.13")
                    + " is in place of "
                    + digits("content of .linux")
                    + "; the log says \"UKI section .linux\""));
  }

  @Test
  void manyChangesOfOnePcr_hideNoneOfAnother() {
    byte[] file = now.events.get(now.find(9, BootEventType.EV_IPL)).data();
    for (int i = 0; i < 300; i++) {
      byte[] junk = SoftwareBootLog.bytes("junk " + i);
      now.insert(now.events.size() - 2, now.record(9, BootEventType.EV_IPL, junk, file));
    }
    now.remeasure(
        now.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[1]));

    assertThat(changes()).hasSizeLessThan(24).contains(new Change(7, "Secure Boot is off, was on"));
    assertThat(changes().get(changes().size() - 1).text()).endsWith(" more changes in PCR 9");
  }

  @Test
  void changesOfOnePcr_upToTheLimit_areAllTold() {
    byte[] file = now.events.get(now.find(9, BootEventType.EV_IPL)).data();
    for (int i = 0; i < 20; i++) {
      byte[] more = SoftwareBootLog.bytes("more " + i);
      now.insert(now.events.size() - 2, now.record(9, BootEventType.EV_IPL, more, file));
    }

    assertThat(changes()).hasSize(20).allMatch(change -> change.text().contains(" is new"));
    byte[] last = SoftwareBootLog.bytes("the last");
    now.insert(now.events.size() - 2, now.record(9, BootEventType.EV_IPL, last, file));
    assertThat(changes()).hasSize(21).endsWith(new Change(9, "1 more changes in PCR 9"));
  }

  @Test
  void measurementOfALoader_moreOrLess_isNewOrGone() {
    now.remove(now.find(record -> record.data().length == "/boot/initrd.img-6.1\0".length()));

    assertThat(changes())
        .containsExactly(
            new Change(
                9,
                "digest "
                    + digits("initrd")
                    + " is gone; the log said \"file /boot/initrd.img-6.1\""));
    assertThat(BootLogDiff.between(now.verified(), before.verified()))
        .containsExactly(
            new Change(
                9,
                "digest "
                    + digits("initrd")
                    + " is new; the log says \"file /boot/initrd.img-6.1\""));
  }

  @Test
  void eventOfFirmware_moreOrLess_isNewOrGone() {
    BootEventType blob = BootEventType.EV_EFI_PLATFORM_FIRMWARE_BLOB;
    byte[] measured = SoftwareBootLog.bytes("more firmware");
    now.insert(now.find(0, blob) + 1, now.record(0, blob, measured, new byte[16]));
    String name = "firmware code (EV_EFI_PLATFORM_FIRMWARE_BLOB), its number 2 is ";

    assertThat(changes()).containsExactly(new Change(0, name + "new: " + digits("more firmware")));
    assertThat(BootLogDiff.between(now.verified(), before.verified()))
        .containsExactly(new Change(0, name + "gone; it was " + digits("more firmware")));
  }

  @Test
  void wordsOfALog_upToTheLimit_areToldWhole() {
    String longest = "v".repeat(256);
    int version = now.find(0, BootEventType.EV_S_CRTM_VERSION);

    now.remeasure(version, SoftwareBootLog.utf16(longest));
    assertThat(changes())
        .containsExactly(
            new Change(0, "the firmware's version is \"" + longest + "\", was \"firmware 1.0\""));
    now.remeasure(version, SoftwareBootLog.utf16(longest + "v"));
    String half = "v".repeat(128);
    assertThat(changes())
        .singleElement()
        .satisfies(change -> assertThat(change.text()).contains("\"" + half + " … " + half + "\""));
  }

  @Test
  void longWordsOfALog_areCutAndComeLast() {
    String path = "\\" + "a".repeat(900) + "\", was digest 000";
    int shim = now.find(4, BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION);
    SoftwareBootLog other = new SoftwareBootLog(TpmAlg.SHA256).application("other", path);
    now.set(shim, other.events.get(0));

    assertThat(changes())
        .singleElement()
        .satisfies(
            change ->
                assertThat(change.text())
                    .startsWith(
                        "boot application 1 is digest "
                            + digits("other")
                            + ", was digest "
                            + digits("shim 15.8")
                            + "; the log says \"\\aaa")
                    .contains("…")
                    .doesNotContain("\", was digest 000")
                    .hasSizeLessThan(500));
  }

  @Test
  void pcrsThatWereNotQuoted_areSaidToBeThatAlone() throws Exception {
    PcrSelection few = PcrSelection.of(TpmAlg.SHA256, 0, 4, 7);
    UnquotedBootLog all = (UnquotedBootLog) UnquotedBootLog.alone(before.parsed());
    UnquotedBootLog some = (UnquotedBootLog) UnquotedBootLog.over(now.parsed(), few);

    assertThat(BootLogDiff.between(all, some))
        .singleElement()
        .satisfies(
            change ->
                assertThat(change.text())
                    .startsWith("PCRs [1, ")
                    .contains(" were not quoted now: "));
    assertThat(BootLogDiff.between(some, all))
        .singleElement()
        .satisfies(
            change ->
                assertThat(change.text())
                    .startsWith("PCRs [1, ")
                    .contains(" were not quoted then: "));
  }

  private List<Change> changes() {
    return BootLogDiff.between(before.verified(), now.verified());
  }

  private static String digits(String measured) {
    return Octets.of(TpmAlg.SHA256.newDigest().digest(SoftwareBootLog.bytes(measured)))
            .hex()
            .substring(0, 12)
        + "…";
  }
}
