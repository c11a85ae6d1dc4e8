// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.StateFolder;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What is wrong where {@code writ run} is to start a program on the host, whose TPM nobody else is
 * connected to. Each command is a process of its own; the program leaves a file if it runs.
 */
final class RunFaults {
  /** Fewer bytes than the state folder needs: a shell's unit is 512. */
  private static final String FULL = "ulimit -f 100; exec \"$@\"";

  /** The discard port: nobody answers. */
  private static final URI NOBODY = URI.create("http://127.0.0.1:9");

  private static final Duration MOMENT = Duration.ofSeconds(1);
  private static final Duration LONG_BEFORE = Duration.ofHours(1);

  private final DrillSite site;
  private final Drill drill;
  private final StateFolder state;
  private int bundles;

  /**
   * Bundles for the same execution, made while its TPM was at hand.
   *
   * @param first for it
   * @param second for it
   * @param revoked for it, and then withdrawn; with the token that says so; empty where nobody could
   * @param parents under which it can be asked for; empty where the policy lets nothing be delegated, or
   *     nobody could revoke one
   */
  record Bundles(
      ProofBundle first,
      ProofBundle second,
      Optional<Revoked> revoked,
      Optional<Parents> parents) {}

  /**
   * Bundles of the instance key at hand, each with what may be asked for under it.
   *
   * @param standing holds
   * @param revoked was revoked since
   */
  record Parents(ProofBundle standing, ProofBundle revoked) {}

  /**
   * A bundle whose artifact was revoked.
   *
   * @param bundle with its own token, from before
   * @param newer the same with the token that says so
   */
  record Revoked(ProofBundle bundle, ProofBundle newer) {}

  RunFaults(DrillSite site, Drill drill, StateFolder state) {
    this.site = site;
    this.drill = drill;
    this.state = state;
  }

  /** What the bundles permit: the program, leaving a file of this name. */
  static List<String> command(DrillSite site) {
    return List.of(DrillSite.PROGRAM, site.marker("permitted").toString());
  }

  void tell(Bundles bundles) throws Exception {
    Path good = file(bundles.first());
    Drill.Once runs = new Drill.Once(() -> under(good));
    drill.at(DrillDoor.RUN, runs, spoiled(bundles, good));
    drill.at(
        DrillDoor.RUN,
        runs,
        new Drill.Spoiled(
            DenialCode.REPLAYED, "the bundle is used a second time", () -> under(good)));
    times(bundles.second());
    serviceAway();
    revocation(bundles);
    delegation(bundles);
  }

  /** The host's clock is wrong, and right beside it. */
  private void times(ProofBundle bundle) throws Exception {
    Path good = file(bundle);
    Artifact artifact = Artifact.parse(bundle.artifact());
    Instant late = artifact.claims().exp().plus(MOMENT);
    Instant early = before(artifact);
    StateFolder ahead = site.host().withKey();
    StateFolder behind = site.host().withKey();
    StateFolder right = site.host().withKey();
    drill.at(
        DrillDoor.RUN,
        () -> byClock(Duration.ZERO, good, right),
        new Drill.Spoiled(
            DenialCode.EXPIRED,
            "the bundle's artifact has ended by the host's clock",
            () -> byClock(until(late), good, ahead)),
        new Drill.Spoiled(
            DenialCode.NOT_YET_VALID,
            "the host's clock is before the artifact's beginning",
            () -> byClock(until(early), good, behind)));
  }

  /** Before the artifact, but not before its key, which would be another denial. */
  private Instant before(Artifact artifact) {
    Instant early = artifact.claims().nbf().minus(site.trust().content().skew()).minus(LONG_BEFORE);
    return site.trust().content().keys().stream()
        .filter(key -> key.key().kid().equals(artifact.kid()))
        .map(TrustedKey::nbf)
        .filter(early::isBefore)
        .findFirst()
        .orElse(early);
  }

  private Duration until(Instant moment) {
    return Duration.between(site.clock().instant(), moment);
  }

  private Came byClock(Duration moved, Path bundle, StateFolder in) throws Exception {
    DrillServe.SetClock clock = new DrillServe.SetClock(in.path().resolve("clock"));
    clock.set(moved);
    return run(brought(bundle), in, Map.of(), command -> byClock(command, clock));
  }

