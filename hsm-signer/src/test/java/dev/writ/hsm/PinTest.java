// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PIN and its file: open to its owner alone, one line, shown nowhere. */
class PinTest {
  private static final String SECRET = "correct horse";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {SECRET, SECRET + "\n"})
  void file_oneNewlineAtTheEnd_isStripped(String content) throws Exception {
    try (Pin pin = PinSource.file(FreshTokens.pinFile(folder, content)).read()) {
      assertThat(pin.bytes()).isEqualTo(SECRET.getBytes(StandardCharsets.US_ASCII));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "zyxw\n\n", "zyxw\r\n", "zy\nxw", "zy\u0000xw", "zy\txw"})
  void file_noPinOrMoreThanALine_isRefused(String content) throws Exception {
    Path file = FreshTokens.pinFile(folder, content);
    assertThatThrownBy(() -> PinSource.file(file).read()).satisfies(e -> isPinFile(e, file));
  }

  @Test
  void file_longerThanAPinMayBe_isRefused() throws Exception {
    Path longest = FreshTokens.pinFile(folder, "x".repeat(255) + "\n");
    try (Pin pin = PinSource.file(longest).read()) {
      assertThat(pin.bytes()).hasSize(255);
    }
    Path longer = FreshTokens.pinFile(folder, "x".repeat(256));
    assertThatThrownBy(() -> PinSource.file(longer).read()).satisfies(e -> isPinFile(e, longer));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw-r-----", "rw----r--", "rw--w----", "rw-----w-"})
  void file_openToOthers_isRefusedWithItsMode(String permissions) throws Exception {
    Path file = FreshTokens.pinFile(folder, SECRET);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    assertThatThrownBy(() -> PinSource.file(file).read())
        .satisfies(e -> isPinFile(e, file))
        .hasMessageContaining(permissions)
        .hasMessageContaining("chmod 600");
  }

  @Test
  void file_missing_isRefused() {
    Path file = folder.resolve("none");
    assertThatThrownBy(() -> PinSource.file(file).read()).satisfies(e -> isPinFile(e, file));
  }

  @Test
  void file_aFolder_isRefused() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> PinSource.file(folder).read()).satisfies(e -> isPinFile(e, folder));
  }

  @Test
  void file_throughASymbolicLink_isRead() throws Exception {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, FreshTokens.pinFile(folder, SECRET));
    try (Pin pin = PinSource.file(link).read()) {
      assertThat(pin.bytes()).hasSize(SECRET.length());
    }
  }

  @Test
  void pin_closed_isZeroed() {
    Pin pin = Pin.of(SECRET.getBytes(StandardCharsets.US_ASCII));
    byte[] bytes = pin.bytes();
    pin.close();
    assertThat(bytes).containsOnly(0);
  }

  @Test
  void pin_shown_isNot() {
    try (Pin pin = Pin.of(SECRET.getBytes(StandardCharsets.US_ASCII))) {
      assertThat(pin.toString()).isEqualTo("PIN");
    }
  }

  /** C_Login takes UTF-8 (PKCS#11 v2.40, section 2.6.8), and the wrapper one char to a byte of it. */
  @Test
  void pin_outsideAscii_isGivenAsUtf8() {
    try (Pin pin = Pin.of("é".getBytes(StandardCharsets.UTF_8))) {
      assertThat(pin.utf8Chars()).containsExactly('\u00c3', '\u00a9');
    }
  }

  private static void isPinFile(Throwable thrown, Path file) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(HsmException.Fault.PIN_FILE))
        .hasMessageContaining(file.toString());
    assertThat(String.valueOf(thrown.getMessage()).replace(file.toString(), ""))
        .doesNotContain("zy", SECRET);
  }

  @Test
  void sealed_unsealed_isReadAnewEachTimeAndWipedBehindIt() throws Exception {
    List<byte[]> handedOut = new ArrayList<>();
    PinSource source =
        PinSource.sealed(
            () -> {
              byte[] unsealed = SECRET.getBytes(StandardCharsets.US_ASCII);
              handedOut.add(unsealed);
              return unsealed;
            });
    for (int i = 1; i <= 2; i++) {
      try (Pin pin = source.read()) {
        assertThat(pin.bytes()).isEqualTo(SECRET.getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(handedOut).hasSize(i);
      assertThat(handedOut.get(i - 1)).containsOnly(0);
    }
  }

  @Test
  void sealed_thatStaysSealed_isAFaultOfItsOwnWithTheReason() {
    PinSource source =
        PinSource.sealed(
            () -> {
              throw new SealedPinException("PCR 4 differs");
            });
    assertThatThrownBy(source::read)
        .isInstanceOf(HsmException.class)
        .hasMessage("PCR 4 differs")
        .satisfies(
            e -> assertThat(((HsmException) e).fault()).isEqualTo(HsmException.Fault.PIN_SEALED));
  }

  @Test
  void sealed_somethingThatIsNoPin_isRefusedWithoutShowingIt() {
    PinSource source = PinSource.sealed(() -> "zy\nxw".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(source::read)
        .isInstanceOf(HsmException.class)
        .hasMessageContaining("no PIN")
        .message()
        .doesNotContain("zy", "xw");
  }
}
