// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The form of a document: what is read from a good one, and how each bad one is refused. */
class PolicyDocumentTest {
  private static Samples.Draft draft() {
    return new Samples.Draft().permit("all", "true");
  }

  private static MalformedPolicyException refusal(byte[] bytes) {
    return catchThrowableOfType(
        MalformedPolicyException.class, () -> PolicyDocument.parse(bytes).id());
  }

  @Test
  void document_digest_isLabelledHashOfJcs() throws Exception {
    byte[] received = Samples.devPolicy();
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    byte[] inner = sha256.digest(new JsonCanonicalizer(received).getEncodedUTF8());
    sha256.update("writ-policy-v1".getBytes(StandardCharsets.US_ASCII));
    sha256.update((byte) 0);
    byte[] expected = sha256.digest(inner);
    assertThat(PolicyDocument.parse(received).digest().bytes()).isEqualTo(expected);
  }

  @Test
  void document_otherSpellingOfTheSameJson_hasTheSameDigest() throws Exception {
    PolicyDocument document = PolicyDocument.parse(Samples.devPolicy());
    assertThat(PolicyDocument.parse(document.canonical()).digest()).isEqualTo(document.digest());
    String spaced =
        new String(document.canonical(), StandardCharsets.UTF_8)
            .replace("\"author\":", "\n\t\"\\u0061uthor\" : ");
    assertThat(PolicyDocument.parse(spaced.getBytes(StandardCharsets.UTF_8)).digest())
        .isEqualTo(document.digest());
  }

