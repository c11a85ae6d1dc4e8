// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link SecureBootDiff}: what a person reads of keys, databases and who verified. */
class SecureBootDiffTest {
  private final SoftwareBootLog before = SoftwareBootLog.grub();
  private final SoftwareBootLog now = before.copy();

  @Test
  void keysOfPlatformAndExchange_thatAreOthers_areTold() {
    byte[] other =
        SoftwareBootLog.signatures(SoftwareBootLog.CERT_X509, SoftwareBootLog.VENDOR_CERTIFICATE);
    for (String name : List.of("PK", "KEK")) {
      now.remeasure(
          now.findVariable(name), SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, name, other));
    }
    String change =
        " has 1 entry more ("
            + digits(SoftwareBootLog.VENDOR_CERTIFICATE)
            + ") and 1 entry less ("
            + digits(SoftwareBootLog.KEK_CERTIFICATE)
            + ")";

    assertThat(changes()).containsExactly("PK" + change, "KEK" + change);
  }

  @Test
  void entriesOfADatabase_areNamedUpToThree() {
    now.remeasure(now.findVariable("db"), database("db", "a", "b", "c"));
    before.remeasure(before.findVariable("db"), database("db", "a"));
    List<String> ids =
        List.of(id("b"), id("c")).stream().sorted().map(hex -> hex.substring(0, 12) + "…").toList();

    assertThat(changes()).containsExactly("db has 2 entries more (" + String.join(", ", ids) + ")");
    now.remeasure(now.findVariable("db"), database("db", "a", "b", "c", "d"));
    assertThat(changes())
        .singleElement()
        .satisfies(text -> assertThat(text).startsWith("db has 3 entries more (").endsWith("…)"));
    now.remeasure(now.findVariable("db"), database("db", "a", "b", "c", "d", "e"));
    assertThat(changes()).containsExactly("db has 4 entries more");
  }

  @Test
  void sameEntriesInAnotherOrder_areTold() {
    before.remeasure(before.findVariable("db"), database("db", "a", "b"));
    now.remeasure(now.findVariable("db"), database("db", "b", "a"));

    assertThat(changes()).containsExactly("db has the same entries in other lists");
  }

  @Test
  void authorities_thatAreOthers_areTold() {
    now.remeasure(
        now.findVariable("Shim"),
        SoftwareBootLog.variable(SoftwareBootLog.SHIM, "Shim", SoftwareBootLog.KEK_CERTIFICATE));

    assertThat(changes())
        .containsExactly(
            "images were verified by Shim "
                + digits(SoftwareBootLog.KEK_CERTIFICATE)
                + ", and were not before",
            "no image was verified by Shim "
                + digits(SoftwareBootLog.VENDOR_CERTIFICATE)
                + ", as one was before");
  }

  @Test
  void settingOfShim_thatIsMeasuredTwiceOrNoMore_isTold() {
    int level = now.findVariable("SbatLevel");
    byte[] second = SoftwareBootLog.sbatLevel("sbat,1,2\n");
    now.insert(level + 1, now.record(7, BootEventType.EV_EFI_VARIABLE_AUTHORITY, second, second));

    assertThat(changes())
        .containsExactly("shim's SbatLevel is sbat,1,2024010900, sbat,1,2, was sbat,1,2024010900");
    now.remove(level + 1).remove(level);
    assertThat(changes())
        .containsExactly("shim's SbatLevel is not measured, was sbat,1,2024010900");
  }

  @Test
  void textOfFirmware_thatComesOrGoes_isTold() {
    byte[] text = SoftwareBootLog.bytes("UEFI Debug Mode");
    now.insert(
        now.find(7, BootEventType.EV_SEPARATOR),
        now.record(7, BootEventType.EV_EFI_ACTION, text, text));

    assertThat(changes()).containsExactly("firmware says \"UEFI Debug Mode\", and did not");
    assertThat(between(now, before)).containsExactly("firmware no more says \"UEFI Debug Mode\"");
    assertThat(state(now).notes()).containsExactly("UEFI Debug Mode");
  }

  @Test
  void secureBootWithoutValue_isNotSupported() {
    now.remeasure(
        now.findVariable("SecureBoot"),
        SoftwareBootLog.variable(SoftwareBootLog.GLOBAL, "SecureBoot", new byte[0]));

    assertThat(changes()).containsExactly("Secure Boot is not supported, was on");
    assertThat(state(now).supported()).isFalse();
    assertThat(state(before).supported()).isTrue();
  }

  private List<String> changes() {
    return between(before, now);
  }

  private static List<String> between(SoftwareBootLog was, SoftwareBootLog is) {
    return SecureBootDiff.between(state(was), state(is));
  }

  private static SecureBootState state(SoftwareBootLog log) {
    return log.verified().secureBoot().orElseThrow();
  }

  /** A database of the hashes of images with these names. */
  private static byte[] database(String name, String... images) {
    byte[][] hashes =
        IntStream.range(0, images.length)
            .mapToObj(i -> Octets.fromHex(id(images[i])).bytes())
            .toArray(byte[][]::new);
    return SoftwareBootLog.variable(
        SoftwareBootLog.IMAGE_SECURITY,
        name,
        SoftwareBootLog.signatures(SoftwareBootLog.CERT_SHA256, hashes));
  }

  private static String id(String image) {
    return SoftwareBootLog.id(SoftwareBootLog.bytes(image)).hex();
  }

  private static String digits(byte[] certificate) {
    return SoftwareBootLog.id(certificate).hex().substring(0, 12) + "…";
  }
}
