// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.ExecGateway;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillCase;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.DrillResult;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill on its own deployment: each code comes, and a part that is broken is found. */
class DrillTest {
  private static Path folder;
  private static DrillDemo demo;
  private static DrillDemo.Left left;

  @BeforeAll
  static void runDrill() throws Exception {
    BuiltWritExec.tell();
    // Unix sockets of the simulators lie in it: the path must stay short.
    folder = Files.createTempDirectory("writ-drill-test-");
    Files.createDirectory(folder.resolve("tmp"));
    demo = new DrillDemo(folder, new Drill(judged -> {}));
    left = demo.run();
  }

  @AfterAll
  static void end() throws Exception {
    if (demo != null) {
      demo.close();
    }
    TestFolders.remove(folder);
  }

  private static List<DrillCase> cases() {
    return left.logged().drill().report().cases();
  }

  private static String told(List<DrillCase> cases) {
    return cases.stream().map(DrillCase::toString).collect(Collectors.joining("\n"));
  }

  private static Set<DenialCode> passed(List<DrillCase> cases) {
    return cases.stream()
        .filter(DrillCase::ok)
        .map(DrillCase::code)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(DenialCode.class)));
  }

  @Test
  void drill_ofItsOwnDeployment_makesEveryCodeCome() {
    assertThat(cases())
        .as(told(cases()))
        .allMatch(
            each ->
                each.result() == DrillResult.PASSED || each.result() == DrillResult.NOT_APPLICABLE);
    assertThat(passed(cases())).isEqualTo(EnumSet.allOf(DenialCode.class));
    assertThat(left.logged().drill().report().ok()).isTrue();
  }

  /** Each code, at each door: it came, or why it cannot is said. */
  @Test
  void drill_ofItsOwnDeployment_leavesNoCodeOutAtAnyDoor() {
    for (DrillDoor door : DrillDoor.values()) {
      List<DrillCase> here = cases().stream().filter(each -> each.door() == door).toList();
      Set<DenialCode> missing = EnumSet.complementOf(EnumSet.copyOf(passed(here)));
      assertThat(
              here.stream()
                  .filter(each -> each.result() == DrillResult.NOT_APPLICABLE)
                  .map(DrillCase::code))
          .as("at %s", door)
          .containsExactlyInAnyOrderElementsOf(missing);
      Set<DenialCode> allowed =
          switch (door) {
            case SERVICE -> EnumSet.of(DenialCode.GOVERNANCE_DISCONTINUITY);
            case VERIFIER -> EnumSet.of(DenialCode.RUNTIME_INTEGRITY, DenialCode.POLICY_DENIED);
            case RUN -> EnumSet.noneOf(DenialCode.class);
          };
      assertThat(missing).as("at %s", door).isEqualTo(allowed);
    }
  }

  /** Those of DESIGN section 5: of an enrolled host that showed to be the one that asks. */
  @Test
  void denials_ofAnEnrolledHost_areLeaves() {
    Set<DenialCode> leaves =
        cases().stream()
            .filter(each -> each.leafIndex().isPresent())
            .map(DrillCase::code)
            .collect(Collectors.toSet());
    assertThat(leaves)
        .containsExactlyInAnyOrder(
            DenialCode.REPLAYED,
            DenialCode.SCOPE_EXCEEDED,
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            DenialCode.POLICY_DENIED,
            DenialCode.RUNTIME_CONDITION,
            DenialCode.ENVIRONMENT_UNTRUSTED,
            DenialCode.EXPIRED,
            DenialCode.POLICY_MISMATCH);
  }

  @Test
  void report_inTheLedger_isFoundByWhoeverReadsIt(@TempDir Path other) throws Exception {
    Path file = Files.write(other.resolve("drill.json"), left.logged().toJson());
    Invocation verify =
        Invocation.of("drill", "--verify", file, "--trust", left.trust(), "--max-age", "24");
    assertThat(verify.status()).as(verify.err()).isEqualTo(ExitStatus.DONE);
    assertThat(verify.out()).contains("holds       true", "drill_ok    true");
    Invocation tail =
        Invocation.of(
            "ledger",
            "tail",
            left.site().url().resolve("/ledger"),
            "--trust",
            left.trust(),
            "-n",
            "200");
    assertThat(tail.out()).contains("drill=" + left.logged().drill().report().digest().hex());
    Invocation check =
        Invocation.of(
            "lineage", "check", left.site().url().resolve("/ledger"), "--trust", left.trust());
    assertThat(check.status()).as(check.out() + check.err()).isEqualTo(ExitStatus.DONE);
    DrillSummary summary = (DrillSummary) Leaf.parse(left.logged().leaf()).body();
    assertThat(summary.failed()).isZero();
    assertThat(summary.demo()).isTrue();
  }

  @Test
  void report_changedOrOfAnotherTrust_doesNotHold(@TempDir Path other) throws Exception {
    String json = new String(left.logged().toJson(), StandardCharsets.UTF_8);
    Path changed =
        Files.writeString(
            other.resolve("changed.json"),
            json.replaceFirst("\"began\":\\d+", "\"began\":1700000000000"));
    Invocation verify = Invocation.of("drill", "--verify", changed, "--trust", left.trust());
    assertThat(verify.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verify.err()).contains("signed by an operator").hasLineCount(1);
    Path garbage = Files.writeString(other.resolve("garbage.json"), json.substring(1));
    assertThat(Invocation.of("drill", "--verify", garbage, "--trust", left.trust()).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
    LoggedDrill logged = left.logged();
    ProofBundle elsewhere = bundle();
    Path spliced =
        Files.write(
            other.resolve("spliced.json"),
            new LoggedDrill(logged.drill(), elsewhere.leaf(), elsewhere.tlogProof()).toJson());
    assertThat(Invocation.of("drill", "--verify", spliced, "--trust", left.trust()).err())
        .contains("what the leaf sums up");
  }

  private static ProofBundle bundle() throws Exception {
    try (AttesterSession session = open(left.site())) {
      return new DrillRequests(left.site(), session.attester(), left.wanted()).bundle();
    }
  }

  private static AttesterSession open(DrillSite site) throws Exception {
    return site.host().open(left.state(), site.service(), site.random());
  }

  /** The result of the code's cases at a door. */
  private static void assertFails(List<DrillCase> cases, DrillDoor door, DenialCode... codes) {
    assertThat(
            cases.stream()
                .filter(each -> each.door() == door && each.result() == DrillResult.FAILED)
                .map(DrillCase::code)
                .distinct())
        .as(told(cases))
        .containsExactlyInAnyOrder(codes);
  }

  private static List<DrillCase> verifierFaults(ExecGateway.Verification verifier)
      throws Exception {
    DrillSite site = left.site();
    Drill drill = new Drill(judged -> {});
    try (AttesterSession session = open(site);
        Attester anotherKey =
            Attester.open(
                session.tpm(),
                site.host().withoutKey().instanceKey(),
                site.service(),
                site.random())) {
      DrillRequests requests = new DrillRequests(site, session.attester(), left.wanted());
      new VerifierFaults(site, drill, session.attester(), anotherKey, requests, verifier).tell();
    }
    return drill.cases();
  }

  @Test
  void verifier_thatAsksForNothing_isFound() throws Exception {
    BundleVerifier sound = BundleVerifier.of(left.site().trust());
    List<DrillCase> cases =
        verifierFaults(
            (bundle, presentation, seen, now) ->
                sound.verify(bundle, Presentation.NOTHING, Seen.NOTHING_IS_USED, now));
    assertFails(
        cases,
        DrillDoor.VERIFIER,
        DenialCode.ENVIRONMENT_MISMATCH,
        DenialCode.SCOPE_EXCEEDED,
        DenialCode.RUNTIME_CONDITION,
        DenialCode.AUTHORIZATION_DISCONTINUITY,
        DenialCode.REPLAYED);
  }

  /** Whatever it says no to, it said no to what it had to allow. */
  @Test
  void verifier_thatDeniesEverything_isFound() throws Exception {
    BundleVerifier sound = BundleVerifier.of(left.site().trust());
    List<DrillCase> cases =
        verifierFaults(
            (bundle, presentation, seen, now) ->
                sound.verify(new byte[0], presentation, seen, now));
    // The sound verifier of the trust file that is not dev is asked beside it.
    assertThat(passed(cases)).isEmpty();
  }

  @Test
  void service_thatAnswersAnotherCode_isFound() throws Exception {
    DrillSite site = left.site();
    Drill drill = new Drill(judged -> {});
    try (MeddlingProxy proxy =
            new MeddlingProxy(
                site.url(), text -> text.replace("\"code\":\"replayed\"", "\"code\":\"expired\""));
        AttesterSession session = site.host().open(left.state(), proxy.endpoint(), site.random());
        Attester anotherKey =
            Attester.open(
                session.tpm(),
                site.host().withoutKey().instanceKey(),
                proxy.endpoint(),
                site.random())) {
      DrillSite behind = with(site, proxy);
      DrillRequests requests = new DrillRequests(behind, session.attester(), left.wanted());
      new ServiceFaults(behind, drill, session.attester(), anotherKey, requests).tell();
    }
    assertFails(drill.cases(), DrillDoor.SERVICE, DenialCode.REPLAYED);
  }

  private static DrillSite with(DrillSite site, MeddlingProxy proxy) {
    return new DrillSite(
        site.folder(),
        site.url(),
        proxy.endpoint(),
        site.trust(),
        site.trustOptions(),
        site.tenant(),
        site.workload(),
        site.host(),
        site.commands(),
        site.operator(),
        site.clock(),
        site.random());
  }

  /** A denial that is said and not enforced. */
  @Test
  void run_thatDeniesAndStartsTheProgram_isFound() throws Exception {
    DrillSite site = left.site();
    Path marker = site.marker("permitted");
    Path leaks = folder.resolve("leaks");
    Path unpacked = Files.createDirectories(leaks.resolve("tmp"));
    assertThat(unpacked).exists();
    DrillSite leaking =
        new DrillSite(
            site.folder(),
            site.url(),
            site.service(),
            site.trust(),
            site.trustOptions(),
            site.tenant(),
            site.workload(),
            site.host(),
            new HeldCommands(
                leaks,
                command -> {
                  List<String> leak =
                      new ArrayList<>(
                          List.of("/bin/sh", "-c", "touch \"$0\"; exec \"$@\"", marker.toString()));
                  leak.addAll(command);
                  return leak;
                }),
            site.operator(),
            site.clock(),
            site.random());
    RunFaults runs = new RunFaults(leaking, new Drill(judged -> {}), left.state());
    Came came = runs.run(runs.brought(folder.resolve("none")), "permitted", left.state());
    assertThat(came).isInstanceOf(Came.Otherwise.class);
  }

  @Test
  void drill_ofAServiceInUse_triesWhatHarmsNobody(@TempDir Path other) throws Exception {
    DrillSite site = left.site();
    Path report = other.resolve("drill.json");
    List<Object> words =
        List.of(
            "drill",
            "--service",
            site.url(),
            "--trust",
            left.trust(),
            "--state",
            left.state().path(),
            "--tpm",
            tcti(),
            "--tenant",
            site.tenant(),
            "--workload",
            site.workload(),
            "--socket",
            folder.resolve("service/operator.sock"),
            "--operator-key",
            folder.resolve("service/keys/operator-key.pem"),
            "--out",
            report,
            "-o",
            "json");
    try (FileChannel channel =
            FileChannel.open(
                left.state().path().resolve("drill.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThat(Invocation.of(words.toArray()).status()).isEqualTo(ExitStatus.CONFIGURATION);
    }
    Invocation inUse = Invocation.of(words.toArray());
    assertThat(inUse.status()).as(inUse.err()).isEqualTo(ExitStatus.DONE);
    LoggedDrill logged = LoggedDrill.parse(Files.readAllBytes(report));
    List<DrillCase> cases = logged.drill().report().cases();
    assertThat(cases).as(told(cases)).noneMatch(each -> each.result() == DrillResult.FAILED);
    assertThat(passed(cases))
        .containsAll(
            EnumSet.of(
                DenialCode.ARTIFACT_MISSING,
                DenialCode.REPLAYED,
                DenialCode.REVOKED,
                DenialCode.SIGNATURE_INVALID));
    assertThat(cases.stream().filter(each -> each.result() == DrillResult.NEEDS_DEMO).count())
        .isEqualTo(12);
    assertThat(inUse.out()).contains("\"result\":\"needs_demo\"", "\"report\":\"" + report + "\"");
  }

  private static String tcti() {
    List<String> options = left.site().host().options(left.state());
    return options.get(options.indexOf("--tpm") + 1);
  }

  @Test
  void usage_thatDoesNotGoTogether_isRefused() {
    assertThat(Invocation.of("drill", "--demo", "--verify", "x").status())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("drill", "--max-age", "1").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("drill").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("drill", "--operator-key", "x").status()).isEqualTo(ExitStatus.USAGE);
  }
}
