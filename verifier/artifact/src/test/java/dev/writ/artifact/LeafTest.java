// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The ledger's entry: one meaning, one spelling. */
class LeafTest {
  private static final Commitment COMMITMENT = new Commitment(hash("commitment"));

  private static LeafBody scoped(RevokedScope scope) {
    return new LeafBody.ScopeRevocation(
        scope, RevocationReason.KEY_COMPROMISE, RevokedBy.RECONCILIATION);
  }

  static Stream<LeafBody> bodies() {
    return Stream.of(
        new LeafBody.Enrolment(COMMITMENT, hash("ak"), hash("ek"), Admission.LISTED),
        Issuance.decisionOn(TestWorld.claims(), hash("artifact")),
        new LeafBody.DecisionDeny(
            DenialCode.ENVIRONMENT_UNTRUSTED,
            "pcr-4",
            Optional.of(hash("request")),
            Optional.of(hash("evidence")),
            hash("policy"),
            1),
        new LeafBody.DecisionDeny(
            DenialCode.UNVERIFIABLE, "malformed", Optional.empty(), Optional.empty(), hash("p"), 1),
        new LeafBody.Enrolment(COMMITMENT, hash("ak"), hash("ek"), Admission.INVITED),
        new LeafBody.Outcome(
            TestWorld.JTI, OutcomeState.FAILED, Reporter.GATEWAY, hash("kid"), hash("statement")),
        new Verification(
            Optional.of(TestWorld.JTI),
            Verifier.SERVICE,
            Optional.of(hash("gateway")),
            COMMITMENT,
            Optional.empty(),
            Optional.empty(),
            OptionalLong.of(3)),
        new Evaluation(Optional.empty(), COMMITMENT, hash("policy"), 1),
        new Evaluation(
            Optional.of(new Evaluation.Denied(DenialCode.POLICY_DENIED, "document/questions")),
            COMMITMENT,
            hash("policy"),
            7),
        new Verification(
            Optional.empty(),
            Verifier.SERVICE,
            Optional.empty(),
            COMMITMENT,
            Optional.of(DenialCode.LINEAGE_FRAGMENTED),
            Optional.of("leaf"),
            OptionalLong.empty()),
        new LeafBody.Revocation(TestWorld.JTI, RevocationReason.HOST_COMPROMISED),
        new HostChange(hash("ak"), HostStanding.SUSPENDED, RevocationReason.HOST_COMPROMISED),
        new HostChange(hash("ak"), HostStanding.ACTIVE, RevocationReason.UNSPECIFIED),
        new LeafBody.BootRevocation(hash("ak"), 7, 0xffff_ffffL, BootEnd.NEW_BOOT),
        scoped(new RevokedScope.OfHost(hash("ak"))),
        scoped(new RevokedScope.OfWorkload(COMMITMENT, 1)),
        scoped(new RevokedScope.OfKey(hash("kid"), new RevokedScope.Places(0, 9))),
        scoped(new RevokedScope.OfEpoch(3, new RevokedScope.Places(7, 8))),
        scoped(new RevokedScope.OfRange(new RevokedScope.Places(2, 1L << 52))),
        new LeafBody.Approval(
            ApprovalOf.ENROLMENT, COMMITMENT, hash("secret"), TestWorld.NOW.plusMillis(1)),
        new LeafBody.Summary(
            TestWorld.MADE,
            TestWorld.NOW,
            List.of(
                new RefusalCount(DenialCode.UNVERIFIABLE, "body_too_large", 3),
                new RefusalCount(DenialCode.RUNTIME_INTEGRITY, "challenge_mac", 1))),
        new DrillSummary(
            TestWorld.MADE, TestWorld.MADE, hash("report"), hash("kid"), true, 45, 2, 0),
        new GovernanceStep.Begun(
            BreakglassTest.grant(),
            BreakglassTest.use(),
            TestWorld.MADE.plusSeconds(60),
            TestWorld.MADE.plusSeconds(90)),
        GovernanceStep.Ordered.of(
            BreakglassTest.order(GovernanceOrder.Kind.FREEZE, OptionalLong.empty())),
        GovernanceStep.Ordered.of(
            BreakglassTest.order(GovernanceOrder.Kind.END, OptionalLong.empty())),
        new GovernanceStep.Ordered(
            BreakglassTest.order(GovernanceOrder.Kind.END, OptionalLong.empty()), false),
        GovernanceStep.Ordered.of(
            BreakglassTest.order(GovernanceOrder.Kind.REVIEW, OptionalLong.empty())),
        new LeafBody.PolicyInForce(new PolicyReference("payroll", 3, hash("policy"), 7)),
        new LeafBody.KeyStatement(
            hash("kid"), KeyRole.ISSUER, KeyAlgorithm.ES256, KeyState.ACTIVE, Optional.empty()),
        new LeafBody.KeyStatement(
            hash("kid"),
            KeyRole.CHECKPOINT,
            KeyAlgorithm.ES256,
            KeyState.RETIRING,
            Optional.of("writ.example/log+00000000+AA==")));
  }