  /** The same start, of {@link DrillRun}. */
  private static List<String> byClock(List<String> command, DrillServe.SetClock clock) {
    List<String> moved = new ArrayList<>(command);
    int main = moved.indexOf(Main.class.getName());
    moved.set(main, DrillRun.class.getName());
    // In the place of the subcommand's name.
    moved.set(main + 1, clock.file().toString());
    return moved;
  }

  private void delegation(Bundles bundles) throws Exception {
    String fault = "a bundle of no parent is brought where one is named";
    if (bundles.parents().isEmpty()) {
      drill.needsDemo(DrillDoor.RUN, DenialCode.AUTHORIZATION_DISCONTINUITY, fault);
      return;
    }
    Path orphan = file(bundles.first());
    String standing = file(bundles.parents().get().standing()).toString();
    String revoked = file(bundles.parents().get().revoked()).toString();
    List<String> brought = new ArrayList<>(brought(orphan));
    brought.addAll(List.of(ParentOptions.NAME, standing));
    drill.at(
        DrillDoor.RUN,
        () -> run(fresh(ParentOptions.NAME, standing), "permitted", state),
        new Drill.Spoiled(
            DenialCode.AUTHORIZATION_DISCONTINUITY, fault, () -> run(brought, "permitted", state)),
        new Drill.Spoiled(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            "it is asked for under a parent that was revoked",
            () -> run(fresh(ParentOptions.NAME, revoked), "permitted", state)));
  }

  private List<Drill.Spoiled> spoiled(Bundles bundles, Path good) throws Exception {
    Path unsigned = file(SpoiledBundle.signature(bundles.first()));
    Path spliced = file(SpoiledBundle.lineage(bundles.first(), bundles.second()));
    Path stale = file(SpoiledBundle.withoutStatus(bundles.first()));
    Path cut = Files.write(name(), SpoiledBundle.cut(bundles.first()));
    StateFolder stranger = site.host().withoutKey();
    StateFolder forgetful = site.host().withKey();
    List<Drill.Spoiled> spoiled =
        new ArrayList<>(
            List.of(
                new Drill.Spoiled(
                    DenialCode.ARTIFACT_MISSING,
                    "there is no bundle",
                    () -> under(site.folder().resolve("no-bundle"))),
                new Drill.Spoiled(
                    DenialCode.UNVERIFIABLE, "the bundle's last byte is missing", () -> under(cut)),
                new Drill.Spoiled(
                    DenialCode.UNVERIFIABLE,
                    "the disk is full: its use cannot be recorded",
                    () -> run(brought(good), state, Map.of(), RunFaults::fullDisk)),
                new Drill.Spoiled(
                    DenialCode.SIGNATURE_INVALID,
                    "the artifact's signature is not over it",
                    () -> under(unsigned)),
                new Drill.Spoiled(
                    DenialCode.SCOPE_EXCEEDED,
                    "another argument is given to the program",
                    () -> run(brought(good), "other", state)),
                new Drill.Spoiled(
                    DenialCode.LINEAGE_FRAGMENTED,
                    "the leaf and its proof are another artifact's",
                    () -> under(spliced)),
                new Drill.Spoiled(
                    DenialCode.GOVERNANCE_DISCONTINUITY,
                    "the bundle has no status token, and none was seen here",
                    () -> run(brought(stale), "permitted", forgetful)),
                new Drill.Spoiled(
                    DenialCode.ENVIRONMENT_MISMATCH,
                    "another instance key is here than the artifact's",
                    () -> run(brought(good), "permitted", stranger))));
    Optional<TrustFile> hardware = HardwareTrust.of(site.trust().content());
    if (hardware.isPresent()) {
      Path trust = Files.write(site.folder().resolve("hardware.json"), hardware.get().toJson());
      spoiled.add(
          new Drill.Spoiled(
              DenialCode.ENVIRONMENT_UNTRUSTED,
              "a dev artifact is given to a host whose trust file is not dev",
              () -> run(options(good, List.of("--trust", trust.toString())), "permitted", state)));
    }
    return spoiled;
  }

