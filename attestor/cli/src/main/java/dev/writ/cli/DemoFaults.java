// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.ExecGateway;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.SeenInMemory;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Faults that only a deployment made for them bears: of the policy, of the host's state, of the service's
 * clock, disk and token.
 */
final class DemoFaults {
  private static final String FAULT_POLICY = "the policy does not let this host act in that name";
  private static final String FAULT_CONDITION = "the policy wants uses to be counted, and none are";
  private static final String FAULT_LOADER = "a variable that loads code is wanted, and not named";
  private static final String FAULT_REWRITABLE =
      "the program could be rewritten, and nothing obliges it to run from a copy";
  private static final String FAULT_WAY = "the challenge was changed on its way to the host";
  private static final String FAULT_STATE = "the host measured something that nobody expected";
  private static final String FAULT_CLOCK = "the challenge is answered past its end";
  private static final String FAULT_DISK = "the disk with the ledger is full";
  private static final String FAULT_TOKEN = "the token with the keys is away";
  private static final String FAULT_EPOCH = "the policy changed since the challenge";
  private static final String FAULT_TOKEN_EPOCH =
      "it was decided under a policy that the status token does not know";

  private static final Pattern CHALLENGE = Pattern.compile("\"challenge\":\"[A-Za-z0-9_-]+\"");
  private static final int FROM_THE_END = 10;

  private static final String TOKEN_AWAY = "token_away";
  private static final int TURNS = 50;
  private static final Duration TURN = Duration.ofMillis(100);

  private static final String LOADER = "LD_PRELOAD";
  private static final String LIBRARY = "/nonexistent/drill.so";
  private static final String ANOTHERS = "spiffe://dev.example/worker-b";
  private static final int KERNEL_PCR = 8;

  /** The service's clock stands behind by more than a challenge may be answered. */
  private static final Duration BEHIND = Duration.ofSeconds(-61);

  private final DrillSite site;
  private final Drill drill;

  DemoFaults(DrillSite site, Drill drill) {
    this.site = site;
    this.drill = drill;
  }