  @Test
  void document_allMembers_areRead() throws Exception {
    PolicyDocument document =
        draft()
            .with("version", "7")
            .with("previous", "\"" + "ab".repeat(32) + "\"")
            .with("description", "\"For all.\"")
            .with("targets", "[\"acme\", \"dev\"]")
            .with(
                "reference_values",
                """
                [{"name": "web", "hosts": ["web-1"], "pcrs": {"sha384": {"7": ["%1$s", "%2$s"]}}},
                 {"name": "rest", "hosts": ["*"], "pcrs": {"sha256": {"0": ["%3$s"]}}}]
                """
                    .formatted("00".repeat(48), "11".repeat(48), "22".repeat(32)))
            .with(
                "approvals",
                "{\"threshold\": 2, \"approvers\": [\"a\", \"b\", \"c\"], \"separation\": true}")
            .with(
                "breakglass",
                "{\"threshold\": 1, \"approvers\": [\"d\", \"e\"], \"max_ttl_s\": 600,"
                    + " \"review_within_s\": 86400}")
            .document();
    assertThat(document.id()).isEqualTo("sample");
    assertThat(document.version()).isEqualTo(7);
    assertThat(document.previous()).contains(new PolicyDigest("ab".repeat(32)));
    assertThat(document.author()).isEqualTo("author@example.org");
    assertThat(document.description()).isEqualTo("For all.");
    assertThat(document.effectiveFrom()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(document.expires()).isEqualTo(Instant.parse("2027-01-01T00:00:00Z"));
    assertThat(document.targets()).containsExactly("acme", "dev");
    assertThat(document.lifetime()).isEqualTo(Duration.ofMinutes(5));
    assertThat(document.referenceSetFor("web-1").orElseThrow().pcrs())
        .isEqualTo(
            Map.of(ReferenceSet.Bank.SHA384, Map.of(7, List.of("00".repeat(48), "11".repeat(48)))));
    assertThat(document.referenceSetFor("other").orElseThrow().name()).isEqualTo("rest");
    assertThat(document.approvals()).contains(new Approvals(2, Set.of("a", "b", "c"), true));
    assertThat(document.breakglass())
        .contains(new Breakglass(1, Set.of("d", "e"), Duration.ofMinutes(10), Duration.ofDays(1)));
  }

  @Test
  void delegation_isNoneUnlessTheDocumentSaysHowDeep() throws Exception {
    PolicyDocument none = PolicyDocument.parse(Samples.devPolicy());
    assertThat(none.maxDelegationDepth()).isZero();
    assertThat(none.revise().delegation(64).build().maxDelegationDepth()).isEqualTo(64);
    for (int depth : new int[] {-1, 0, 65}) {
      assertThatThrownBy(() -> none.revise().delegation(depth).build())
          .isInstanceOf(MalformedPolicyException.class)
          .hasMessageContaining("$.delegation.max_depth");
    }
  }

  @Test
  void lease_isNoneUnlessTheDocumentSaysHowLong() throws Exception {
    PolicyDocument none = PolicyDocument.parse(Samples.devPolicy());
    assertThat(none.lease()).isEmpty();
    for (int seconds : new int[] {2, 3600}) {
      Duration maxAge = Duration.ofSeconds(seconds);
      assertThat(none.revise().lease(maxAge).build().lease()).contains(maxAge);
    }
    for (int seconds : new int[] {-1, 0, 1, 3601}) {
      assertThatThrownBy(() -> none.revise().lease(Duration.ofSeconds(seconds)).build())
          .isInstanceOf(MalformedPolicyException.class)
          .hasMessageContaining("$.lease.max_age_s");
    }
  }

  /** One in force since before goes on deciding; what is published anew must not be so. */
  @Test
  void breakglass_whoseReviewCannotBeGiven_isReadAndSaysWhy() {
    Duration minute = Duration.ofMinutes(1);
    assertThat(new Breakglass(1, Set.of("a"), minute, minute).unreviewable())
        .hasValueSatisfying(why -> assertThat(why).contains("at least 2"));
    assertThat(new Breakglass(1, Set.of("a", "b"), minute, minute.minusSeconds(1)).unreviewable())
        .hasValueSatisfying(why -> assertThat(why).contains("at least max_ttl_s, 60"));
    assertThat(new Breakglass(1, Set.of("a", "b"), minute, minute).unreviewable()).isEmpty();
  }

  static Stream<Arguments> malformedMembers() {
    String hash = "\"" + "0".repeat(64) + "\"";
    return Stream.of(
        Arguments.of("type", "\"writ-policy-v2\"", "$.type", "\"writ-policy-v1\""),
        Arguments.of("profile", "\"writ-cel-2\"", "$.profile", "\"writ-cel-1\""),
        Arguments.of("id", "\"Sample\"", "$.id", "a name of at most 64"),
        Arguments.of("id", "\"\"", "$.id", "a name of at most 64"),
        Arguments.of("id", "7", "$.id", "a name of at most 64"),
        Arguments.of("version", "0", "$.version", "an integer from 1"),
        Arguments.of("version", "1.0", "$.version", "an integer"),
        Arguments.of("version", "1e0", "$.version", "an integer"),
        Arguments.of("version", "9007199254740993", "$.version", "an integer of at most 2^53-1"),
        Arguments.of("version", "\"1\"", "$.version", "an integer from 1"),
        Arguments.of("version", "null", "$.version", "a value"),
        Arguments.of("version", "2", "$.previous", "given in each version but the first"),
        Arguments.of("previous", hash, "$.previous", "given in each version but the first"),
        Arguments.of("author", "\"two words\"", "$.author", "1 to 128 visible ASCII"),
        Arguments.of("author", "\"\\ud800\"", "$.author", "Unicode text"),
        Arguments.of("effective_from", "\"2026-01-01\"", "$.effective_from", "an RFC 3339 time"),
        Arguments.of(
            "effective_from", "\"2026-01-01T00:00:00+00:00\"", "$.effective_from", "RFC 3339"),
        Arguments.of(
            "effective_from", "\"2026-01-01T00:00:00.5Z\"", "$.effective_from", "RFC 3339"),
        Arguments.of(
            "effective_from", "\"2026-01-01T00:00:00.500Z\"", "$.effective_from", "whole seconds"),
        Arguments.of("expires", "\"2026-01-01T00:00:00Z\"", "$.expires", "after effective_from"),
        Arguments.of("targets", "[]", "$.targets", "an array of 1 to 16"),
        Arguments.of("targets", "[\"*\", \"dev\"]", "$.targets", "either \"*\" alone"),
        Arguments.of("targets", "[\"dev\", \"dev\"]", "$.targets", "different strings"),
        Arguments.of("lifetime_s", "0", "$.lifetime_s", "an integer from 1 to 3600"),
        Arguments.of("lifetime_s", "3601", "$.lifetime_s", "an integer from 1 to 3600"),
        Arguments.of("lifetime_s", "300.5", "$.lifetime_s", "an integer"),
        Arguments.of("ends_earlier_artifacts", "1", "$.ends_earlier_artifacts", "true or false"),
        Arguments.of("rules", "[]", "$.rules", "an array of 1 to 1024"),
        Arguments.of("rules", "{}", "$.rules", "an array of 1 to 1024"),
        Arguments.of("rules", "[1]", "$.rules[0]", "an object"),
        Arguments.of("constants", "{\"Big\": 1}", "$.constants.Big", "a CEL field name"),
        Arguments.of("constants", "{\"in\": 1}", "$.constants.in", "a CEL field name"),
        Arguments.of("constants", "{\"a\": 1.5}", "$.constants.a", "an integer"),
        Arguments.of("constants", "{\"a\": [1, \"b\"]}", "$.constants.a[1]", "an integer"),
        Arguments.of("constants", "{\"a\": [[1]]}", "$.constants.a[0]", "a string, an integer"),
        Arguments.of(
            "constants", "{\"a\": {\"b\": {}}}", "$.constants.a.b", "a string, an integer"),
        Arguments.of(
            "constants", "{\"a\": {\"b\": [1], \"c\": [true]}}", "$.constants.a.c[0]", "integer"),
        Arguments.of("approvals", "{}", "$.approvals.approvers", "given"),
        Arguments.of(
            "approvals",
            "{\"threshold\": 2, \"approvers\": [\"a\"], \"separation\": true}",
            "$.approvals.threshold",
            "from 1 to 1"),
        Arguments.of(
            "breakglass",
            "{\"threshold\": 1, \"approvers\": [\"a\", \"b\"], \"max_ttl_s\": 86401,"
                + " \"review_within_s\": 1}",
            "$.breakglass.max_ttl_s",
            "from 1 to 86400"),
        Arguments.of("tests", "[{\"name\": \"t\"}]", "$.tests[0].inputs", "given"),
        Arguments.of("inputs_schema", hash, "$.inputs_schema", "one of the members"));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("malformedMembers")
  void document_malformedMember_isRefusedWithItsPath(
      String member, String json, String path, String mustBe) {
    MalformedPolicyException refusal = refusal(draft().with(member, json).bytes());
    assertThat(refusal.path()).isEqualTo(path);
    assertThat(refusal.mustBe()).contains(mustBe);
    assertThat(refusal).hasMessageStartingWith(path + " (line ").hasMessageContaining(", was ");
  }

  @ParameterizedTest
  @MethodSource("requiredMembers")
  void document_absentMember_isRefused(String member) {
    MalformedPolicyException refusal = refusal(draft().without(member).bytes());
    assertThat(refusal.path()).isEqualTo("$." + member);
    assertThat(refusal.mustBe()).isEqualTo("given");
    assertThat(refusal.was()).isEqualTo("absent");
  }

  static Stream<String> requiredMembers() {
    return Stream.of(
        "type",
        "profile",
        "id",
        "version",
        "author",
        "effective_from",
        "expires",
        "targets",
        "lifetime_s",
        "reference_values");
  }

  static Stream<Arguments> malformedReferenceValues() {
    String zeros = "0".repeat(64);
    return Stream.of(
        Arguments.of("{\"sha1\": {\"0\": [\"" + "0".repeat(40) + "\"]}}", ".sha1", "sha256"),
        Arguments.of("{}", "", "at least one bank"),
        Arguments.of("{\"sha256\": {}}", ".sha256", "at least one PCR"),
        Arguments.of("{\"sha256\": {\"24\": [\"" + zeros + "\"]}}", ".sha256.24", "one of"),
        Arguments.of("{\"sha256\": {\"07\": [\"" + zeros + "\"]}}", ".sha256.07", "one of"),
        Arguments.of("{\"sha256\": {\"7\": []}}", ".sha256.7", "an array of 1 to 64"),
        Arguments.of("{\"sha256\": {\"7\": [\"00\"]}}", ".sha256.7[0]", "64 lower-case hex"),
        Arguments.of(
            "{\"sha256\": {\"7\": [\"" + "A".repeat(64) + "\"]}}",
            ".sha256.7[0]",
            "64 lower-case hex"),
        Arguments.of(
            "{\"sha384\": {\"7\": [\"" + zeros + "\"]}}", ".sha384.7[0]", "96 lower-case hex"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformedReferenceValues")
  void referenceValues_malformed_areRefused(String pcrs, String path, String mustBe) {
    String set = "[{\"name\": \"s\", \"hosts\": [\"*\"], \"pcrs\": " + pcrs + "}]";
    MalformedPolicyException refusal = refusal(draft().with("reference_values", set).bytes());
    assertThat(refusal.path()).isEqualTo("$.reference_values[0].pcrs" + path);
    assertThat(refusal.mustBe()).contains(mustBe);
  }

  @Test
  void referenceValues_hostInTwoSets_areRefused() {
    String pcrs = "\"pcrs\": {\"sha256\": {\"0\": [\"" + "0".repeat(64) + "\"]}}";
    String two =
        "[{\"name\": \"s\", \"hosts\": [\"h\"], %1$s}, {\"name\": \"t\", \"hosts\": [\"h\"], %1$s}]"
            .formatted(pcrs);
    assertThat(refusal(draft().with("reference_values", two).bytes()).mustBe())
        .isEqualTo("each host in one set");
    assertThat(refusal(draft().with("reference_values", two.replace("\"t\"", "\"s\"")).bytes()))
        .hasMessageContaining("sets of different names");
  }

  static Stream<Arguments> malformedRules() {
    return Stream.of(
        Arguments.of("\"id\":\"r\"", "\"id\":\"document/expires\"", "id"),
        Arguments.of("\"stage\":\"trust\"", "\"stage\":\"document\"", "stage"),
        Arguments.of("\"effect\":\"require\"", "\"effect\":\"allow\"", "effect"),
        Arguments.of("\"mode\":\"enforce\"", "\"mode\":\"off\"", "mode"),
        Arguments.of("\"when\":\"true\"", "\"when\":\"\"", "when"),
        Arguments.of("\"when\":\"true\"", "\"when\":true", "when"),
        Arguments.of("\"code\":\"policy_denied\"", "\"code\":\"replayed\"", "code"),
        Arguments.of("\"code\":\"policy_denied\",", "", "code"),
        Arguments.of("\"effect\":\"require\"", "\"effect\":\"permit\"", "code"),
        Arguments.of("\"reason_user\":\"u\"", "\"reason_user\":\"two\\nlines\"", "reason_user"),
        Arguments.of("\"reason_admin\":\"a\",", "", "reason_admin"),
        Arguments.of("\"mode\"", "\"severity\":\"high\",\"mode\"", "severity"),
        Arguments.of("\"mode\"", "\"obligations\":[\"Reroute\"],\"mode\"", "obligations[0]"),
        Arguments.of("\"mode\"", "\"obligations\":[\"reroute:\"],\"mode\"", "obligations[0]"),
        Arguments.of("\"mode\"", "\"obligations\":[\"lease\"],\"mode\"", "obligations[0]"),
        Arguments.of("\"mode\"", "\"obligations\":[\"lease:1\"],\"mode\"", "obligations[0]"),
        Arguments.of("\"mode\"", "\"obligations\":[\"lease:030\"],\"mode\"", "obligations[0]"),
        Arguments.of("\"mode\"", "\"obligations\":[\"lease:3601\"],\"mode\"", "obligations[0]"));
  }

  @ParameterizedTest(name = "{2} {index}")
  @MethodSource("malformedRules")
  void rule_malformed_isRefused(String part, String replacement, String member) {
    String rule =
        """
        {"id":"r","code":"policy_denied","stage":"trust","effect":"require","when":"true",\
        "reason_user":"u","reason_admin":"a","mode":"enforce"}""";
    assertThat(rule).contains(part);
    assertThatThrownBy(() -> draft().rule(rule.replace(part, replacement)).document())
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageStartingWith("$.rules[1]." + member + " ");
  }

  @Test
  void rule_forbidWithObligations_isRefused() {
    assertThatThrownBy(
            () ->
                draft()
                    .rule("f", "trust", "forbid", "false", "policy_denied", "enforce", "[\"log\"]")
                    .document())
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageContaining("would bind nobody");
  }

  @Test
  void rules_twoWithOneId_areRefused() {
    assertThat(refusal(draft().permit("all", "false").bytes()))
        .hasMessageContaining("rules of different ids")
        .hasMessageContaining("\"all\" twice");
  }

  @Test
  void text_notOneJsonValue_isRefused() {
    byte[] whole = draft().bytes();
    String text = new String(whole, StandardCharsets.UTF_8);
    assertThat(refusal(new byte[0])).hasMessageContaining("a JSON value");
    assertThat(refusal("[]".getBytes(StandardCharsets.UTF_8))).hasMessageContaining("an object");
    assertThat(refusal((text + "{}").getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("the end of the text");
    assertThat(refusal(text.replace("\"id\"", "\"author\"").getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("given once, was given twice")
        .extracting(MalformedPolicyException::line)
        .isEqualTo(5);
    assertThat(refusal(("// c\n" + text).getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("JSON (RFC 8259)");
    assertThat(refusal(("\ufeff" + text).getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("JSON (RFC 8259)");
    byte[] broken = whole.clone();
    broken[text.indexOf("sample")] = (byte) 0xff;
    assertThat(refusal(broken)).hasMessageContaining("UTF-8");
    for (int length = 0; length < whole.length - 2; length++) {
      assertThat(refusal(Arrays.copyOf(whole, length))).isNotNull();
    }
  }

  @Test
  void text_beyondItsBounds_isRefused() {
    byte[] large = new byte[StrictJson.MAX_BYTES + 1];
    Arrays.fill(large, (byte) ' ');
    assertThat(refusal(large)).hasMessageContaining("at most 1048576 bytes");
    String deep = "[".repeat(StrictJson.MAX_DEPTH + 1) + "]".repeat(StrictJson.MAX_DEPTH + 1);
    assertThat(refusal(deep.getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("JSON (RFC 8259)");
    assertThat(refusal(draft().with("description", "\"" + "x".repeat(4_097) + "\"").bytes()))
        .hasMessageContaining("at most 4096 characters");
    assertThat(refusal(draft().with("description", "\"" + "x".repeat(17_000) + "\"").bytes()))
        .hasMessageContaining("JSON (RFC 8259)");
  }

  @Test
  void revision_nextVersion_namesTheOneBefore() throws Exception {
    PolicyDocument first = draft().document();
    PolicyDocument second =
        first
            .revise()
            .nextVersion()
            .inForce(Instant.parse("2027-01-01T00:00:00Z"), Instant.parse("2028-01-01T00:00:00Z"))
            .constant("actions", List.of("exec"))
            .build();
    assertThat(second.version()).isEqualTo(2);
    assertThat(second.previous()).contains(first.digest());
    assertThat(second.expires()).isEqualTo(Instant.parse("2028-01-01T00:00:00Z"));
  }

  @Test
  void endOfEarlierArtifacts_isSaidOfOneVersion() throws Exception {
    PolicyDocument first = draft().document();
    assertThat(first.endsEarlierArtifacts()).isFalse();
    assertThat(draft().with("ends_earlier_artifacts", "false").document().endsEarlierArtifacts())
        .isFalse();

    PolicyDocument second =
        first.revise().nextVersion().endsEarlierArtifacts().author("somebody").build();

    assertThat(second.endsEarlierArtifacts()).isTrue();
    assertThat(second.author()).isEqualTo("somebody");
    assertThat(second.revise().nextVersion().build().endsEarlierArtifacts()).isFalse();
  }

  @Test
  void revision_ofNonsense_isRefused() throws Exception {
    PolicyDocument first = draft().document();
    assertThatThrownBy(() -> first.revise().lifetime(Duration.ofDays(1)).build())
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageStartingWith("$.lifetime_s");
  }
}
