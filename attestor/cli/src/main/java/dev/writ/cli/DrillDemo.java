// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.ProofBundle;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import dev.writ.tpm.Tpm;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A drill on a deployment of its own, with all faults: one service with a token and a ledger, which is
 * started twice, and two hosts with a simulated TPM each.
 */
final class DrillDemo implements AutoCloseable {
  private static final String OPERATOR_KEY = "keys/" + KeyBirth.OPERATOR_KEY;

  private final Path folder;
  private final Drill drill;
  private final Preparation preparation = new Preparation();
  private final Clock clock = Clock.systemUTC();
  private final SecureRandom random = new SecureRandom();
  private final Path programs;

  /**
   * What it leaves.
   *
   * @param logged the report in the ledger, which goes with the deployment
   * @param trust the trust file, by which the report can be verified afterwards
   * @param site of the second service, which goes on until this is closed
   * @param state of host-a
   * @param wanted what was asked for
   */
  record Left(
      LoggedDrill logged, Path trust, DrillSite site, StateFolder state, RequestFile wanted) {}

  /**
   * A drill in a folder.
   *
   * @param folder exists, with {@code tmp} in it; Unix sockets lie below it, so that its path is short
   */
  DrillDemo(Path folder, Drill drill) {
    this.folder = folder;
    this.drill = drill;
    this.programs = DemoExecutions.programs(folder);
  }

  Left run() throws Exception {
    Instant began = clock.instant();
    EndorsementAuthority maker = EndorsementAuthority.create(clock.instant(), random);
    var keys = preparation.begin(() -> DemoService.birth(folder.resolve("service")));
    var bootA = boot("host-a", maker);
    var bootB = boot("host-b", maker);
    DemoService.Born born = keys.await().value();
    DemoHost a = bootA.await().value();
    DemoHost b = bootB.await().value();
    DrillServe.SetClock serviceClock = new DrillServe.SetClock(born.folder().resolve("clock"));
    serviceClock.set(Duration.ZERO);
    Path config = DemoService.configure(born, maker, admitted(List.of(a, b)), programs);
    DemoService service = serve(born, config, serviceClock);
    enrol(service, a);
    enrol(service, b);
    Before before = first(site(service, a), service, b, serviceClock);
    service.close();
    service.putTokenBack();
    DemoService next = serve(born, config, serviceClock);
    publishNextPolicy(born, next);
    DrillSite site = site(next, a);
    second(site, before);
    try (OperatorKey key = OperatorKey.read(born.folder().resolve(OPERATOR_KEY))) {
      LoggedDrill logged =
          DrillLogging.log(
              DrillRounds.report(site, true, began, drill),
              key,
              next.operator(),
              site.trust(),
              clock);
      return new Left(logged, next.trustFile(), site, before.state(), before.wanted());
    }
  }

  private Preparation.Begun<DemoHost> boot(String name, EndorsementAuthority maker) {
    return preparation.begin(
        () -> preparation.own(DemoHost.boot(name, folder, maker, BootLog.DEMO)));
  }

  private static Map<Hash, String> admitted(List<DemoHost> hosts) throws Exception {
    Map<Hash, String> admitted = new HashMap<>();
    for (DemoHost host : hosts) {
      for (Hash digest : host.endorsementKeyDigests()) {
        admitted.put(digest, host.name());
      }
    }
    return admitted;
  }

  private DemoService serve(DemoService.Born born, Path config, DrillServe.SetClock by)
      throws Exception {
    return preparation.own(
        DemoService.startBy(
            born,
            JavaCommand.of(
                born.folder().resolve("tmp"),
                DrillServe.class,
                List.of(by.file().toString(), "--config", config.toString()))));
  }

  /** Nobody is connected to the host's TPM afterwards. */
  private void enrol(DemoService service, DemoHost host) throws Exception {
    try (Attester attester = host.attester(service.endpoint(), random)) {
      var unused = DeniedException.granted(attester.enrol(host.name()));
    }
    host.disconnect();
  }

  private DrillSite site(DemoService service, DemoHost host) {
    HostOptions options = new HostOptions();
    options.state = host.state();
    options.tpm = host.tcti();
    return new DrillSite(
        folder,
        service.url(),
        service.endpoint(),
        service.trust(),
        List.of("--trust", service.trustFile().toString()),
        DemoService.TENANT,
        DemoExecutions.WORKLOAD,
        new DrillHost(options, folder),
        new HeldCommands(folder),
        Optional.of(service.operator()),
        clock,
        random);
  }

  /**
   * What is left of the first policy's time.
   *
   * @param state of host-a
   * @param wanted what is asked for
   * @param withoutToken what was asked while the token was away
   * @param late an answer to a challenge from before it was
   * @param token the status token of the list, from then, too
   */
  private record Before(
      StateFolder state,
      RequestFile wanted,
      Drill.Once withoutToken,
      IssueRequest late,
      String token) {}

  private Before first(
      DrillSite site, DemoService service, DemoHost b, DrillServe.SetClock serviceClock)
      throws Exception {
    DemoFaults faults = new DemoFaults(site, drill);
    StateFolder state = site.host().withKey();
    DrillRounds rounds = new DrillRounds(site, drill, state);
    RunFaults.Bundles bundles = rounds.asked((attester, requests) -> faults.ofPolicy(requests));
    RunFaults runs = rounds.run(bundles);
    faults.ofPrograms(runs, state, programs);
    faults.ofWay(runs, state);
    try (Tpm tpm = Tpm.open(b.tcti());
        Attester attester =
            Attester.open(tpm, new StateFolder(b.state()).instanceKey(), site.service(), random)) {
      faults.ofState(
          new DrillRequests(site, attester, new RequestFile(Demo.request("b"), Optional.empty())),
          tpm);
    }
    try (AttesterSession session = site.host().open(state, site.service(), random)) {
      DrillRequests requests = new DrillRequests(site, session.attester(), rounds.wanted());
      faults.ofClock(requests, serviceClock);
      faults.ofDisk(requests, new ProcessDisk(service.pid(), folder.resolve("prlimit")));
      ProofBundle last = requests.bundle();
      IssueRequest late = requests.answer(requests.challenge(), requests.unspoiled());
      Drill.Once withoutToken = faults.withoutToken(requests, service);
      var unused = withoutToken.come();
      return new Before(
          state, rounds.wanted(), withoutToken, late, last.statusListToken().orElseThrow());
    }
  }

  private static void publishNextPolicy(DemoService.Born born, DemoService service)
      throws Exception {
    PolicyDocument first = DemoPolicyApprover.document(DemoService.policyFile(born));
    PolicyDocument next = first.revise().nextVersion().build();
    var unused =
        DeniedException.granted(
            service.operator().policies().publish(DemoPolicyApprover.approved(born, next)));
  }

  private void second(DrillSite site, Before before) throws Exception {
    DemoFaults faults = new DemoFaults(site, drill);
    ProofBundle bundle;
    try (AttesterSession session = site.host().open(before.state(), site.service(), random)) {
      Attester attester = session.attester();
      DrillRequests requests = new DrillRequests(site, attester, before.wanted());
      faults.ofRestart(requests, before.withoutToken(), before.late());
      bundle = requests.bundle();
      faults.ofEpoch(attester, bundle, before.token());
    }
    faults.ofEpoch(new RunFaults(site, drill, before.state()), bundle, before.token());
  }

  /** Ends the service and the hosts. */
  @Override
  public void close() {
    preparation.close();
  }
}