  /** What of this is not tried on a service in use. */
  static void needed(Drill drill) {
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.POLICY_DENIED, FAULT_POLICY);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.RUNTIME_CONDITION, FAULT_CONDITION);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.ENVIRONMENT_UNTRUSTED, FAULT_STATE);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.EXPIRED, FAULT_CLOCK);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.UNVERIFIABLE, FAULT_DISK);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.UNVERIFIABLE, FAULT_TOKEN);
    drill.needsDemo(DrillDoor.SERVICE, DenialCode.POLICY_MISMATCH, FAULT_EPOCH);
    drill.needsDemo(DrillDoor.VERIFIER, DenialCode.POLICY_MISMATCH, FAULT_TOKEN_EPOCH);
    drill.needsDemo(DrillDoor.RUN, DenialCode.POLICY_MISMATCH, FAULT_TOKEN_EPOCH);
    drill.needsDemo(DrillDoor.RUN, DenialCode.POLICY_DENIED, FAULT_LOADER);
    drill.needsDemo(DrillDoor.RUN, DenialCode.RUNTIME_CONDITION, FAULT_REWRITABLE);
    drill.needsDemo(DrillDoor.RUN, DenialCode.RUNTIME_INTEGRITY, FAULT_WAY);
  }

  /** What the demo's policy denies. */
  void ofPolicy(DrillRequests requests) throws Exception {
    Optional<Drill.Leaves> leaves = Optional.of(site.ledger());
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        new Drill.Spoiled(
            DenialCode.POLICY_DENIED,
            FAULT_POLICY,
            leaves,
            () -> requests.asked(requests.inTheNameOf(ANOTHERS))),
        new Drill.Spoiled(
            DenialCode.RUNTIME_CONDITION,
            FAULT_CONDITION,
            leaves,
            () -> requests.asked(requests.uncounted())));
  }

  /** A host of which nothing more is wanted boots something else. */
  void ofState(DrillRequests requests, Tpm tpm) throws Exception {
    Drill.Once before = new Drill.Once(() -> requests.asked(requests.unspoiled()));
    var unused = before.come();
    tpm.extendPcr(
        KERNEL_PCR,
        PcrBank.SHA256,
        Hash.sha256("a module nobody expected".getBytes(StandardCharsets.UTF_8)).bytes());
    drill.at(
        DrillDoor.SERVICE,
        before,
        new Drill.Spoiled(
            DenialCode.ENVIRONMENT_UNTRUSTED,
            FAULT_STATE,
            Optional.of(site.ledger()),
            () -> requests.asked(requests.unspoiled())));
  }

  /**
   * The clock stands behind while the challenge is made, and is right when it is answered. It is never
   * ahead: what it dates then would be believed of nothing before its time.
   */
  void ofClock(DrillRequests requests, DrillServe.SetClock clock) throws Exception {
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        new Drill.Spoiled(
            DenialCode.EXPIRED,
            FAULT_CLOCK,
            Optional.of(site.ledger()),
            () -> {
              IssueRequest late;
              clock.set(BEHIND);
              try {
                late = requests.answer(requests.challenge(), requests.unspoiled());
              } finally {
                clock.set(Duration.ZERO);
              }
              return requests.sent(late);
            }));
  }

  /** There is room again afterwards, and the service goes on. */
  void ofDisk(DrillRequests requests, ProcessDisk disk) {
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        Drill.Spoiled.unverifiable(
            FAULT_DISK,
            "ledger_unavailable",
            () -> {
              disk.fill();
              try {
                return requests.asked(requests.unspoiled());
              } finally {
                disk.free();
              }
            }));
  }

  /**
   * The token is away, until the service is started anew. Who asks while it goes is told what failed
   * first; once the service knows, it says so to everybody.
   */
  Drill.Once withoutToken(DrillRequests requests, DemoService service) {
    return new Drill.Once(
        () -> {
          service.takeTokenAway();
          Came came = requests.asked(requests.unspoiled());
          for (int turn = 0; turn < TURNS && isUnknown(came); turn++) {
            boolean unused = Pause.of(TURN);
            came = requests.asked(requests.unspoiled());
          }
          return came;
        });
  }

  private static boolean isUnknown(Came came) {
    return came instanceof Came.Denied denied
        && denied.code() == DenialCode.UNVERIFIABLE
        && !denied.reason().equals(Optional.of(TOKEN_AWAY));
  }

  /**
   * What came before the service was started anew under the next policy, with its token, and after.
   *
   * @param withoutToken what was asked while the token was away
   * @param late an answer to a challenge of the policy before
   */
  void ofRestart(DrillRequests requests, Drill.Once withoutToken, IssueRequest late)
      throws Exception {
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        Drill.Spoiled.unverifiable(FAULT_TOKEN, TOKEN_AWAY, withoutToken));
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        new Drill.Spoiled(
            DenialCode.POLICY_MISMATCH,
            FAULT_EPOCH,
            Optional.of(site.ledger()),
            () -> requests.sent(late)));
  }

  /**
   * A verifier holds a status token of the policy before, and no newer one.
   *
   * @param bundle decided under the next policy
   * @param older the token, of the same list
   */
  void ofEpoch(Attester attester, ProofBundle bundle, String older) throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    HostState host = attester.hostState(artifact.claims().env().pcrs());
    Presentation here =
        Presentation.NOTHING
            .withAudience(new Presentation.Audience.ExecutionHere(host))
            .withTenant(site.tenant())
            .withAction(ActionAtHand.of(artifact.claims().act()))
            .withObligations(Set.of(ExecGateway.SEALED_COPY));
    BundleVerifier verifier = BundleVerifier.of(site.trust());
    drill.at(
        DrillDoor.VERIFIER,
        () ->
            Came.of(
                verifier.verify(bundle.toJson(), here, new SeenInMemory(), site.clock().instant())),
        new Drill.Spoiled(
            DenialCode.POLICY_MISMATCH,
            FAULT_TOKEN_EPOCH,
            () ->
                Came.of(
                    verifier.verify(
                        SpoiledBundle.withStatus(bundle, Optional.of(older)).toJson(),
                        here,
                        new SeenInMemory(),
                        site.clock().instant()))));
  }

  /** The same at {@code writ run}. */
  void ofEpoch(RunFaults runs, ProofBundle bundle, String older) throws Exception {
    Path good = runs.file(bundle);
    Path behind = runs.file(SpoiledBundle.withStatus(bundle, Optional.of(older)));
    StateFolder unaware = site.host().withKey();
    StateFolder other = site.host().withKey();
    drill.at(
        DrillDoor.RUN,
        () -> runs.run(runs.brought(good), "permitted", other),
        new Drill.Spoiled(
            DenialCode.POLICY_MISMATCH,
            FAULT_TOKEN_EPOCH,
            () -> runs.run(runs.brought(behind), "permitted", unaware)));
  }

  /**
   * Programs that the demo's policy does not let run as they are.
   *
   * @param programs where it lets them run that could be rewritten, from a copy
   */
  void ofPrograms(RunFaults runs, StateFolder state, Path programs) throws Exception {
    drill.at(
        DrillDoor.RUN,
        () -> runs.run(runs.fresh(), "permitted", state),
        new Drill.Spoiled(
            DenialCode.POLICY_DENIED,
            FAULT_LOADER,
            () ->
                runs.run(
                    runs.fresh("--env", LOADER),
                    state,
                    List.of(DrillSite.PROGRAM),
                    "permitted",
                    Map.of(LOADER, LIBRARY),
                    command -> command)));
    Path covered = copyOfProgram(Files.createDirectory(programs));
    Path bare = copyOfProgram(Files.createDirectory(site.folder().resolve("elsewhere")));
    drill.at(
        DrillDoor.RUN,
        () -> own(runs, state, covered),
        new Drill.Spoiled(
            DenialCode.RUNTIME_CONDITION, FAULT_REWRITABLE, () -> own(runs, state, bare)));
  }

  /** Whoever stands between the host and the service has the host answer another challenge. */
  void ofWay(RunFaults runs, StateFolder state) throws Exception {
    try (MeddlingProxy proxy = new MeddlingProxy(site.url(), DemoFaults::withAnotherMac)) {
      drill.at(
          DrillDoor.RUN,
          () -> runs.run(runs.fresh(), "permitted", state),
          new Drill.Spoiled(
              DenialCode.RUNTIME_INTEGRITY,
              FAULT_WAY,
              () -> runs.run(runs.askedAt(proxy.uri()), "permitted", state)));
    }
  }

  /** A challenge ends with its MAC: a digit of that is another. */
  private static String withAnotherMac(String answer) {
    Matcher challenge = CHALLENGE.matcher(answer);
    if (!challenge.find()) {
      return answer;
    }
    int at = challenge.end() - FROM_THE_END;
    return answer.substring(0, at)
        + (answer.charAt(at) == 'A' ? 'B' : 'A')
        + answer.substring(at + 1);
  }

  private static Came own(RunFaults runs, StateFolder state, Path program) throws Exception {
    return runs.run(
        runs.fresh(),
        state,
        List.of(program.toString()),
        "permitted",
        Map.of(),
        command -> command);
  }

  private static Path copyOfProgram(Path folder) throws Exception {
    return Files.copy(
        Path.of("/usr/bin", DrillSite.PROGRAM).toRealPath(),
        folder.resolve(DrillSite.PROGRAM),
        StandardCopyOption.COPY_ATTRIBUTES);
  }
}
