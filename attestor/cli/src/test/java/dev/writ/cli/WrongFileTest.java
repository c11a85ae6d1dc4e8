// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.ProofBundle;
import dev.writ.policy.PolicyDocument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever file is named in place of the one that is meant: one sentence says what each is. */
class WrongFileTest {
  private static final Path POLICY = Path.of("../../docs/examples/dev-policy.json");

  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws Exception {
    Path unused = Files.createDirectory(folder.resolve("folder"));
    unused = Files.writeString(folder.resolve("empty"), "");
    unused = Files.writeString(folder.resolve("blank"), "\n \n");
    unused = Files.writeString(folder.resolve("text"), "Dear operator,\n");
    unused =
        Files.write(folder.resolve("binary"), new byte[] {'W', 'R', 'I', 'T', 0, 1, (byte) 200});
    unused = Files.write(folder.resolve("huge"), new byte[(1 << 20) + 4096]);
    unused = Files.write(folder.resolve("zip"), new byte[] {'P', 'K', 3, 4, 20, 0});
    unused = Files.writeString(folder.resolve("pem"), "-----BEGIN PRIVATE KEY-----\nAA==\n");
    unused = Files.writeString(folder.resolve("token"), "aaa.bbb.ccc\n");
    unused = Files.writeString(folder.resolve("json"), "{\"a\":1}");
    unused =
        Files.writeString(folder.resolve("serve"), "tenant: acme\nledger:\n  folder: \"/x\"\n");
    unused =
        Files.writeString(folder.resolve("trust"), "{\"jwks\":{\"keys\":[]},\"log_policy\":\"\"}");
    unused =
        Files.write(
            folder.resolve("bundle"),
            new ProofBundle("a.b.c", new byte[] {1}, "proof", Optional.empty()).toJson());
    unused =
        Files.write(
            folder.resolve("envelope"),
            PolicyEnvelope.of(PolicyDocument.parse(Files.readAllBytes(POLICY)).canonical())
                .toJson());
  }

  static Stream<List<String>> readers() {
    return Stream.of(
        List.of("policy", "lint"),
        List.of("policy", "test"),
        List.of("policy", "cover"),
        List.of("policy", "build"),
        List.of("policy", "diff", POLICY.toString()),
        List.of("policy", "impact", "--config", "none"),
        List.of("policy", "sign", "--key", "none", "--out", "new"),
        List.of("policy", "learn", "host-a", "--socket", "none", "--policy"));
  }

  private static Invocation of(List<String> command, String file) {
    List<Object> arguments = new ArrayList<>(command);
    arguments.add(folder.resolve(file));
    return Invocation.of(arguments.toArray());
  }

  @ParameterizedTest
  @MethodSource("readers")
  void file_thatIsNoPolicy_isNamedForWhatItIs(List<String> command) {
    String[][] wrong = {
      {"none", "must exist, and does not"},
      {"folder", "must be a file, and is a folder"},
      {"huge", "must be a policy of at most 1048576 bytes, and is longer"},
      {"empty", "and is empty: writ policy init"},
      {"blank", "and is empty: writ policy init"},
      {"text", "and is something else: writ policy init"},
      {"binary", "and is no text: writ policy init"},
      {"zip", "and is a ZIP, such as an evidence pack, which writ verify --pack reads"},
      {"pem", "and is a key or a certificate in PEM: writ policy init"},
      {"token", "and is a signed token (JWS): writ policy init"},
      {"json", "and is something else: writ policy init"},
      {"serve", "and is something else: writ policy init"},
      {"trust", "and is a trust file, which --trust takes: writ policy init"},
      {"bundle", "and is a proof bundle, which writ verify reads: writ policy init"}
    };
    for (String[] each : wrong) {
      Invocation invocation = of(command, each[0]);
      assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(invocation.out()).isEmpty();
      assertThat(invocation.err()).contains(each[0], each[1]).hasLineCount(1);
    }
  }

  /** What was signed can be judged as what is to be. */
  @ParameterizedTest
  @CsvSource({"test", "cover", "build", "diff"})
  void envelope_isReadForThePolicyInIt(String verb) {
    List<Object> arguments = new ArrayList<>(List.of("policy", verb));
    if (verb.equals("diff")) {
      arguments.add(POLICY);
    }
    arguments.add(folder.resolve("envelope"));
    Invocation invocation = Invocation.of(arguments.toArray());
    assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.DONE);
    if (verb.equals("diff")) {
      assertThat(invocation.out()).isEqualTo("no difference\n");
    }
  }

  @Test
  void lint_ofAnEnvelope_asksForTheFileWithPlaces() {
    Invocation lint = of(List.of("policy", "lint"), "envelope");
    assertThat(lint.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(lint.err()).endsWith(": name the file that was signed\n").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "none, 'must exist, and does not'",
    "folder, 'must be a file, and is a folder'",
    "huge, must be at most",
    "empty, 'must be a policy envelope, and is empty: writ policy sign makes one of a policy'",
    "text, 'must be a policy envelope, and is something else: writ policy sign'",
    "binary, 'must be a policy envelope, and is no text'",
    "trust, 'must be a policy envelope, and is a trust file'",
    "bundle, 'must be a policy envelope, and is a proof bundle'"
  })
  void publish_ofNoEnvelope_saysWhatItIs(String file, String says) {
    Invocation publish = of(List.of("policy", "publish", "--socket", "none"), file);
    assertThat(publish.status()).as(publish.err()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(publish.err()).contains(file, says).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "folder, 3, 'must be a file, and is a folder'",
    "empty, 1, must be an evidence package",
    "text, 1, must be an evidence package",
    "huge, 1, must be an evidence package",
    "bundle, 1, the decision in a proof bundle is explained by its jti"
  })
  void explain_ofAnotherFile_saysWhatMustHold(String file, int status, String says) {
    Invocation explain = of(List.of("explain"), file);
    assertThat(explain.status()).as(explain.err()).isEqualTo(status);
    assertThat(explain.err()).contains(file, says).hasLineCount(1);
  }

  /** A part of an id is what a person copies from a narrow table. */
  @ParameterizedTest
  @CsvSource({"01a1", "01a1fd02-e0d5-7ce6-ad7a", "-1", "1e3", "''"})
  void decision_thatIsNoId_saysWhatOneIs(String text) {
    for (List<String> command :
        List.of(
            List.of("explain"),
            List.of("explain", "--socket", "none"),
            List.of("replay", "--config", "none"))) {
      List<Object> arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--", text));
      Invocation invocation = Invocation.of(arguments.toArray());
      assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.USAGE);
      assertThat(invocation.err())
          .contains("must be a leaf's index, such as 17, or a whole id or jti", "was " + text);
      assertThat(invocation.err().lines().count()).isLessThan(3);
    }
  }
}
