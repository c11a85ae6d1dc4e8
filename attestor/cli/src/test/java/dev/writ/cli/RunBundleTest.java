// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code writ run --bundle}: this very execution, on this host, as often as was allowed. */
class RunBundleTest {
  private static final int NOT_EXECUTED = 126;
  private static final int AT_ONCE = 8;
  private static final int SWAPS = 20;

  private static GovernedHosts hosts;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  private static Path folder() throws IOException {
    return Files.createTempDirectory(hosts.work(), "t-");
  }

  /** Nothing was started: nothing was printed. */
  private static void assertDenied(WritProcess process, String code) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).as(ended.err()).isEqualTo(code);
    assertThat(ended.out()).isEmpty();
  }

  private static void assertPrints(WritProcess process, String printed) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo(printed);
  }

  /** None of them costs the use that is then taken. */
  @Test
  void execution_thatIsAnother_isDenied() throws Exception {
    Path bundle = hosts.bundle(1, List.of(), "echo", "one");
    assertDenied(hosts.under(bundle, "echo", "two"), "scope_exceeded");
    assertDenied(hosts.under(bundle, "echo", "one", ""), "scope_exceeded");
    assertDenied(hosts.under(bundle, "/bin/echo", "one"), "scope_exceeded");
    assertDenied(hosts.under(bundle, "printf", "one"), "scope_exceeded");
    assertDenied(
        hosts.under(bundle, "echo", "one").with("PATH", "/usr/bin:/bin:/nonexistent"),
        "scope_exceeded");
    assertDenied(hosts.under(bundle, "echo", "one").with("LC_WRIT", "x"), "scope_exceeded");
    assertDenied(hosts.under(bundle, "echo", "one").with("HOME", "/nonexistent"), "scope_exceeded");
    assertDenied(hosts.under(bundle, "echo", "one").in(Path.of("/")), "scope_exceeded");
    assertPrints(hosts.under(bundle, "echo", "one"), "one\n");
  }

  @Test
  void variable_named_isBoundByItsValue() throws Exception {
    Path bundle =
        hosts.bundle(
            hosts.asking(1, List.of("--env", "MINE"), "echo", "one").with("MINE", "allowed"));
    List<String> options = List.of("--bundle", bundle.toString(), "--env", "MINE");
    assertDenied(
        hosts.on(hosts.hostA(), "run", options, "echo", "one").with("MINE", "other"),
        "scope_exceeded");
    assertDenied(
        hosts.on(hosts.hostA(), "run", options, "echo", "one").without("MINE"), "scope_exceeded");
    assertDenied(hosts.under(bundle, "echo", "one").with("MINE", "allowed"), "scope_exceeded");
    assertPrints(
        hosts.on(hosts.hostA(), "run", options, "echo", "one").with("MINE", "allowed"), "one\n");
  }

  @Test
  void boundFile_changed_isDenied() throws Exception {
    Path data = Files.writeString(folder().resolve("data"), "as allowed\n");
    List<String> bind = List.of("--bind", data.toString());
    Path bundle = hosts.bundle(1, bind, "cat", data.toString());
    List<String> options = List.of("--bundle", bundle.toString(), "--bind", data.toString());
    Files.writeString(data, "another\n");
    assertDenied(hosts.on(hosts.hostA(), "run", options, "cat", data.toString()), "scope_exceeded");
    Files.writeString(data, "as allowed\n");
    assertDenied(hosts.under(bundle, "cat", data.toString()), "scope_exceeded");
    assertPrints(hosts.on(hosts.hostA(), "run", options, "cat", data.toString()), "as allowed\n");
  }

  @Test
  void boundFile_thatIsNone_isWritsOwnFailure() throws Exception {
    for (String file : List.of("/nonexistent/data", "/tmp", "/dev/null")) {
      WritProcess.Ended ended = hosts.fresh(List.of("--bind", file), "echo", "one").run();
      assertThat(ended.status()).as(ended.err()).isEqualTo(ExitStatus.BUG);
      assertThat(ended.err()).contains(file).hasLineCount(1);
      assertThat(ended.out()).isEmpty();
    }
  }

  @Test
  void script_changed_isDenied() throws Exception {
    Path script =
        GovernedHosts.executable(folder().resolve("script"), "#!/bin/sh -e\necho \"$1\"\n");
    Path bundle = hosts.bundle(1, List.of(), script.toString(), "one");
    GovernedHosts.executable(script, "#!/bin/sh -e\necho evil\n");
    assertDenied(hosts.under(bundle, script.toString(), "one"), "scope_exceeded");
    GovernedHosts.executable(script, "#!/bin/sh -e\necho \"$1\"\n");
    assertPrints(hosts.under(bundle, script.toString(), "one"), "one\n");
  }

  @Test
  void program_swapped_isDenied() throws Exception {
    Path program = Files.copy(Path.of("/bin/echo"), folder().resolve("tool"));
    Path bundle = hosts.bundle(1, List.of(), program.toString(), "one");
    Path ignored = Files.copy(Path.of("/bin/cat"), program, StandardCopyOption.REPLACE_EXISTING);
    assertDenied(hosts.under(bundle, program.toString(), "one"), "scope_exceeded");
  }

  @Test
  void bundle_thatIsNone_isDenied() throws Exception {
    Path folder = folder();
    Path good = hosts.bundle(1, List.of(), "echo", "one");
    assertDenied(hosts.under(folder.resolve("missing"), "echo", "one"), "artifact_missing");
    assertDenied(
        hosts.under(Files.writeString(folder.resolve("empty"), ""), "echo", "one"),
        "artifact_missing");
    assertDenied(
        hosts.under(Files.writeString(folder.resolve("garbage"), "{\"a\":"), "echo", "one"),
        "unverifiable");
    assertDenied(
        hosts.under(
            Files.writeString(folder.resolve("cut"), Files.readString(good).substring(1)),
            "echo",
            "one"),
        "unverifiable");
    assertDenied(
        hosts.under(
            Files.write(folder.resolve("long"), new byte[ProofBundle.MAX_BYTES + 1]),
            "echo",
            "one"),
        "unverifiable");
    ProofBundle given = ProofBundle.parse(Files.readAllBytes(good));
    int at = given.artifact().indexOf('.') + 40;
    ProofBundle changed =
        new ProofBundle(
            given.artifact().substring(0, at)
                + (given.artifact().charAt(at) == 'e' ? 'f' : 'e')
                + given.artifact().substring(at + 1),
            given.leaf(),
            given.tlogProof(),
            given.statusListToken());
    assertDenied(
        hosts.under(Files.write(folder.resolve("changed"), changed.toJson()), "echo", "one"),
        "signature_invalid");
    assertThat(hosts.under(folder, "echo", "one").run().status()).isEqualTo(ExitStatus.BUG);
  }

  @Test
  void bundle_onAnotherHost_isDenied() throws Exception {
    Path bundle = hosts.bundle(1, List.of(), "echo", "one");
    assertDenied(
        hosts.on(hosts.hostB(), "run", List.of("--bundle", bundle.toString()), "echo", "one"),
        "environment_mismatch");
  }

  /** The instance key's file is another host's, or another key's. */
  @Test
  void bundle_withoutItsInstanceKey_isDenied() throws Exception {
    Path bundle = hosts.bundle(1, List.of(), "echo", "one");
    Path state =
        Files.createTempDirectory(
            hosts.work(),
            "state-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    assertDenied(
        hosts.on(
            hosts.hostA(), state, "run", List.of("--bundle", bundle.toString()), "echo", "one"),
        "environment_mismatch");
  }

  @Test
  void bundle_afterAPcrChanged_isDenied() throws Exception {
    List<String> options = List.of("--service", hosts.url(), "--workload", GovernedHosts.WORKER_B);
    Path bundle = hosts.bundle(hosts.on(hosts.hostB(), "attest", options, "echo", "one"));
    try (dev.writ.tpm.Tpm tpm = dev.writ.tpm.Tpm.open(hosts.hostB().tcti())) {
      tpm.extendPcr(8, PcrBank.SHA256, Hash.sha256(new byte[] {1}).bytes());
    }
    assertDenied(
        hosts.on(hosts.hostB(), "run", List.of("--bundle", bundle.toString()), "echo", "one"),
        "environment_mismatch");
  }

  @Test
  void bundle_revoked_isDeniedOnceANewerTokenWasSeen() throws Exception {
    Path bundle = hosts.bundle(3, List.of(), "echo", "one");
    assertPrints(hosts.under(bundle, "echo", "one"), "one\n");
    String jti =
        Artifact.parse(ProofBundle.parse(Files.readAllBytes(bundle)).artifact())
            .claims()
            .jti()
            .toString();
    assertThat(
            Invocation.of("revoke", jti, "--socket", hosts.running().service().socket()).status())
        .isZero();
    // The bundle's own token is from before; nobody has told this host.
    assertPrints(hosts.under(bundle, "echo", "one"), "one\n");
    assertPrints(hosts.fresh(List.of(), "echo", "two"), "two\n");
    assertDenied(hosts.under(bundle, "echo", "one"), "revoked");
  }

  private static String operator(String command, String... words) {
    List<Object> all = new ArrayList<>(List.of("hosts", command));
    all.addAll(List.of(words));
    all.addAll(List.of("-o", "json", "--socket", hosts.running().service().socket()));
    Invocation done = Invocation.of(all.toArray());
    assertThat(done.status()).as(done.err()).isZero();
    return done.out();
  }

  @Test
  void host_thatIsSuspended_runsNothing_untilItIsResumed() throws Exception {
    String name = "host-a";
    assertThat(operator("suspend", name, "--reason", "host_compromised"))
        .contains("\"was\":\"active\"", "\"state\":\"suspended\"", "\"leaf_index\":");
    try {
      assertDenied(hosts.fresh(List.of(), "echo", "one"), "environment_untrusted");
      assertThat(operator("suspend", name)).doesNotContain("leaf_index");
      assertThat(operator("list", "--count", "1"))
          .contains("\"host\":\"" + name + "\",\"state\":\"suspended\",\"artifacts\":0");
    } finally {
      assertThat(operator("resume", name, "--preview"))
          .contains("\"state\":\"active\"")
          .doesNotContain("leaf_index");
      assertThat(operator("resume", name)).contains("\"was\":\"suspended\"", "leaf_index");
    }
    assertPrints(hosts.fresh(List.of(), "echo", "two"), "two\n");
  }

  @Test
  void bundle_threeUses_isReplayedAtTheFourth() throws Exception {
    Path bundle = hosts.bundle(3, List.of(), "echo", "one");
    for (int use = 0; use < 3; use++) {
      assertPrints(hosts.under(bundle, "echo", "one"), "one\n");
    }
    assertDenied(hosts.under(bundle, "echo", "one"), "replayed");
    assertDenied(hosts.under(bundle, "echo", "one"), "replayed");
  }

  @Test
  void bundle_lastUseWantedByManyAtOnce_startsOneChild() throws Exception {
    Path folder = folder();
    Path marker = folder.resolve("ran");
    String[] command = {"/bin/sh", "-c", "echo one >> " + marker};
    Path bundle = hosts.bundle(1, List.of(), command);
    List<WritProcess.Running> running = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      running.add(hosts.under(bundle, command).start());
    }
    List<String> ends = new ArrayList<>();
    for (WritProcess.Running each : running) {
      WritProcess.Ended ended = each.await();
      // The simulator takes one client at a time, and turns others away: they come again.
      for (int turn = 0; turn < AT_ONCE && isTurnedAway(ended); turn++) {
        ended = hosts.under(bundle, command).run();
      }
      ends.add(ended.status() == 0 ? "ran" : ended.code() + ended.err());
    }
    assertThat(Files.readString(marker)).isEqualTo("one\n");
    assertThat(ends).containsOnlyOnce("ran");
    assertThat(ends).allMatch(end -> end.equals("ran") || end.startsWith("replayed"));
  }

  private static boolean isTurnedAway(WritProcess.Ended ended) {
    return ended.code().equals("unverifiable") && ended.err().contains("the TPM");
  }

  @Test
  void bundle_meantForAnotherTenant_isDenied() throws Exception {
    Path bundle = hosts.bundle(1, List.of(), "echo", "one");
    List<String> arguments =
        List.of(
            "run",
            "--trust",
            hosts.trust().toString(),
            "--state",
            hosts.hostA().state().toString(),
            "--tpm",
            hosts.hostA().tcti(),
            "--tenant",
            "other",
            "--bundle",
            bundle.toString(),
            "--",
            "echo",
            "one");
    assertDenied(WritProcess.of(hosts.work(), arguments), "scope_exceeded");
  }

  /** The other program's marker would say that it ran; the thread swaps all the while. */
  @Test
  void program_swappedMeanwhile_neverRunsAsTheOther() throws Exception {
    Path folder = folder();
    Path marker = folder.resolve("evil-ran");
    Path program = folder.resolve("tool");
    String good = "#!/bin/sh\nexit 0\n";
    String evil = "#!/bin/sh\ntouch " + marker + "\n";
    GovernedHosts.executable(program, good);
    Path bundle = hosts.bundle(2 * SWAPS, List.of(), program.toString());
    AtomicBoolean done = new AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              try {
                for (int i = 0; !done.get(); i++) {
                  Path next =
                      GovernedHosts.executable(folder.resolve("next"), i % 2 == 0 ? evil : good);
                  Path ignored = Files.move(next, program, StandardCopyOption.ATOMIC_MOVE);
                  // Often enough to come between any two steps, and not all that the processor
                  // does.
                  LockSupport.parkNanos(200_000);
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    swapper.start();
    int ran = 0;
    try {
      for (int i = 0; i < SWAPS; i++) {
        WritProcess.Ended ended = hosts.under(bundle, program.toString()).run();
        ran += ended.status() == 0 ? 1 : 0;
        assertThat(ended.status()).as(ended.err()).isIn(0, NOT_EXECUTED, 127);
        assertThat(ended.err()).doesNotContain("bug");
      }
    } finally {
      done.set(true);
      swapper.join();
    }
    assertThat(marker).doesNotExist();
    GovernedHosts.executable(program, evil);
    assertThat(hosts.fresh(List.of(), program.toString()).run().status()).isZero();
    assertThat(marker).exists();
    GovernedHosts.executable(program, good);
    assertThat(hosts.under(bundle, program.toString()).run().status()).isZero();
    assertThat(ran).isLessThan(SWAPS);
  }

  @Test
  void trust_inAnotherIssuer_denies() throws Exception {
    Path bundle = hosts.bundle(1, List.of(), "echo", "one");
    TrustContent content = hosts.running().service().trust().content();
    assertThat(content.status()).isPresent();
    Path stranger = folder().resolve("trust.json");
    Files.writeString(
        stranger,
        new String(
                TrustFile.of(content, List.of()).toJson(), java.nio.charset.StandardCharsets.UTF_8)
            .replace("https://writ.example\"", "https://other.example\""));
    List<String> arguments =
        List.of(
            "run",
            "--trust",
            stranger.toString(),
            "--state",
            hosts.hostA().state().toString(),
            "--tpm",
            hosts.hostA().tcti(),
            "--tenant",
            "demo",
            "--bundle",
            bundle.toString(),
            "--",
            "echo",
            "one");
    assertDenied(WritProcess.of(hosts.work(), arguments), "scope_exceeded");
  }

  /**
   * What runs asks under what it runs under, knowing no more than where that lies; afterwards it is
   * nowhere, and nothing is below it.
   */
  @Test
  void program_thatIsHandedItsBundle_asksForAnotherUnderIt() throws Exception {
    Path handed = folder().resolve("parent.json");
    int before = hosts.leaves().size();
    WritProcess agent =
        hosts.fresh(
            List.of(
                "--delegable",
                "/usr/bin",
                "--delegable-uses",
                "1",
                "--hand-down",
                handed.toString()),
            "sh",
            "-c",
            hosts.fresh(List.of(), "/usr/bin/printf", "below").quoted()
                + "; "
                + hosts.fresh(List.of(), "/usr/bin/printf", "spent").quoted());
    WritProcess.Ended ended = agent.run();
    assertThat(ended.out()).as(ended.err()).isEqualTo("below");
    assertThat(ended.code()).isEqualTo("authorization_discontinuity");
    assertThat(ended.err()).contains("parent_uses_spent");
    List<LeafBody.DecisionAllow> allowed = hosts.bodies(before, LeafBody.DecisionAllow.class);
    assertThat(allowed).hasSize(2);
    assertThat(allowed.get(1).parent()).contains(allowed.get(0).jti());
    assertThat(handed).doesNotExist();
    assertDenied(
        hosts.fresh(List.of("--parent", handed.toString()), "echo", "one"),
        "authorization_discontinuity");
  }

  @Test
  void place_whereABundleLiesAlready_isNotHandedDown() throws Exception {
    Path taken = Files.createFile(folder().resolve("taken"));
    WritProcess.Ended ended =
        hosts.fresh(List.of("--hand-down", taken.toString()), "echo", "one").run();
    assertThat(ended.status()).isEqualTo(ExitStatus.BUG);
    assertThat(ended.err()).contains("is there already");
    assertThat(ended.out()).isEmpty();
    assertThat(taken).exists();
  }
}
