// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.ExecBinding.BoundFile;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exec binding: strict to read, one digest for one execution, and silent about its secrets. */
class ExecBindingTest {
  private static final SortedMap<String, Hash> NO_ENV = Collections.emptySortedMap();

  private static final ExecBinding BINDING = WorkedExample.execBinding();

  private static final String JSON = new String(BINDING.jcs(), StandardCharsets.UTF_8);

  private static ExecBinding parse(String json) throws MalformedExecBindingException {
    return ExecBinding.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static ExecBinding binding(List<Argument> argv, List<BoundFile> files) {
    return new ExecBinding("/bin/a", hash("a"), argv, "/", NO_ENV, files);
  }

  @Test
  void parse_ofJcs_isTheSameBinding() throws Exception {
    assertThat(parse(JSON)).isEqualTo(BINDING);
    assertThat(JSON).isEqualTo(new JsonCanonicalizer(JSON).getEncodedString());
  }

  @Test
  void digest_isLabelledHashOfTheHashOfJcs() {
    byte[] label = "writ-exec-v1\0".getBytes(StandardCharsets.US_ASCII);

    assertThat(BINDING.digest()).isEqualTo(Hash.sha256(label, Hash.sha256(BINDING.jcs()).bytes()));
  }

  @Test
  void digest_otherSpellingOfTheSameBinding_isTheSame() throws Exception {
    String spelled = JSON.replace(",", " ,\n").replace("reports", "r\\u0065ports");

    assertThat(parse(spelled).digest()).isEqualTo(BINDING.digest());
  }

  /** One byte of anything is another execution. */
  @Test
  void digest_anyMemberOther_isOther() throws Exception {
    for (String[] change :
        new String[][] {
          {"\"path\":\"/usr/bin/python3.11\"", "\"path\":\"/usr/bin/python3.12\""},
          {hash("C.UTF-8").hex(), hash("C").hex()},
          {"\"LANG\"", "\"LANGUAGE\""},
          {"\"cwd\":\"/srv/reports\"", "\"cwd\":\"/\""},
          {"/srv/reports/monthly.py\",\"sha256\"", "/srv/reports/yearly.py\",\"sha256\""},
          {"\"LUk\"", "\"LUU\""},
        }) {
      assertThat(parse(Replace.once(JSON, change[0], change[1])).digest())
          .as(change[1])
          .isNotEqualTo(BINDING.digest());
    }
  }

  @Test
  void act_isExecOfThePathWithTheDigestAndNoLimits() {
    Act act = BINDING.act(1);

    assertThat(act)
        .isEqualTo(new Act("exec", "/usr/bin/python3.11", BINDING.digest(), Map.of(), 1));
    assertThat(ActionAtHand.of(act).argsDigest()).isEqualTo(BINDING.digest());
    assertThat(BINDING.act(Act.UNCOUNTED).countsUses()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "{\"argv\":;{\"v\":1,\"argv\":;v",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"python3.11\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr/bin/\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr//python3.11\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr/./python3.11\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr/bin/..\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr/a\\u0000b\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"/usr/a\\nb\";path",
        "\"path\":\"/usr/bin/python3.11\";\"path\":\"\";path",
        "\"exe_sha256\":\";\"exe_sha256\":\"0;exe_sha256",
        "\"argv\":[;\"argv\":[7,;argv",
        "\"argv\":[;\"argv\":[\"LUl\",;argv",
        "\"argv\":[;\"argv\":[\"LUk=\",;argv",
        "\"argv\":[;\"argv\":[\"A\",;argv",
        "\"argv\":[;\"argv\":[\"AGE\",;argv",
        "\"cwd\":\"/srv/reports\";\"cwd\":\"\";cwd",
        "\"cwd\":\"/srv/reports\";\"cwd\":\"reports\";cwd",
        "\"cwd\":\"/srv/reports\";\"cwd\":\"/srv/../reports\";cwd",
        "\"LANG\":;\"\":;env",
        "\"LANG\":;\"1LANG\":;env",
        "\"LANG\":;\"BASH_FUNC_ls%%\":;env",
        "\"LANG\":;\"LANG \":;env",
        "\"LANG\":;\"SECRET\":\"hunter2\",\"LANG\":;env.SECRET",
        "\"LANG\":;\"SECRET\":7,\"LANG\":;env.SECRET",
        "\"path\":\"/srv/reports/monthly.py\";\"path\":\"monthly.py\";files.path",
        "\"path\":\"/srv/reports/monthly.py\";\"x\":1,\"path\":\"/a\";files[0].x",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    assertThatThrownBy(() -> parse(Replace.once(JSON, from, to)))
        .isInstanceOfSatisfying(
            MalformedExecBindingException.class,
            e -> {
              assertThat(e.field()).isEqualTo(field);
              assertThat(e).hasMessageNotContaining("hunter2");
            });
  }

  @Test
  void parse_eachMemberAbsent_malformedNamingIt() {
    for (String member : List.of("argv", "cwd", "env", "exe_sha256", "files")) {
      assertThatThrownBy(() -> parse(JSON.replace("\"" + member + "\":", "\"x" + member + "\":")))
          .isInstanceOfSatisfying(
              MalformedExecBindingException.class, e -> assertThat(e.field()).isEqualTo(member));
    }
  }

  @Test
  void parse_moreThanItsBytes_malformed() {
    assertThatThrownBy(() -> parse(JSON + " ".repeat(ExecBinding.MAX_BYTES)))
        .isInstanceOf(MalformedExecBindingException.class)
        .hasMessageContaining("at most 65536 bytes");
  }

  @Test
  void binding_itsBounds_areExact() {
    List<Argument> most = Collections.nCopies(1024, Argument.of(new byte[0]));
    List<Argument> longest = List.of(Argument.of("a".repeat(32 * 1024)));
    List<BoundFile> files = files(128, "/f");

    assertThat(binding(most, files).argv()).hasSize(1024);
    assertThat(binding(longest, List.of()).argv()).hasSize(1);
    refused(() -> binding(List.of(), List.of()), "argv");
    refused(() -> binding(Collections.nCopies(1025, Argument.of("")), List.of()), "argv");
    refused(() -> binding(List.of(Argument.of("a".repeat(32 * 1024 + 1))), List.of()), "32768");
    refused(() -> binding(longest, files(129, "/f")), "files");
    refused(() -> binding(longest, files(128, "/" + "f".repeat(200))), "65536 bytes of canonical");
    refused(() -> withEnv(129, "A"), "env");
    refused(() -> withEnv(1, "A".repeat(256)), "env");
    assertThat(withEnv(128, "A".repeat(253)).env()).hasSize(128);
  }

  @Test
  void binding_pathsAtTheirBounds_areExact() {
    assertThat(new BoundFile("/" + "é".repeat(2047), hash("a")).path()).hasSize(2048);
    refused(() -> new BoundFile("/" + "é".repeat(2048), hash("a")), "4096 bytes of UTF-8");
    refused(() -> withPath("/" + "a".repeat(1024)), "1024 characters");
    assertThat(withPath("/" + "a".repeat(1023)).act(1).resource()).hasSize(1024);
  }

  @Test
  void binding_filesOutOfOrder_areRefused() {
    List<Argument> argv = List.of(Argument.of("a"));
    BoundFile a = new BoundFile("/a", hash("a"));
    BoundFile b = new BoundFile("/b", hash("b"));

    assertThat(binding(argv, List.of(a, b)).files()).containsExactly(a, b);
    refused(() -> binding(argv, List.of(b, a)), "strictly ascending");
    refused(() -> binding(argv, List.of(a, new BoundFile("/a", hash("b")))), "strictly ascending");
  }

  @Test
  void toString_showsNeitherArgumentsNorDigestsOfValues() {
    assertThat(BINDING.toString())
        .contains("/usr/bin/python3.11", "5 arguments", "2 variables", "1 files")
        .doesNotContain("month", hash("C.UTF-8").hex(), "LANG");
    assertThat(Argument.of("secret")).hasToString("6 bytes");
  }

  @Test
  void argument_ofAnyBytesButNul_givesThemBack() {
    byte[] latin = {(byte) 0xe9, 0x0a, (byte) 0xff};

    assertThat(Argument.of(latin).bytes()).isEqualTo(latin);
    assertThat(Argument.of(latin).text()).isEmpty();
    assertThat(Argument.of("é\n").text()).hasValue("é\n");
    assertThat(Argument.of("é")).isEqualTo(Argument.of(new byte[] {(byte) 0xc3, (byte) 0xa9}));
    assertThat(Argument.of("é")).isNotEqualTo(Argument.of(new byte[] {(byte) 0xe9}));
    assertThat(Argument.of("").length()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\0", "\ud800"})
  void argument_withNulOrLoneSurrogate_isRefused(String text) {
    assertThatThrownBy(() -> Argument.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  private static ExecBinding withPath(String path) {
    return new ExecBinding(path, hash("a"), List.of(Argument.of("a")), "/", NO_ENV, List.of());
  }

  private static ExecBinding withEnv(int variables, String prefix) {
    SortedMap<String, Hash> env = new TreeMap<>();
    IntStream.range(0, variables).forEach(i -> env.put(prefix + i, hash("a")));
    return new ExecBinding("/bin/a", hash("a"), List.of(Argument.of("a")), "/", env, List.of());
  }

  private static List<BoundFile> files(int count, String prefix) {
    return IntStream.range(0, count)
        .mapToObj(i -> new BoundFile(String.format("%s%03d", prefix, i), hash("f")))
        .toList();
  }

  private static void refused(ThrowingCallable making, String message) {
    assertThatThrownBy(making)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
