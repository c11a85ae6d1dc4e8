// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The policy that docs/OPERATIONS.md shows does what that page says of it. */
class OperationsPageTest {
  private static final Path PAGE = Path.of("../../docs/OPERATIONS.md");

  /** The block after the comment that names it. */
  private static final Pattern BLOCK =
      Pattern.compile("<!-- policy -->\n```json\n(.*?)```\n", Pattern.DOTALL);

  private static final String PROGRAM = "/usr/bin/date";
  private static final String AK_NAME = "000b" + Samples.HASH;

  private static Policy policy;
  private static String digest;

  @BeforeAll
  static void readPage() throws Exception {
    Matcher block = BLOCK.matcher(Files.readString(PAGE));
    assertThat(block.find()).as("the page must show a policy").isTrue();
    policy = Policy.compile(PolicyDocument.parse(block.group(1).getBytes(StandardCharsets.UTF_8)));
    Matcher found = Pattern.compile("\"digests\": \\[\"([0-9a-f]{64})\"]").matcher(block.group(1));
    assertThat(found.find()).as("the policy must name the program's digest").isTrue();
    digest = found.group(1);
  }

  private static ReferenceSet shown(String name) throws Exception {
    Matcher block =
        Pattern.compile("<!-- " + name + " -->\n```json\n(.*?)```\n", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(block.find()).as("the page must show a set with " + name).isTrue();
    return new Samples.Draft()
        .permit("all", "true")
        .with("reference_values", "[" + block.group(1) + "]")
        .document()
        .referenceSetFor("build-8")
        .orElseThrow();
  }

  @Test
  void referenceSet_ofTheList_isRead() throws Exception {
    ImaReference ima = shown("ima").ima().orElseThrow();
    assertThat(ima.digests()).containsOnlyKeys(ReferenceSet.Bank.SHA256);
    assertThat(ima.files()).containsOnlyKeys("/usr/bin/id");
    assertThat(ima.excluded()).containsExactlyInAnyOrder("/run/", "/tmp/*.log");
    assertThat(ima.unlisted()).isEqualTo(ImaReference.Effect.REFUSE);
    assertThat(ima.violations()).isEqualTo(ImaReference.Effect.WARN);
  }

  @Test
  void referenceSet_ofTheBoot_isRead() throws Exception {
    BootReference boot = shown("boot").boot().orElseThrow();
    assertThat(boot.pcrs()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(boot.secureBoot()).isTrue();
    assertThat(boot.dbx()).hasSize(1);
    assertThat(boot.effect()).isEqualTo(BootReference.Effect.REFUSE);
  }

  @Test
  void rule_ofTheChannel_demandsABoundOne() throws Exception {
    Matcher block =
        Pattern.compile("<!-- channel -->\n```json\n(.*?)```\n", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(block.find()).as("the page must show a rule of the channel").isTrue();
    Policy demanding = new Samples.Draft().rule(block.group(1)).permit("all", "true").policy();
    assertThat(demanding.readsChannel()).isTrue();
    assertThat(demanding.decide(ChannelTest.over(Optional.of(Env.Channel.BOUND))))
        .isInstanceOf(Decision.Allow.class);
    Decision unbound = demanding.decide(ChannelTest.over(Optional.of(Env.Channel.UNBOUND)));
    assertDenied(unbound, PolicyCode.RUNTIME_CONDITION);
    assertThat(unbound.reasons().get(0).rule()).isEqualTo("channel_not_bound");
  }

  @Test
  void policy_itsOwnTests_passAndCover() {
    TestReport report = PolicyTests.run(policy);
    assertThat(report.failures()).isEmpty();
    assertThat(report.gaps()).isEmpty();
  }

  @Test
  void policy_theProgramAlone_isAllowedWithoutObligations() {
    Decision decision = decide("build-8", exec(digest, List.of("date"), Map.of()), 1, true);
    assertThat(decision).isInstanceOf(Decision.Allow.class);
    assertThat(((Decision.Allow) decision).obligations()).isEmpty();
  }

  @Test
  void policy_theProgramInUtc_isAllowed() {
    assertThat(decide("build-8", exec(digest, List.of("date", "-u"), Map.of()), 1, true))
        .isInstanceOf(Decision.Allow.class);
  }

  @Test
  void policy_otherArguments_areDenied() {
    assertDenied(
        decide("build-8", exec(digest, List.of("date", "--help"), Map.of()), 1, true),
        PolicyCode.POLICY_DENIED);
    assertDenied(
        decide("build-8", exec(digest, List.of("date", "-u", "-u"), Map.of()), 1, true),
        PolicyCode.POLICY_DENIED);
  }

  @Test
  void policy_anotherContentOfTheProgram_isDenied() {
    assertDenied(
        decide("build-8", exec(Samples.HASH, List.of("date"), Map.of()), 1, true),
        PolicyCode.POLICY_DENIED);
  }

  @Test
  void policy_anotherHost_isDenied() {
    assertDenied(
        decide("build-9", exec(digest, List.of("date"), Map.of()), 1, true),
        PolicyCode.POLICY_DENIED);
  }

  @Test
  void policy_loaderVariable_isDenied() {
    assertDenied(
        decide(
            "build-8", exec(digest, List.of("date"), Map.of("LD_PRELOAD", Samples.HASH)), 1, true),
        PolicyCode.POLICY_DENIED);
  }

  @Test
  void policy_moreUsesThanOne_areDenied() {
    assertDenied(
        decide("build-8", exec(digest, List.of("date"), Map.of()), 2, true),
        PolicyCode.RUNTIME_CONDITION);
  }

  @Test
  void policy_changedMachine_isUntrusted() {
    assertDenied(
        decide("build-8", exec(digest, List.of("date"), Map.of()), 1, false),
        PolicyCode.ENVIRONMENT_UNTRUSTED);
  }

  private static void assertDenied(Decision decision, PolicyCode code) {
    assertThat(decision).isInstanceOf(Decision.Deny.class);
    assertThat(((Decision.Deny) decision).code()).isEqualTo(code);
  }

  private static Exec exec(String sha256, List<String> argv, Map<String, String> env) {
    return new Exec(PROGRAM, sha256, Optional.of(argv), "/", env, Map.of());
  }

  private static Decision decide(String host, Exec exec, long uses, boolean pcrsMatch) {
    return policy.decide(
        new Subject(host, AK_NAME, Optional.empty(), "spiffe://acme.example/clock"),
        new Request(
            "exec",
            PROGRAM,
            Samples.HASH,
            List.of("exec:AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg"),
            "acme",
            uses,
            Map.of(),
            0,
            Optional.empty(),
            Optional.of(exec)),
        Samples.GOVERNANCE,
        new Trust(
            Trust.Tier.AFFIRMING,
            pcrsMatch,
            Optional.of("as-installed"),
            Trust.Endorsement.TRUSTED,
            Map.of()),
        Samples.ENV,
        Instant.parse("2026-11-28T12:00:00Z"));
  }
}
