// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Argument;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run makes of the service's answers to its renewals. */
final class LeasedRunTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final long LEASE_S = 60;

  @TempDir private static Path folder;
  private static SwtpmHost machine;
  private static AttesterSession session;
  private static Scripted service;
  private static ArtifactClaims claims;

  private final AtomicLong boot = new AtomicLong(1_000_000);
  private Artifact first;
  private Optional<ParentAtHand.Place> parent = Optional.empty();

  /** What lies there. */
  private Optional<ArtifactClaims> there = Optional.empty();

  private LeasedRun run;
  private Path home;
  private Path place;
  private HandedDown handed;

  /** Grants every challenge, and answers as it was told. */
  private static final class Scripted implements ServiceEndpoint {
    private final Queue<Answer<ProofBundle>> answers = new ArrayDeque<>();
    private Optional<IssueRequest> asked = Optional.empty();

    @Override
    public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) {
      throw new AssertionError();
    }

    @Override
    public Answer<Enrolled> activate(Octets session, Octets secret) {
      throw new AssertionError();
    }

    @Override
    public Answer<Challenge> challenge(TpmName attestationKey) {
      byte[] nonce = new byte[32];
      RANDOM.nextBytes(nonce);
      return new Answer.Granted<>(
          new Challenge(
              Octets.of(nonce),
              Instant.now().plusSeconds(60),
              PcrSelection.of(TpmAlg.SHA256, 0, 7),
              1,
              Octets.of(new byte[Challenge.MAC_BYTES])));
    }

    @Override
    public Answer<ProofBundle> issue(IssueRequest request) {
      asked = Optional.of(request);
      return answers.remove();
    }

    @Override
    public Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) {
      return issue(request);
    }
  }

  @BeforeAll
  static void open() throws Exception {
    EndorsementAuthority authority = EndorsementAuthority.create(Instant.now(), RANDOM);
    machine = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), authority);
    service = new Scripted();
    session =
        AttesterSession.open(
            machine.tcti(), folder.resolve("instance-key"), service, RANDOM, MeasurementLogs.NONE);
    claims = ExampleArtifact.claims();
  }

  @AfterAll
  static void close() {
    session.close();
    machine.close();
  }

  @BeforeEach
  void begin() throws Exception {
    service.answers.clear();
    ArtifactClaims leased =
        ExampleArtifact.renewing(claims, claims.jti(), claims.iat().plusSeconds(LEASE_S));
    home = Files.createTempDirectory(folder, "home");
    place = home.resolve("parent.json");
    handed = HandedDown.at(Optional.of(place));
    handed.fill(new byte[] {1});
    first = ExampleArtifact.of(leased);
    run = running();
  }

  private LeasedRun running() throws Exception {
    LeasedRun begun =
        new LeasedRun(
            new WritExec(1, InputStream.nullInputStream(), new ByteArrayOutputStream()),
            new LeasedRun.Means(
                (bundle, presentation, seen, now) -> allowed(bundle),
                Seen.NOTHING_IS_USED,
                boot::get,
                InstantSource.fixed(claims.iat())),
            binding(),
            first,
            parent,
            (attester, artifact, above) -> Presentation.NOTHING,
            handed);
    assertThat(begun.begin(OptionalLong.of(boot.get()), Duration.ofSeconds(1))).isTrue();
    return begun;
  }

  private static ExecBinding binding() {
    return new ExecBinding(
        "/usr/bin/sleep",
        Hash.sha256(new byte[] {1}),
        List.of(Argument.of("sleep")),
        "/",
        new TreeMap<>(),
        List.of());
  }

  private static Verdict allowed(byte[] bundle) {
    return new Verdict.Allowed(ExecGateway.artifactIn(bundle).orElseThrow(), List.of());
  }

  /** A later one of the execution. */
  private ProofBundle renewal(Instant exp) throws Exception {
    return bundle(ExampleArtifact.renewing(claims, uuid(), exp), Optional.of(first.claims().jti()));
  }

  private static UuidV7 uuid() {
    return UuidV7.next(InstantSource.system(), RANDOM);
  }

  private static ProofBundle bundle(ArtifactClaims of, Optional<UuidV7> renews) throws Exception {
    Artifact artifact = ExampleArtifact.of(of);
    Hash any = Hash.sha256(new byte[] {2});
    Commitment commitment = new Commitment(any);
    Leaf leaf =
        Leaf.of(
            claims.iat(),
            UuidV7.next(InstantSource.system(), RANDOM),
            List.of(),
            new LeafBody.DecisionAllow(
                of.jti(),
                artifact.digest(),
                any,
                any,
                any,
                1,
                commitment,
                commitment,
                commitment,
                Optional.empty(),
                renews));
    return ProofBundle.of(artifact, leaf, "proof");
  }

  private Leased.Renewed renew() throws Exception {
    return run.renew(session.attester(), first);
  }

  private static Answer<ProofBundle> denied(DenialCode code, String reason) {
    return new Answer.Denied<>(code, reason);
  }

  /** A policy that was published, or a TPM that was busy, ends nothing that a lease still permits. */
  @Test
  void renewal_thatWasAskedForAmiss_isAskedForAgain() throws Exception {
    service.answers.add(denied(DenialCode.POLICY_MISMATCH, "challenge_of_earlier_epoch"));
    service.answers.add(denied(DenialCode.EXPIRED, "challenge_expired"));
    service.answers.add(denied(DenialCode.EXPIRED, "attestation_too_old"));
    service.answers.add(denied(DenialCode.REPLAYED, "challenge_used"));
    service.answers.add(denied(DenialCode.RUNTIME_INTEGRITY, "challenge_not_ours"));
    // Of a measurement list, which is sent anew at once, and then with the next challenge.
    service.answers.add(denied(DenialCode.RUNTIME_INTEGRITY, "ima_position_mismatch"));
    service.answers.add(denied(DenialCode.RUNTIME_INTEGRITY, "ima_position_mismatch"));
    while (!service.answers.isEmpty()) {
      assertThat(renew()).isInstanceOf(Leased.Renewed.Unavailable.class);
    }
    boot.addAndGet(30_000);
    service.answers.add(new Answer.Granted<>(renewal(claims.iat().plusSeconds(30 + LEASE_S))));
    assertThat(renew())
        .isInstanceOfSatisfying(
            Leased.Renewed.Until.class,
            until -> assertThat(until.end()).isEqualTo(boot.get() + LEASE_S * 1_000));
    assertThat(run.whyStopped()).isEmpty();
  }

  /** An execution under which others are asked for, held by this host's key. */
  private ArtifactClaims above() {
    return ExampleArtifact.root(claims, uuid(), uuid(), session.attester().jkt());
  }

  private static ParentBundle parsed(Optional<ArtifactClaims> there)
      throws IOException, MalformedDocumentException {
    ProofBundle bundle;
    try {
      bundle =
          bundle(there.orElseThrow(() -> new NoSuchFileException("parent.json")), Optional.empty());
    } catch (NoSuchFileException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return ParentBundle.parse(bundle.toJson());
  }

  private static Instant inSeconds(long seconds) {
    return claims.iat().plusSeconds(seconds);
  }

  private void begin(ArtifactClaims above) throws Exception {
    first = ExampleArtifact.of(ExampleArtifact.under(above, first.claims()));
    run = running();
  }

  /** What is under another that nobody shows has its one lease; of a host that changed the service is told. */
  @Test
  void renewal_underWhatIsNotAtHand_isAskedForOnlyToTell() throws Exception {
    long end = boot.get() + LEASE_S * 1_000;
    begin(above());
    boot.addAndGet(20_000);
    assertThat(renew()).isEqualTo(new Leased.Renewed.Until(first, end));
    run.stop(DenialCode.ENVIRONMENT_MISMATCH, "its PCRs changed", end);
    service.answers.add(denied(DenialCode.AUTHORIZATION_DISCONTINUITY, "parent_unproven"));
    assertThat(renew()).isInstanceOf(Leased.Renewed.Denied.class);
    IssueRequest told = service.asked.orElseThrow();
    assertThat(told.request().parent()).isEqualTo(first.claims().lineage().parent());
    assertThat(told.parentProof()).isEmpty();
  }

  @Test
  void renewal_underAParent_isUnderThatOneAsItIsThen() throws Exception {
    ArtifactClaims began = ExampleArtifact.renewing(above(), uuid(), inSeconds(LEASE_S));
    there = Optional.of(began);
    parent = Optional.of(() -> parsed(there));
    begin(began);
    assertUnavailable("the parent must go on first, and ends at " + inSeconds(LEASE_S));

    ArtifactClaims goesOn = ExampleArtifact.renewing(began, uuid(), inSeconds(LEASE_S + 30));
    there = Optional.of(goesOn);
    ArtifactClaims child =
        ExampleArtifact.renewing(first.claims(), uuid(), inSeconds(LEASE_S + 30));
    Optional<UuidV7> renews = Optional.of(first.claims().jti());
    assertThat(granted(bundle(ExampleArtifact.under(goesOn, child), renews)))
        .isInstanceOf(Leased.Renewed.Until.class);
    IssueRequest asked = service.asked.orElseThrow();
    assertThat(asked.renewed()).contains(first);
    assertThat(asked.request().parent()).contains(goesOn.jti());
    assertThat(asked.parentProof().orElseThrow().artifact().claims()).isEqualTo(goesOn);
    // Under what it began under it would end with that; and under another execution it is another.
    for (ArtifactClaims under : List.of(began, above())) {
      assertThat(granted(bundle(ExampleArtifact.under(under, child), renews)))
          .isInstanceOfSatisfying(
              Leased.Renewed.Denied.class,
              wrong -> assertThat(wrong.code()).isEqualTo(DenialCode.AUTHORIZATION_DISCONTINUITY));
    }
  }

  /** The parent ended, or something else lies there: the child ends with its lease, and not before. */
  @Test
  void renewal_underWhatIsGone_waits() throws Exception {
    parent = Optional.of(() -> parsed(there));
    begin(above());
    assertUnavailable("the bundle of the parent must be there to go on under, and is not");
    // Of a key that is not this host's.
    there = Optional.of(ExampleArtifact.renewing(claims, uuid(), inSeconds(LEASE_S + 30)));
    assertUnavailable("of this host's instance key");
  }

  private void assertUnavailable(String reason) throws Exception {
    assertThat(renew())
        .isInstanceOfSatisfying(
            Leased.Renewed.Unavailable.class,
            unavailable -> assertThat(unavailable.reason()).contains(reason));
  }

  @Test
  void bundle_ofARenewal_saysSo_andOthersDoNot() throws Exception {
    UuidV7 began = uuid();
    assertThat(LeasedRun.renewedBy(bundle(claims, Optional.of(began)).toJson())).contains(began);
    assertThat(LeasedRun.renewedBy(bundle(claims, Optional.empty()).toJson())).isEmpty();
    assertThat(LeasedRun.renewedBy(new byte[] {1})).isEmpty();
  }

  private Leased.Renewed granted(ProofBundle bundle) throws Exception {
    service.answers.add(new Answer.Granted<>(bundle));
    return renew();
  }

  private static List<Path> in(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Who asks under it can as long as it goes on. */
  @Test
  void bundle_thatIsHandedDown_isTheOneThatItGoesOnUnder() throws Exception {
    ProofBundle bundle = renewal(claims.iat().plusSeconds(LEASE_S + 30));
    assertThat(granted(bundle)).isInstanceOf(Leased.Renewed.Until.class);
    assertThat(place).hasBinaryContent(bundle.toJson());
    assertThat(Files.getPosixFilePermissions(place))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    service.answers.add(denied(DenialCode.POLICY_DENIED, "no_rule"));
    assertThat(renew()).isInstanceOf(Leased.Renewed.Denied.class);
    assertThat(place).hasBinaryContent(bundle.toJson());
    assertThat(in(home)).containsExactly(place);
  }

  /** A renewal that comes while what ran has ended leaves nothing. */
  @Test
  void bundle_ofWhatHasEnded_isNotHandedDown() throws Exception {
    handed.close();
    assertThat(granted(renewal(claims.iat().plusSeconds(LEASE_S + 30))))
        .isInstanceOf(Leased.Renewed.Until.class);
    assertThat(in(home)).isEmpty();
  }

  @Test
  void renewal_thatCannotBeHandedDown_isAskedForAgain() throws Exception {
    Path elsewhere = Files.move(home, folder.resolve("elsewhere"));
    ProofBundle bundle = renewal(claims.iat().plusSeconds(LEASE_S + 30));
    assertThat(granted(bundle))
        .isInstanceOfSatisfying(
            Leased.Renewed.Unavailable.class,
            unavailable -> assertThat(unavailable.reason()).contains("must be handed down"));
    Path unused = Files.move(elsewhere, home);
    assertThat(granted(bundle)).isInstanceOf(Leased.Renewed.Until.class);
    assertThat(place).hasBinaryContent(bundle.toJson());
  }

  @Test
  void renewal_ofWhatIsNotPermittedAnyMore_isDenied() throws Exception {
    service.answers.add(denied(DenialCode.POLICY_MISMATCH, "policy_not_in_force"));
    assertThat(renew())
        .isEqualTo(new Leased.Renewed.Denied(DenialCode.POLICY_MISMATCH, "policy_not_in_force"));
    UuidV7 decision = UuidV7.parse("01a1fd7d-254e-7d9e-b30a-2d85950ba869");
    service.answers.add(
        new Answer.Denied<>(
            DenialCode.POLICY_DENIED,
            "office-hours",
            "It is night.",
            Optional.empty(),
            Optional.of(decision),
            Optional.empty()));
    assertThat(renew())
        .isEqualTo(
            new Leased.Renewed.Denied(
                DenialCode.POLICY_DENIED,
                ("office-hours: It is night. (decision %1$s: an operator sees why with: writ explain"
                        + " %1$s --socket PATH)")
                    .formatted(decision)));
  }
}