  private void serviceAway() {
    List<String> away = askedAt(NOBODY);
    drill.at(
        DrillDoor.RUN,
        () -> run(fresh(), "permitted", state),
        new Drill.Spoiled(
            DenialCode.UNVERIFIABLE,
            "the service is away, and there is no bundle",
            () -> run(away, "permitted", state)));
  }

  private void revocation(Bundles bundles) throws Exception {
    String fault = "it was revoked, and the newest status token was seen";
    if (bundles.revoked().isEmpty()) {
      drill.needsDemo(DrillDoor.RUN, DenialCode.REVOKED, fault);
      return;
    }
    // Of one list and one host: only who never saw the newer token goes by the older.
    Path before = file(bundles.revoked().get().bundle());
    Path after = file(bundles.revoked().get().newer());
    StateFolder unaware = site.host().withKey();
    StateFolder aware = site.host().withKey();
    drill.at(
        DrillDoor.RUN,
        () -> run(brought(before), "permitted", unaware),
        new Drill.Spoiled(
            DenialCode.REVOKED, fault, () -> run(brought(after), "permitted", aware)));
  }

  private static List<String> fullDisk(List<String> command) {
    List<String> shell = new ArrayList<>(List.of("/bin/sh", "-c", FULL, "sh"));
    shell.addAll(command);
    return shell;
  }

  /** Options under which the service is asked for this very execution. */
  List<String> fresh(String... more) {
    return askedAt(site.url(), more);
  }

  /** The same, where the way to the service is another. */
  List<String> askedAt(URI service, String... more) {
    List<String> options = new ArrayList<>(site.trustOptions());
    options.addAll(List.of("--service", service.toString(), "--workload", site.workload()));
    options.addAll(List.of(more));
    return options;
  }

  /** Options under which a bundle is all there is. */
  List<String> brought(Path bundle) {
    return options(bundle, site.trustOptions());
  }

  private static List<String> options(Path bundle, List<String> trust) {
    List<String> options = new ArrayList<>(trust);
    options.addAll(List.of("--bundle", bundle.toString()));
    return options;
  }

  Path file(ProofBundle bundle) throws IOException {
    return Files.write(name(), bundle.toJson());
  }

  private Path name() {
    bundles++;
    return site.folder().resolve("drill-bundle-" + bundles + ".json");
  }

  private Came under(Path bundle) throws Exception {
    return run(brought(bundle), "permitted", state);
  }

  /** The program, leaving a file of the name that is given. */
  Came run(List<String> options, String marker, StateFolder in) throws Exception {
    return run(options, in, List.of(DrillSite.PROGRAM), marker, Map.of(), command -> command);
  }

  private Came run(
      List<String> options,
      StateFolder in,
      Map<String, String> environment,
      UnaryOperator<List<String>> by)
      throws Exception {
    return run(options, in, List.of(DrillSite.PROGRAM), "permitted", environment, by);
  }

  /**
   * Runs a program that is to leave a file.
   *
   * @param program its argument comes after these
   * @param marker the file's name
   */
  Came run(
      List<String> options,
      StateFolder in,
      List<String> program,
      String marker,
      Map<String, String> environment,
      UnaryOperator<List<String>> by)
      throws Exception {
    Path left = site.marker(marker);
    boolean unused = Files.deleteIfExists(left);
    List<String> arguments = new ArrayList<>(List.of(RunCommand.NAME));
    arguments.addAll(options);
    arguments.addAll(List.of("--tenant", site.tenant()));
    arguments.addAll(site.host().options(in));
    arguments.add("--");
    arguments.addAll(program);
    arguments.add(left.toString());
    HeldCommands.Ended ended = site.commands().run(arguments, environment, by);
    boolean ran = Files.exists(left);
    Optional<DenialCode> denied = ended.denied();
    if (denied.isPresent()) {
      return ran
          ? new Came.Otherwise("denied with " + denied.get() + ", and the program ran")
          : new Came.Denied(denied.get());
    }
    if (ended.status() == 0) {
      return ran ? new Came.Allowed() : new Came.Otherwise("said to have run, and did not");
    }
    return new Came.Otherwise("ended with " + ended.status() + ": " + ended.said());
  }
}
