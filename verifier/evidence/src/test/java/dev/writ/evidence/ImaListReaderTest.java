// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link ImaListReader}: the kernel's two forms of an entry, and their limits. */
class ImaListReaderTest {
  private static final String ZEROS = "0".repeat(40);
  private static final String DIGEST = "sha256:" + "ab".repeat(32);

  private static ImaEntry first(ImaFormat format, byte[] list) throws MalformedEvidenceException {
    ImaEntry entry = new ImaEntry();
    ImaListReader reader = ImaSegment.of(5, format, TpmAlg.SHA1, list).entries();
    assertThat(reader.next(entry)).isTrue();
    assertThat(reader.next).isEqualTo(list.length);
    return entry;
  }

  private static ImaEntry first(SoftwareIma ima, ImaFormat format)
      throws MalformedEvidenceException {
    return first(format, ima.list(format));
  }

  private static ImaEntry line(String line) throws MalformedEvidenceException {
    return first(ImaFormat.ASCII, SoftwareIma.ascii(line + "\n"));
  }

  private static void assertMalformed(SoftwareIma ima, ImaFormat format, String field) {
    assertThatThrownBy(() -> first(ima, format))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith("imaList[5]." + field + " at byte 0 must be ");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void entryWithSignature_isTakenApart(ImaFormat format) throws Exception {
    byte[] signature = {3, 2, 4};

    ImaEntry entry = first(new SoftwareIma().file("/usr/bin/sh", signature), format);

    assertThat(entry.index).isEqualTo(5);
    assertThat(entry.pcr).isEqualTo(10);
    assertThat(entry.template).isEqualTo(ImaTemplate.IMA_SIG);
    assertThat(entry.templateName).isEqualTo("ima-sig");
    assertThat(entry.hash).isEqualTo(TpmAlg.SHA256);
    assertThat(entry.shownDigest()).isEqualTo(SoftwareIma.content("/usr/bin/sh").toString());
    assertThat(entry.path()).isEqualTo("/usr/bin/sh");
    assertThat(Arrays.copyOfRange(entry.data, entry.tailAt, entry.tailAt + entry.tailLength))
        .isEqualTo(signature);
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void oldTemplateUnderItsFormatsName_isNotTheOldTemplate(ImaFormat format) throws Exception {
    SoftwareIma ima =
        new SoftwareIma().add("d|n", SoftwareIma.hex(new byte[20]), SoftwareIma.path("/x"));

    assertThat(first(ima, format).template).isEqualTo(ImaTemplate.OTHER);
  }

  @ParameterizedTest
  @CsvSource({
    "BINARY, 4096, true",
    "BINARY, 4097, false",
    "ASCII, 4096, true",
    "ASCII, 4097, false"
  })
  void path_longerThanPathMax_isMalformed(ImaFormat format, int length, boolean taken)
      throws Exception {
    SoftwareIma ima = new SoftwareIma().file("/" + "x".repeat(length - 1));

    if (taken) {
      assertThat(first(ima, format).pathLength).isEqualTo(length);
    } else {
      assertMalformed(ima, format, "path");
    }
  }

  @ParameterizedTest
  @CsvSource({"BINARY, 255, true", "BINARY, 256, false", "ASCII, 255, true", "ASCII, 256, false"})
  void path_ofTheOldTemplate_isShorter(ImaFormat format, int length, boolean taken)
      throws Exception {
    SoftwareIma ima =
        new SoftwareIma()
            .add("ima", SoftwareIma.hex(new byte[20]), SoftwareIma.path("x".repeat(length)));

    if (taken) {
      assertThat(first(ima, format).pathLength).isEqualTo(length);
    } else {
      assertMalformed(ima, format, "path");
    }
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void fieldsBeyondTheirLimits_areMalformed(ImaFormat format) throws Exception {
    byte[] longest = new byte[ImaTemplate.MAX_SIGNATURE];
    byte[] buffer = new byte[ImaTemplate.MAX_BUFFER];

    assertThat(first(new SoftwareIma().file("/x", longest), format).tailLength).isEqualTo(2048);
    assertThat(first(new SoftwareIma().buffer("b", buffer), format).tailLength).isEqualTo(65536);
    assertMalformed(new SoftwareIma().file("/x", new byte[2049]), format, "tail");
    assertMalformed(new SoftwareIma().buffer("b", new byte[65537]), format, "tail");
    SoftwareIma.Field huge = SoftwareIma.digest("sha256", new byte[129]);
    assertMalformed(
        new SoftwareIma().add("ima-ng", huge, SoftwareIma.path("/x")), format, "digest");
    SoftwareIma.Field nothing = SoftwareIma.hex(new byte[0]);
    assertMalformed(
        new SoftwareIma()
            .add(
                "ima-modsig",
                SoftwareIma.digestOf("/x"),
                SoftwareIma.path("/x"),
                nothing,
                nothing,
                SoftwareIma.hex(new byte[16385])),
        format,
        "modsig");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void digest_ofAnotherLengthThanItsAlgorithms_isMalformedButInAViolation(ImaFormat format)
      throws Exception {
    SoftwareIma.Field cut = SoftwareIma.digest("sha256", new byte[31]);

    assertMalformed(new SoftwareIma().add("ima-ng", cut, SoftwareIma.path("/x")), format, "digest");
    assertThat(first(new SoftwareIma().violation("/x"), format).violation).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "ima-ngv2, sha256",
    "ima-ngv2, other:sha256",
    "ima-ngv2, ima:",
    "ima-ngv2, :sha256",
    "ima-ng, ima:sha256",
    "ima-ng, :sha256"
  })
  void digest_whoseTypeIsNotTheTemplates_isMalformed(String template, String algorithm) {
    SoftwareIma ima =
        new SoftwareIma()
            .add(template, SoftwareIma.digest(algorithm, new byte[32]), SoftwareIma.path("/x"));

    assertMalformed(ima, ImaFormat.BINARY, "digest");
  }

  @Test
  void digestWithoutNameOrZero_isMalformed() {
    for (byte[] field :
        List.of(
            new byte[0],
            new byte[] {0, 1},
            SoftwareIma.ascii("sha256:"),
            SoftwareIma.ascii("other:"),
            SoftwareIma.ascii("a\0b"))) {
      SoftwareIma ima =
          new SoftwareIma()
              .add("ima-ng", new SoftwareIma.Field(field, field), SoftwareIma.path("/x"));
      assertMalformed(ima, ImaFormat.BINARY, "digest");
    }
  }

  @Test
  void digestWithoutColonOrZero_beforeALengthThatIsAColon_isMalformed() {
    byte[] field = SoftwareIma.ascii("other");
    SoftwareIma.Field path = SoftwareIma.path("p".repeat(':' - 1));

    assertMalformed(
        new SoftwareIma().add("ima-ng", new SoftwareIma.Field(field, field), path),
        ImaFormat.BINARY,
        "digest");
  }

  @Test
  void bytesAfterTheLastField_areMalformed() {
    SoftwareIma ima =
        new SoftwareIma()
            .add(
                "ima-ng",
                SoftwareIma.digestOf("/x"),
                SoftwareIma.path("/x"),
                SoftwareIma.hex(new byte[0]));

    assertMalformed(ima, ImaFormat.BINARY, "data");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void emptyPath_isMalformed(ImaFormat format) {
    assertMalformed(new SoftwareIma().file(""), format, "path");
  }

  @Test
  void templateName_ofTooManyBytes_isMalformed() throws Exception {
    SoftwareIma longest = new SoftwareIma().add("t".repeat(128), SoftwareIma.path("/x"));
    SoftwareIma longer = new SoftwareIma().add("t".repeat(129), SoftwareIma.path("/x"));

    for (ImaFormat format : ImaFormat.values()) {
      assertThat(first(longest, format).templateName).isEqualTo("t".repeat(80) + "...");
      assertMalformed(longer, format, "templateName");
    }
  }

  @Test
  void lengthsInBinary_ofMoreThanThereIs_areMalformed() {
    byte[] list = new SoftwareIma().file("/usr/bin/sh", new byte[] {1}).list(ImaFormat.BINARY);
    int name = 24;
    int data = name + 4 + 7;
    int digest = data + 4;
    int path = digest + 4 + 40;
    int tail = path + 4 + 12;
    for (int at : new int[] {0, name, data, digest, path, tail}) {
      for (byte high : new byte[] {1, 0x7f, (byte) 0xff}) {
        byte[] changed = list.clone();
        changed[at + 3] = high;
        assertThatThrownBy(() -> first(ImaFormat.BINARY, changed))
            .as("length at " + at)
            .isInstanceOf(MalformedEvidenceException.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"' 9', 9", "'10', 10", "'23', 23"})
  void pcrInAscii_hasTwoPlaces(String text, int pcr) throws Exception {
    assertThat(line(text + " " + ZEROS + " ima-ng " + DIGEST + " /x").pcr).isEqualTo(pcr);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'1 ZEROS ima-ng DIGEST /x' | pcr",
        "'010 ZEROS ima-ng DIGEST /x' | pcr",
        "'24 ZEROS ima-ng DIGEST /x' | pcr",
        "'09 ZEROS ima-ng DIGEST /x' | pcr",
        "'1x ZEROS ima-ng DIGEST /x' | pcr",
        "'10  ZEROS ima-ng DIGEST /x' | templateDigest",
        "'10 00 ima-ng DIGEST /x' | templateDigest",
        "'10 ZEROS' | templateDigest",
        "'10 ZEROS ima-ng' | templateName",
        "'10 ZEROS ima-ng DIGEST' | digest",
        "'10 ZEROS ima-ng sha256 /x' | digest",
        "'10 ZEROS ima-ng  /x' | digest",
        "'10 ZEROS ima-ng sha256:0 /x' | digest",
        "'10 ZEROS ima-ng sha256:AB /x' | digest",
        "'10 ZEROS ima-ng DIGEST ' | path",
        "'10 ZEROS ima-sig DIGEST /x' | line",
        "'10 ZEROS ima-sig DIGEST /x 0g' | tail",
        "'10 ZEROS ima-sig DIGEST /x 000' | tail",
        "'10 ZEROS ima-modsig DIGEST /x 00 00' | line",
        "'10 ZEROS ima 00 /x' | digest",
        "'10 ' | templateDigest",
        "'' | pcr"
      })
  void lineThatIsNoEntry_isMalformed(String pattern, String field) {
    String line = pattern.replace("ZEROS", ZEROS).replace("DIGEST", DIGEST);

    assertThatThrownBy(() -> line(line))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith("imaList[5]." + field + " at byte 0 must be ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10 00 ima-ng DIGEST /x | templateDigest at byte 0 must be 40 hexadecimal digits, was 2 bytes",
        "10 ZEROS NAME DIGEST /x | templateName at byte 0 must be at most 128 bytes, was 129 bytes",
        "10 ZEROS ima-sig DIGEST /x 000 | tail at byte 0 must be an even number of hexadecimal"
            + " digits, was 3 bytes"
      })
  void lineThatIsNoEntry_isToldWithWhatItWas(String pattern, String message) {
    String line =
        pattern.replace("ZEROS", ZEROS).replace("DIGEST", DIGEST).replace("NAME", "t".repeat(129));

    assertThatThrownBy(() -> line(line)).hasMessage("imaList[5]." + message);
  }

  @Test
  void lineOfOneByte_behindAnEntry_isMalformed() throws Exception {
    byte[] entry = new SoftwareIma().file("/x").list(ImaFormat.ASCII);
    byte[] list = SoftwareIma.join(entry, SoftwareIma.ascii("1\n"));
    ImaListReader reader = ImaSegment.of(5, ImaFormat.ASCII, TpmAlg.SHA1, list).entries();

    assertThat(reader.next(new ImaEntry())).isTrue();
    assertThatThrownBy(() -> reader.next(new ImaEntry()))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith("imaList[6].pcr");
  }

  @ParameterizedTest
  @ValueSource(ints = {1018, 1019, 1020, 4000})
  void algorithmWhoseNameIsLong_isMalformed(int length) {
    assertThatThrownBy(() -> line("10 " + ZEROS + " ima-ng " + "n".repeat(length) + ":00 /x"))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageStartingWith("imaList[5].digest");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void pathThatStartsWithAColon_isThePath(ImaFormat format) throws Exception {
    ImaEntry entry = first(new SoftwareIma().file(":x"), format);

    assertThat(entry.path()).isEqualTo(":x");
    assertThat(entry.shownDigest()).isEqualTo(SoftwareIma.content(":x").toString());
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void pathThatIsShown_hasPrintableAsciiAlone(ImaFormat format) throws Exception {
    String path = "/\u001f ~\u007f\\";

    assertThat(first(new SoftwareIma().file(path), format).shownPath())
        .isEqualTo("/\\x1f ~\\x7f\\x5c");
  }

  @ParameterizedTest
  @EnumSource(ImaFormat.class)
  void pathWithAZero_isMalformedInEveryTemplate(ImaFormat format) {
    SoftwareIma.Field path = SoftwareIma.path("/bin\0sh");
    SoftwareIma old = new SoftwareIma().add("ima", SoftwareIma.hex(new byte[20]), path);
    SoftwareIma young = new SoftwareIma().add("ima-ng", SoftwareIma.digestOf("/x"), path);

    for (SoftwareIma ima : List.of(old, young)) {
      assertThatThrownBy(() -> first(ima, format))
          .hasMessage(
              "imaList[5].path at byte 0 must be without a zero inside, was one at its byte 4");
    }
  }

  @Test
  void pcrInBinary_isOneOfTwentyFour() throws Exception {
    byte[] list = new SoftwareIma().file("/x").list(ImaFormat.BINARY);

    list[0] = 23;
    assertThat(first(ImaFormat.BINARY, list).pcr).isEqualTo(23);
    list[0] = 24;
    assertThatThrownBy(() -> first(ImaFormat.BINARY, list))
        .hasMessage("imaList[5].pcr at byte 0 must be 0 to 23, was 24");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | path at byte 0 must be a u32 length, was cut off after 0 bytes",
        "3 | path at byte 0 must be a u32 length, was cut off after 3 bytes",
        "4 | path at byte 0 must be 3 bytes, was cut off after 0",
        "6 | path at byte 0 must be 3 bytes, was cut off after 2",
        "12 | data at byte 0 must be at its end after the last field, was 5 more bytes"
      })
  void dataThatEndsInsideAField_isMalformedWhateverFollows(int kept, String message) {
    byte[] digest = SoftwareIma.digestOf("/x").data();
    byte[] path = SoftwareIma.join(new byte[] {3, 0, 0, 0}, SoftwareIma.ascii("/x\0"));
    byte[] data =
        SoftwareIma.join(
            new byte[] {(byte) digest.length, 0, 0, 0}, digest, Arrays.copyOf(path, kept));
    byte[] list =
        SoftwareIma.join(
            new byte[] {10, 0, 0, 0},
            new byte[20],
            new byte[] {6, 0, 0, 0},
            SoftwareIma.ascii("ima-ng"),
            new byte[] {(byte) data.length, 0, 0, 0},
            data,
            new SoftwareIma().file("/y").list(ImaFormat.BINARY));

    assertThatThrownBy(() -> first(ImaFormat.BINARY, list)).hasMessage("imaList[5]." + message);
  }

  @Test
  void binaryEntryThatIsCutOff_isToldWithWhatThereIs() {
    byte[] list = new SoftwareIma().file("/x").list(ImaFormat.BINARY);
    byte[] cut = Arrays.copyOf(list, 10);

    assertThatThrownBy(() -> first(ImaFormat.BINARY, cut))
        .hasMessage("imaList[5].templateDigest at byte 0 must be 20 bytes, was cut off after 6");
  }

  @Test
  void upperCaseTemplateDigest_isMalformed() {
    assertThatThrownBy(() -> line("10 " + "AB".repeat(20) + " ima-ng " + DIGEST + " /x"))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  @Test
  void lineLongerThanAnyEntry_isMalformed() {
    byte[] list = new byte[200_000];
    Arrays.fill(list, (byte) 'x');
    list[list.length - 1] = '\n';

    assertThatThrownBy(() -> first(ImaFormat.ASCII, list))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageContaining("imaList[5].line at byte 0 must be at most");
  }
}
