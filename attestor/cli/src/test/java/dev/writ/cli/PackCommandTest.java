// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ProofBundle;
import dev.writ.tlog.Hash;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code writ pack} beside a {@code writ serve}, and {@code writ verify --pack} far from it: of a service that
 * another test has started, with host-b enrolled.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("InlineFormatString") // JSON is read more easily by itself.
abstract class PackCommandTest {
  static final String REQUEST =
      """
      {"v":1,"aud":["demo-gateway"],"tenant":"demo","sub":"spiffe://dev.example/worker-%s",
       "act":{"action":"exec","resource":"%s","limits":{},"max_uses":1,
       "args_digest":"00000000000000000000000000000000000000000000000000000000000000a1"}}
      """;

  @TempDir static Path folder;
  final RunningService tested;
  String jti = "";
  private String answer = "";
  Path one = Path.of("");
  Path range = Path.of("");

  PackCommandTest(RunningService running) {
    this.tested = running;
  }

  @BeforeAll
  void decide() throws Exception {
    assertThat(attest("a", "/usr/bin/true").status()).isEqualTo(ExitStatus.DENIED);
    Invocation allowed = attest("b", "/usr/bin/true");
    assertThat(allowed.status()).as(allowed.err()).isEqualTo(ExitStatus.DONE);
    ProofBundle bundle = ProofBundle.parse(allowed.out().strip().getBytes(StandardCharsets.UTF_8));
    jti = Artifact.parse(bundle.artifact()).claims().jti().toString();
    one = folder.resolve("one.zip");
    Invocation packed = pack(one, jti);
    assertThat(packed.status()).as(packed.out() + packed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(attest("b", "/usr/bin/true").status()).isEqualTo(ExitStatus.DONE);
    answer = answered();
    range = folder.resolve("range.zip");
    Invocation ranged = pack(range, "--range", "..");
    assertThat(ranged.status()).as(ranged.out() + ranged.err()).isEqualTo(ExitStatus.DONE);
  }

  private Invocation attest(String worker, String resource) throws Exception {
    return attest(
        Files.writeString(folder.resolve("request.json"), REQUEST.formatted(worker, resource)));
  }

  Invocation attest(Path request, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "attest",
                "--service",
                tested.service().url(),
                "--trust",
                tested.service().trustFile(),
                "--state",
                tested.hostB().state(),
                "--tpm",
                tested.hostB().tcti(),
                "--request",
                request));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  /** What an enforcement point is told at the operators' socket that the policy does not let it ask. */
  private String answered() throws Exception {
    String body =
        "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},"
            + "\"resource\":{\"type\":\"record\",\"id\":\"1\"}}";
    String request =
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: writ\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    Path socket = Path.of(tested.config().toString()).resolveSibling("operator.sock");
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      String told =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      Matcher id = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"").matcher(told);
      assertThat(id.find()).as(told).isTrue();
      assertThat(told).contains("\"decision\":false").contains("document/questions");
      return id.group(1);
    }
  }

  Invocation pack(Path out, Object... question) {
    List<Object> words = new ArrayList<>(List.of("pack"));
    words.addAll(List.of(question));
    words.addAll(List.of("--config", tested.config(), "--out", out));
    return Invocation.of(words.toArray());
  }

  Invocation verify(Path file, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("verify", "--pack", file, "--trust", tested.service().trustFile()));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  /** The members in their order. */
  static Map<String, byte[]> members(Path file) throws Exception {
    Map<String, byte[]> members = new LinkedHashMap<>();
    try (PackFile pack = PackFile.open(file)) {
      for (String name : pack.order()) {
        members.put(name, pack.bytes(name));
      }
    }
    return members;
  }

  static byte[] of(Map<String, byte[]> members, String name) {
    return Optional.ofNullable(members.get(name))
        .orElseThrow(() -> new AssertionError(name + " must be in the pack"));
  }

  private static Path written(Map<String, byte[]> members) throws Exception {
    Path file = folder.resolve("changed.zip");
    Files.deleteIfExists(file);
    Files.createFile(file);
    try (PackWriter pack = PackWriter.into(file)) {
      for (Map.Entry<String, byte[]> member : members.entrySet()) {
        pack.put(member.getKey(), member.getValue());
      }
      pack.finish();
    }
    return file;
  }

  /** As somebody writes it who changes a pack and knows how one is made. */
  static Path relisted(Map<String, byte[]> members) throws Exception {
    String was = new String(of(members, PackNames.MANIFEST), StandardCharsets.UTF_8);
    Map<String, byte[]> changed = new LinkedHashMap<>(members);
    changed.remove(PackNames.MANIFEST);
    List<String> rows = new ArrayList<>();
    changed.keySet().stream()
        .sorted()
        .forEach(
            name -> {
              byte[] bytes = of(changed, name);
              rows.add(
                  String.format(
                      "{\"name\":\"%s\",\"sha256\":\"%s\",\"size\":%d}",
                      name, Hash.sha256(bytes), bytes.length));
            });
    Matcher list = Pattern.compile("\"members\":\\[.*\\]").matcher(was);
    changed.put(
        PackNames.MANIFEST,
        list.replaceFirst(Matcher.quoteReplacement("\"members\":[" + String.join(",", rows) + "]"))
            .getBytes(StandardCharsets.UTF_8));
    return written(changed);
  }

  /** Of each folder its first member, of keys each, and all that are in none. */
  private static Set<String> kinds(Map<String, byte[]> members) {
    Map<String, String> first = new LinkedHashMap<>();
    for (String name : members.keySet()) {
      boolean alone = !name.contains("/") || name.startsWith("keys/");
      first.putIfAbsent(alone ? name : name.substring(0, name.indexOf('/')), name);
    }
    return new LinkedHashSet<>(first.values());
  }

  @CanIgnoreReturnValue
  Invocation fails(Path file, String check) {
    Invocation verified = verify(file);
    assertThat(verified.status()).as(verified.out()).isEqualTo(ExitStatus.DENIED);
    assertThat(verified.out())
        .containsPattern("(?m)^FAILS +" + check)
        .endsWith("the pack must not be relied on\n");
    return verified;
  }

  @Test
  void pack_ofADecision_holdsByItsTrustFileAlone() throws Exception {
    Invocation verified = verify(one);
    assertThat(verified.status()).as(verified.out() + verified.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verified.out())
        .contains(
            "replay       1 decisions come out the same from the Evidence on",
            " held when they were issued",
            "policies     1 signed by author and approvers")
        .doesNotContain("FAILS", "not reached");
    assertThat(members(one))
        .containsKeys(
            "bundles/" + jti + ".json",
            PackNames.CHECKPOINT,
            PackNames.LINEAGE,
            PackNames.REPORT,
            PackNames.trust(1),
            PackNames.MAKER_ROOTS);
    assertThat(Files.getPosixFilePermissions(one))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void pack_ofARange_hasEveryLeafOfIt() throws Exception {
    Invocation verified = verify(range, "-o", "json");
    assertThat(verified.status()).as(verified.out() + verified.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verified.out())
        .startsWith(
            "{\"holds\":true,\"whole\":true,\"checks\":[{\"name\":\"container\",\"outcome\":\"holds\"")
        .containsPattern("\"[1-9][0-9]* decisions come out the same from the Evidence on");
    long leaves =
        members(range).keySet().stream().filter(name -> name.startsWith("leaves/")).count();
    assertThat(verified.out()).contains("every leaf from 0 to before " + leaves + "\"");
  }

  @Test
  void pack_ofAnAnswerToAnEnforcementPoint_holds_andTheReportSaysWhatItWas() throws Exception {
    Path file = folder.resolve("answer.zip");
    assertThat(pack(file, answer).status()).isEqualTo(ExitStatus.DONE);
    Invocation verified = verify(file);
    assertThat(verified.status()).as(verified.out() + verified.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verified.out())
        .contains("replay       1 decisions come out the same from the Evidence on")
        .doesNotContain("FAILS");
    for (Path each : List.of(file, range)) {
      assertThat(new String(of(members(each), PackNames.REPORT), StandardCharsets.UTF_8))
          .contains("Answer " + answer + ": no")
          .contains("policy_denied, document/questions");
    }
  }

  @Test
  void pack_ofTheSameQuestion_isTheSameBytes() throws Exception {
    Path again = folder.resolve("again.zip");
    Path once = folder.resolve("once.zip");
    assertThat(pack(once, jti).status()).isEqualTo(ExitStatus.DONE);
    assertThat(pack(again, jti).status()).isEqualTo(ExitStatus.DONE);
    assertThat(Files.mismatch(once, again)).isEqualTo(-1);
  }

  @Test
  void report_saysWhoWhatAndWhy_withoutScriptOrNetwork() throws Exception {
    String report = new String(of(members(range), PackNames.REPORT), StandardCharsets.UTF_8);
    assertThat(report)
        .startsWith("<!DOCTYPE html>\n<html lang=\"en\">")
        .contains(
            "default-src 'none'",
            "workload spiffe://dev.example/worker-b",
            "exec /usr/bin/true",
            "host host-b",
            "policy_denied",
            "What cannot be shown, and why",
            "scope=\"row\"")
        .doesNotContain("<script", "http-equiv=\"refresh", "src=", "href=", "url(", "@import");
  }

  @Test
  void text_ofOthers_staysText() {
    assertThat(ReportPage.text("<b a='\"'>&\u202e\u0000x\ud800"))
        .isEqualTo("&lt;b a=&#39;&quot;&#39;&gt;&amp;\ufffd\ufffdx\ufffd");
  }

  @Test
  void member_changed_isFoundByTheManifest() throws Exception {
    Map<String, byte[]> members = members(one);
    members.put(PackNames.REPORT, flipped(of(members, PackNames.REPORT)));
    assertThat(fails(written(members), "manifest").out())
        .contains("report.html must be of SHA-256");
  }

  /** One changed byte in each kind of member, in a pack that is made anew around it. */
  @Test
  void member_changedWithItsManifest_isFoundByWhatItIs() throws Exception {
    Map<String, byte[]> members = members(one);
    Map<String, String> found = new LinkedHashMap<>();
    for (String name : kinds(members)) {
      Map<String, byte[]> changed = new LinkedHashMap<>(members);
      changed.put(name, flipped(of(members, name)));
      Path file = name.equals(PackNames.MANIFEST) ? written(changed) : relisted(changed);
      Invocation verified = verify(file);
      assertThat(verified.status()).as(name + ": " + verified.out()).isEqualTo(ExitStatus.DENIED);
      Matcher failed = Pattern.compile("(?m)^FAILS +([a-z]+)").matcher(verified.out());
      assertThat(failed.find()).as(name + ": " + verified.out()).isTrue();
      found.put(name, failed.group(1));
    }
    assertThat(found)
        .containsEntry(PackNames.REPORT, "derived")
        .containsEntry(PackNames.LINEAGE, "derived")
        .containsEntry(PackNames.REPLAY, "derived")
        .containsEntry(PackNames.LOG_KEYS, "derived")
        .containsEntry(PackNames.MANIFEST, "manifest");
    // In its root a changed byte is no longer base64, or another root.
    assertThat(found.get(PackNames.CHECKPOINT)).isIn("contents", "checkpoint");
    assertThat(found.values()).contains("inclusion", "payloads", "consistency");
  }

  private static byte[] flipped(byte[] bytes) {
    byte[] flipped = bytes.clone();
    flipped[bytes.length / 2] ^= 1;
    return flipped;
  }

  /** A row that no leaf spells is held against the leaf that has its digest. */
  @Test
  void row_thatIsAnothers_isFound() throws Exception {
    for (String change :
        List.of("\"name\":\"host-b\"", "\"ak_public\":\"", "\"jkt\":\"", "\"tenant\":\"demo\"")) {
      Map<String, byte[]> members = members(range);
      String text = new String(of(members, PackNames.QUESTION), StandardCharsets.UTF_8);
      assertThat(text).contains(change);
      int at = text.indexOf(change) + change.length() - (change.endsWith(":\"") ? 0 : 2);
      String other = text.substring(at, at + 1).equals("A") ? "B" : "A";
      members.put(
          PackNames.QUESTION,
          (text.substring(0, at) + other + text.substring(at + 1))
              .getBytes(StandardCharsets.UTF_8));
      Invocation verified = verify(relisted(members));
      assertThat(verified.status()).as(change + verified.out()).isEqualTo(ExitStatus.DENIED);
    }
  }

  @Test
  void leaf_ofAnotherText_isNotInTheTree() throws Exception {
    Map<String, byte[]> members = members(one);
    String name = leafOf(members, LeafBody.DecisionAllow.class);
    String text = new String(of(members, name), StandardCharsets.UTF_8);
    members.put(
        name, text.replaceFirst("\"epoch\":1", "\"epoch\":2").getBytes(StandardCharsets.UTF_8));
    fails(relisted(members), "inclusion");
  }

  /** The last one of a kind. */
  static String leafOf(Map<String, byte[]> members, Class<? extends LeafBody> kind)
      throws Exception {
    Optional<String> found = Optional.empty();
    for (Map.Entry<String, byte[]> member : members.entrySet()) {
      if (member.getKey().startsWith(PackNames.LEAVES)
          && kind.isInstance(Leaf.parse(member.getValue()).body())) {
        found = Optional.of(member.getKey());
      }
    }
    return found.orElseThrow(
        () -> new AssertionError("a leaf of " + kind + " must be in the pack"));
  }

  /** What is left out, the manifest with it. */
  @Test
  void memberLeftOut_withItsManifest_isFound() throws Exception {
    Map<String, byte[]> members = members(range);
    String leaf = leafOf(members, LeafBody.DecisionAllow.class);
    for (String name :
        List.of(
            PackNames.QUESTION,
            PackNames.CHECKPOINT,
            leaf,
            leaf.replace("leaves", "proofs").replace("json", "tlog-proof"),
            leafOf(members, LeafBody.PolicyInForce.class).replace("leaves", "policies"),
            PackNames.trust(1),
            PackNames.MAKER_ROOTS,
            PackNames.LINEAGE,
            PackNames.REPORT)) {
      Map<String, byte[]> less = new LinkedHashMap<>(members);
      assertThat(less.remove(name)).as(name).isNotNull();
      Invocation verified = verify(relisted(less));
      assertThat(verified.status()).as(name + ": " + verified.out()).isEqualTo(ExitStatus.DENIED);
      assertThat(verified.out()).as(name).containsPattern("(?m)^FAILS ");
    }
  }

  /** It may have been erased, which nobody can tell from the pack: it is said, and the report says so. */
  @Test
  void payloadLeftOut_isSaidToBeMissing_andTheReportIsAnother() throws Exception {
    Map<String, byte[]> members = members(one);
    String index = leafOf(members, LeafBody.DecisionAllow.class).replaceAll("\\D", "");
    members.remove(PackNames.payload(Long.parseLong(index)));
    Invocation verified = fails(relisted(members), "derived");
    assertThat(verified.out())
        .containsPattern(
            "(?m)^missing +payloads .*1 asked for were erased, or left out, beside leaf "
                + Long.parseLong(index)
                + "$");
  }

  @Test
  void leafOfARangeLeftOut_isFound() throws Exception {
    Map<String, byte[]> members = members(range);
    String name = leafOf(members, LeafBody.DecisionDeny.class);
    String index = name.replaceAll("\\D", "");
    members.remove(name);
    members.remove(PackNames.proof(Long.parseLong(index)));
    members.remove(PackNames.payload(Long.parseLong(index)));
    assertThat(fails(relisted(members), "range").out()).contains("was asked for and must be there");
  }

  @Test
  void memberTooMany_withItsManifest_isFound() throws Exception {
    for (String name : List.of("extra.txt", "payloads/9999999999999999.json", "keys/more.json")) {
      Map<String, byte[]> members = members(one);
      Map<String, byte[]> more = new LinkedHashMap<>();
      more.put(name, new byte[] {'x'});
      more.putAll(members);
      fails(relisted(more), "derived");
    }
  }

  @Test
  void memberTooMany_withoutTheManifest_isFound() throws Exception {
    Map<String, byte[]> more = new LinkedHashMap<>();
    more.put("extra.txt", new byte[] {'x'});
    more.putAll(members(one));
    assertThat(fails(written(more), "manifest").out()).contains("extra.txt must be listed");
  }

  @Test
  void pack_underAnothersTrustFile_isNotBelieved() throws Exception {
    DemoService.Born other = DemoService.birth(folder.resolve("other"));
    Invocation verified =
        Invocation.of(
            "verify",
            "--pack",
            one,
            "--trust",
            other.folder().resolve("keys").resolve(KeyBirth.TRUST_FILE));
    assertThat(verified.status()).as(verified.err()).isEqualTo(ExitStatus.DENIED);
    assertThat(verified.out()).containsPattern("(?m)^FAILS +trust +trust/0+1.json must be");
  }

  @Test
  void commandLine_thatIsWrong_isRefused() throws Exception {
    Path out = folder.resolve("none.zip");
    assertThat(pack(out, "--range", "3..3").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(pack(out, "--range", "0..99999").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(pack(out, "no-id").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(pack(out, "0").status()).isEqualTo(ExitStatus.DENIED);
    assertThat(pack(one, jti).status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(out).doesNotExist();
    assertThat(verify(one, "--ear").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(verify(one, "--at", "2026-11-21T12:00:00Z").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(verify(out).status()).isEqualTo(ExitStatus.CONFIGURATION);
  }

  /** Each command of the manual's five questions, as it stands there. */
  @Test
  void fiveQuestions_asTheManualAsksThem_areAnswered() throws Exception {
    String manual = Files.readString(Path.of("..", "..", "docs", "OPERATIONS.md"));
    int section = manual.indexOf("### Five questions");
    Matcher commands =
        Pattern.compile("(?m)^(?:operator|auditor)\\$ writ (.*)$")
            .matcher(manual.substring(section, manual.indexOf("\n## ", section)));
    List<String> asked = new ArrayList<>();
    while (commands.find()) {
      List<Object> words = new ArrayList<>();
      for (String word : commands.group(1).split(" ")) {
        words.add(
            switch (word) {
              case "https://writ.acme.example:8443/ledger" -> tested.service().url() + "/ledger";
              case "01a1fd02-e0d5-7ce6-ad7a-8fc0be151149" -> jti;
              case "trust.json" -> tested.service().trustFile();
              case "serve.yaml" -> tested.config();
              case "november.zip" -> folder.resolve(word);
              default -> word;
            });
      }
      Invocation answered = Invocation.of(words.toArray());
      assertThat(answered.status())
          .as(words + answered.out() + answered.err())
          .isEqualTo(ExitStatus.DONE);
      asked.add(String.join(" ", commands.group(1).split(" ")[0], commands.group(1).split(" ")[1]));
      if (asked.get(asked.size() - 1).equals("lineage check")) {
        assertThat(answered.out()).contains(" 0 orphans, 0 findings");
      }
    }
    assertThat(asked)
        .containsExactly(
            "lineage root",
            "replay 01a1fd02-e0d5-7ce6-ad7a-8fc0be151149",
            "lineage check",
            "lineage tree",
            "pack --range",
            "verify --pack");
  }
}