  private static Leaf leaf(LeafBody body) {
    return Leaf.of(TestWorld.MADE, TestWorld.LEAF_ID, List.of(hash("parent")), body);
  }

  private static String decision() {
    return new String(
        leaf(Issuance.decisionOn(TestWorld.claims(), hash("artifact"))).bytes(),
        StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({
    "PREPUBLISHED, pre_published",
    "ACTIVE, active",
    "RETIRING, retiring",
    "RETIRED, retired",
    "DESTROYED, destroyed",
    "COMPROMISED, compromised"
  })
  void keyLeaf_inEachState_saysItsWord(KeyState state, String word) throws Exception {
    LeafBody key =
        new LeafBody.KeyStatement(
            hash("kid"), KeyRole.ISSUER, KeyAlgorithm.ES256, state, Optional.empty());

    String written = new String(leaf(key).bytes(), StandardCharsets.UTF_8);

    assertThat(written).contains("\"state\":\"" + word + "\"");
    assertThat(Leaf.parse(leaf(key).bytes()).body()).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"verdict\":\"allow\"', '\"code\":\"replayed\",\"reason\":\"r\",\"verdict\":\"allow\"'",
    "'\"verdict\":\"allow\"', '\"reason\":\"r\",\"verdict\":\"allow\"'",
    "'\"verdict\":\"allow\"', '\"verdict\":\"deny\"'",
    "'\"verdict\":\"allow\"', '\"jti\":\"01a1fd02-e0d5-7ce6-ad7a-8fc0be151149\",\"verdict\":\"allow\"'",
    "'\"epoch\":1', '\"epoch\":0'"
  })
  void evaluation_thatSaysTwoThings_isNoLeaf(String from, String to) {
    String whole =
        new String(
            leaf(new Evaluation(Optional.empty(), COMMITMENT, hash("policy"), 1)).bytes(),
            StandardCharsets.UTF_8);
    assertThat(whole).contains(from);
    assertThatThrownBy(() -> Leaf.parse(whole.replace(from, to).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedLeafException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"result\":\"allow\"', '\"reason\":\"r\",\"result\":\"allow\"'",
    "'\"result\":\"allow\"', '\"result\":\"replayed\"'",
    "'\"result\":\"allow\"', '\"reason\":\"r\",\"result\":\"replayed\"'",
    "'\"result\":\"allow\"', '\"result\":\"permit\"'",
    "'\"max_uses\":3', '\"max_uses\":0'",
    "'\"max_uses\":3', '\"max_uses\":3,\"use\":1'",
    "'\"verifier\":\"service\"', '\"verifier\":\"gateway\"'"
  })
  void verification_thatSaysTwoThings_isNoLeaf(String from, String to) {
    String whole =
        new String(
            leaf(new Verification(
                    Optional.of(TestWorld.JTI),
                    Verifier.SERVICE,
                    Optional.of(hash("gateway")),
                    COMMITMENT,
                    Optional.empty(),
                    Optional.empty(),
                    OptionalLong.of(3)))
                .bytes(),
            StandardCharsets.UTF_8);
    assertThat(whole).contains(from);
    assertThatThrownBy(() -> Leaf.parse(whole.replace(from, to).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedLeafException.class);
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void parse_ofBytes_isTheSameLeaf(LeafBody body) throws Exception {
    Leaf leaf = leaf(body);
    Leaf parsed = Leaf.parse(leaf.bytes());

    assertThat(parsed).isEqualTo(leaf);
    assertThat(parsed.body()).isEqualTo(body);
    assertThat(parsed.kind()).isEqualTo(body.kind());
    assertThat(parsed.parents()).containsExactly(hash("parent"));
    assertThat(parsed.id()).isEqualTo(TestWorld.LEAF_ID);
    assertThat(parsed.time()).isEqualTo(TestWorld.MADE);
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void bytes_areCanonical(LeafBody body) throws Exception {
    byte[] bytes = leaf(body).bytes();

    assertThat(bytes).isEqualTo(new JsonCanonicalizer(bytes).getEncodedUTF8());
  }

  /** RFC 6962 section 2.1: SHA-256(0x00 || d(0)). */
  @Test
  void hash_isThatOfRfc6962() {
    Leaf leaf = leaf(new LeafBody.Enrolment(COMMITMENT, hash("ak"), hash("ek"), Admission.LISTED));

    assertThat(leaf.hash()).isEqualTo(Hash.sha256(new byte[] {0}, leaf.bytes()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\":2};v",
        "\"v\":1};\"v\":1,\"x\":0};x",
        "\"kind\":\"decision.allow\";\"kind\":\"decision.maybe\";kind",
        "\"kind\":\"decision.allow\";\"kind\":\"verification\";verifier",
        "\"kind\":\"decision.allow\";\"kind\":\"enrolment\";ak_name_digest",
        "\"time\":1793606400000;\"time\":-1;time",
        "\"time\":1793606400000;\"time\":1793606400000.5;time",
        "\"id\":\"019a4315-7d02-7;\"id\":\"019a4315-7d02-1;id",
        "\"epoch\":7;\"epoch\":0;epoch",
        "\"parents\":[;\"parents\":[\"00\",;parents",
        "\"jti\":\"019a;\"jti\":\"019A;jti",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] bytes = Replace.once(decision(), from, to).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> Leaf.parse(bytes))
        .isInstanceOfSatisfying(
            MalformedLeafException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\": 1}",
        "\"v\":1};\"v\":1}\\n",
        "\"kind\":\"decision;\"k\\u0069nd\":\"decision",
        "\"decision.allow\";\"decision\\u002eallow\"",
      })
  void parse_anotherSpelling_malformed(String from, String to) {
    byte[] bytes =
        Replace.once(decision(), from, to.replace("\\n", "\n")).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> Leaf.parse(bytes))
        .isInstanceOf(MalformedLeafException.class)
        .hasMessageContaining("canonical JSON");
  }

  @Test
  void parse_membersInAnotherOrder_malformed() {
    String json = decision();
    String reordered = "{\"v\":1," + json.substring(1, json.length() - ",\"v\":1}".length()) + "}";

    assertThatThrownBy(() -> Leaf.parse(reordered.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedLeafException.class)
        .hasMessageContaining("canonical JSON");
  }

  @Test
  void of_timeFinerThanMilliseconds_isRefused() {
    assertThatThrownBy(
            () ->
                Leaf.of(
                    TestWorld.MADE.plusNanos(1),
                    TestWorld.LEAF_ID,
                    List.of(),
                    new LeafBody.Enrolment(COMMITMENT, hash("ak"), hash("ek"), Admission.LISTED)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("whole millisecond");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "outcome;\"state\":\"failed\";\"state\":\"fine\";state",
        "outcome;\"reporter\":\"gateway\";\"reporter\":\"operator\";reporter",
        "outcome;\"kid\":\";\"kid\":\"A;kid",
        "outcome;\"statement_digest\":\";\"statement_digest\":\"A;statement_digest",
        "revocation;\"host_compromised\";\"because\";reason",
        "revocation;\"jti\":;\"jtj\":;jti",
        "revocation;\"ak_name_digest\":\";\"ak_name_digest\":\"A;ak_name_digest",
        "revocation;\"reset_count\":7;\"reset_count\":-1;reset_count",
        "revocation;\"restart_count\":4294967295;\"restart_count\":4294967296;restart_count",
        "revocation;\"new_boot\";\"superseded\";reason",
        "approval;\"of\":\"enrolment\";\"of\":\"anything\";of",
        "approval;\"subject\":\";\"subject\":\"A;subject",
        "approval;\"expires\":1793606430001;\"expires\":-1;expires",
        "summary;\"count\":3;\"count\":0;counts[1].count",
        "summary;\"count\":3;\"count\":3,\"x\":1;counts[1].x",
        "summary;\"code\":\"unverifiable\";\"code\":\"fine\";counts[1].code",
        "summary;\"body_too_large\";\"body too large\";counts.reason",
        "summary;\"from\":1793606400000;\"from\":1793606430000;to",
        "enrolment;\"admission\":\"invited\";\"admission\":\"first\";admission",
      })
  void parse_memberOfALaterKindWrong_malformedNamingIt(
      String kind, String from, String to, String field) {
    byte[] leaf =
        bodies()
            .filter(body -> body.kind().wire().equals(kind))
            .map(body -> leaf(body).bytes())
            .filter(bytes -> new String(bytes, StandardCharsets.UTF_8).contains(from))
            .findFirst()
            .orElseThrow();

    assertThatThrownBy(() -> Leaf.parse(Replace.once(leaf, from, to)))
        .isInstanceOfSatisfying(
            MalformedLeafException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  private static LeafBody.Summary summary(List<RefusalCount> counts) {
    return new LeafBody.Summary(TestWorld.MADE, TestWorld.NOW, counts);
  }

  @Test
  void summary_countsInAnyOrder_areKeptInOne() {
    RefusalCount b = new RefusalCount(DenialCode.UNVERIFIABLE, "b", 1);
    RefusalCount a = new RefusalCount(DenialCode.UNVERIFIABLE, "a", 2);
    RefusalCount replayed = new RefusalCount(DenialCode.REPLAYED, "z", 3);

    assertThat(summary(List.of(b, replayed, a)).counts()).containsExactly(replayed, a, b);
  }

  @Test
  void summary_countsOutOfOrderInTheBytes_malformed() {
    byte[] leaf =
        leaf(summary(
                List.of(
                    new RefusalCount(DenialCode.UNVERIFIABLE, "a", 1),
                    new RefusalCount(DenialCode.UNVERIFIABLE, "b", 1))))
            .bytes();
    byte[] swapped = Replace.once(leaf, "\"reason\":\"a\"", "\"reason\":\"c\"");

    assertThatThrownBy(() -> Leaf.parse(swapped))
        .isInstanceOf(MalformedLeafException.class)
        .hasMessageContaining("canonical JSON");
  }

  @Test
  void summary_twoOfOneCauseOrNoneOrNoTime_isRefused() {
    RefusalCount once = new RefusalCount(DenialCode.UNVERIFIABLE, "a", 1);
    RefusalCount again = new RefusalCount(DenialCode.UNVERIFIABLE, "a", 2);

    assertThatThrownBy(() -> summary(List.of(once, again)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one of each code and reason");
    assertThatThrownBy(() -> summary(List.of())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LeafBody.Summary(TestWorld.NOW, TestWorld.NOW, List.of(once)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** As many counts, as long words and as large numbers as there can be, from as many parents. */
  @Test
  void summary_fullest_isALeaf() throws Exception {
    List<RefusalCount> counts =
        IntStream.range(0, LeafBody.Summary.MAX_COUNTS)
            .mapToObj(
                i ->
                    new RefusalCount(
                        DenialCode.AUTHORIZATION_DISCONTINUITY,
                        String.format("%064d", i),
                        Require.MAX_EXACT))
            .toList();
    List<Hash> parents =
        IntStream.range(0, Leaf.MAX_PARENTS).mapToObj(i -> hash("parent " + i)).toList();
    Leaf leaf = Leaf.of(TestWorld.MADE, TestWorld.LEAF_ID, parents, summary(counts));

    assertThat(Leaf.parse(leaf.bytes())).isEqualTo(leaf);
    assertThat(leaf.bytes().length).isBetween(18_000, Leaf.MAX_BYTES);
  }

  @Test
  void keyStatement_vkeyWithoutCheckpointRoleOrBack_isRefused() {
    assertThatThrownBy(
            () ->
                new LeafBody.KeyStatement(
                    hash("k"),
                    KeyRole.ISSUER,
                    KeyAlgorithm.ES256,
                    KeyState.ACTIVE,
                    Optional.of("vkey")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new LeafBody.KeyStatement(
                    hash("k"),
                    KeyRole.CHECKPOINT,
                    KeyAlgorithm.ES256,
                    KeyState.ACTIVE,
                    Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** One that names a payload, and the same as a version wrote it that named none. */
  @ParameterizedTest
  @MethodSource("bodies")
  void leafThatNamesItsPayload_isAnotherAndSaysSo(LeafBody body) throws Exception {
    Leaf none = leaf(body);
    Leaf names = none.naming(hash("payload"));

    assertThat(none.payload()).isEmpty();
    assertThat(Leaf.parse(none.bytes()).payload()).isEmpty();
    assertThat(Leaf.parse(names.bytes())).isEqualTo(names).isNotEqualTo(none);
    assertThat(Leaf.parse(names.bytes()).payload()).contains(hash("payload"));
    assertThat(names.hash()).isNotEqualTo(none.hash());
    assertThat(names.body()).isEqualTo(none.body());
    assertThat(new String(names.bytes(), StandardCharsets.UTF_8))
        .contains("\"payload\":\"" + hash("payload").hex() + "\"");
    String broken =
        new String(names.bytes(), StandardCharsets.UTF_8)
            .replace(hash("payload").hex(), hash("payload").hex().substring(2));
    assertThatThrownBy(() -> Leaf.parse(broken.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedLeafException.class)
        .hasMessageContaining("payload");
  }
}
