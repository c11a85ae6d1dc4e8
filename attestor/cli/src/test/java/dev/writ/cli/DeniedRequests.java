// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.OperatorClient;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.TpmName;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What is denied by a service and by who verifies what it issues, each for one thing that is wrong. */
final class DeniedRequests {
  /** As often may be used what takes an approval. */
  static final int APPROVED_USES = 7;

  /** As often may be used what no freeze lets through. */
  static final int UNFROZEN_USES = 8;

  private static final Duration EARLIER = Duration.ofMinutes(-10);
  private static final Presentation LOOKING = Presentation.NOTHING.withTenant(DemoService.TENANT);

  private final HttpServiceEndpoint service;
  private final OperatorClient operator;
  private final Attester attester;
  private final TrustFile trust;
  private final InstantSource clock;
  private final Consumer<Duration> clockAhead;
  private final ExecutionRequest good = Demo.request("a");

  DeniedRequests(
      HttpServiceEndpoint service,
      OperatorClient operator,
      Attester attester,
      TrustFile trust,
      InstantSource clock,
      Consumer<Duration> clockAhead) {
    this.service = service;
    this.operator = operator;
    this.attester = attester;
    this.trust = trust;
    this.clock = clock;
    this.clockAhead = clockAhead;
  }

  /** What nothing is wrong with. */
  Came unspoiled() throws Exception {
    return asked(good);
  }

  /** Each by its fault; what cannot be tried says so. */
  Map<String, Came> all() {
    Map<String, Came> came = new LinkedHashMap<>();
    came.put("challenge for a key that nobody enrolled", tried(this::unknownHost));
    came.put("enrolment of a host that nobody admitted", tried(this::unadmitted));
    came.put("action that no rule permits", tried(() -> asked(deleting())));
    came.put("another's workload", tried(() -> asked(of(good.iss(), good.tenant(), "worker-b"))));
    came.put("another tenant", tried(() -> asked(of(good.iss(), "other", "worker-a"))));
    came.put("another issuer", tried(() -> asked(of("https://other", good.tenant(), "worker-a"))));
    came.put("approval that nobody gave", tried(() -> asked(used(APPROVED_USES))));
    came.put("service that is frozen", tried(() -> asked(used(UNFROZEN_USES))));
    came.put("quote over another request", tried(this::swapped));
    came.put("challenge answered twice", tried(this::replayed));
    came.put("gateway: signature not over the artifact", tried(this::forged));
    came.put("gateway: meant for another gateway", tried(() -> verified(audience("another"))));
    came.put("gateway: another tenant's", tried(() -> verified(LOOKING.withTenant("other"))));
    came.put("gateway: nothing says that it was not revoked", tried(this::withoutStatus));
    came.put("gateway: revoked", tried(this::revoked));
    came.put("gateway: past its end", tried(this::expired));
    came.put("challenge answered too late", tried(this::late));
    return came;
  }

  private static Came tried(Drill.Attempt attempt) {
    try {
      return attempt.come();
    } catch (DeniedException e) {
      return new Came.Otherwise("denied on the way: " + e.getMessage());
    } catch (Exception e) {
      return new Came.Otherwise(e.toString());
    }
  }

  private Came asked(ExecutionRequest wanted) throws Exception {
    return sent(attester.answer(challenge(), wanted));
  }

  private Came sent(IssueRequest answer) throws IOException {
    return Came.of(attester.send(answer));
  }

  private Challenge challenge() throws Exception {
    return DeniedException.granted(service.challenge(attester.attestationKeyName()));
  }

  /** An artifact for it. */
  ProofBundle bundle() throws Exception {
    Answer<ProofBundle> answer = attester.send(attester.answer(challenge(), good));
    return DeniedException.granted(answer);
  }

  private Came unknownHost() throws Exception {
    byte[] name = new byte[34];
    Arrays.fill(name, (byte) 7);
    name[0] = 0;
    name[1] = 0x0b;
    return Came.of(service.challenge(TpmName.parse(name)));
  }

  private Came unadmitted() throws Exception {
    return Came.of(attester.enrol("host-nobody"));
  }

  private ExecutionRequest deleting() {
    return with(good.iss(), good.tenant(), good.sub(), "delete");
  }

  /** The same, to be used so often. */
  private ExecutionRequest used(int uses) {
    Act act = good.act();
    return new ExecutionRequest(
        good.iss(),
        good.aud(),
        good.tenant(),
        good.sub(),
        new Act(act.action(), act.resource(), act.argsDigest(), act.limits(), uses),
        good.parent(),
        good.jkt());
  }

  private ExecutionRequest of(String issuer, String tenant, String worker) {
    return with(issuer, tenant, "spiffe://dev.example/" + worker, good.act().action());
  }

  private ExecutionRequest with(String issuer, String tenant, String workload, String action) {
    Act act = good.act();
    return new ExecutionRequest(
        issuer,
        good.aud(),
        tenant,
        workload,
        new Act(action, act.resource(), act.argsDigest(), act.limits(), act.maxUses()),
        good.parent(),
        good.jkt());
  }

  private Came swapped() throws Exception {
    IssueRequest answer = attester.answer(challenge(), good);
    IssueRequest other = attester.answer(answer.challenge(), deleting());
    return sent(
        new IssueRequest(
            answer.attestationKey(),
            answer.request(),
            answer.exec(),
            answer.challenge(),
            other.evidence()));
  }

  private Came replayed() throws Exception {
    IssueRequest answer = attester.answer(challenge(), good);
    Came first = sent(answer);
    return first instanceof Came.Allowed
        ? sent(answer)
        : new Came.Otherwise("the first was " + first.word());
  }

  /** The challenge is of a moment in which the service's clock was behind, for a TPM's cannot be moved. */
  private Came late() throws Exception {
    clockAhead.accept(EARLIER);
    Challenge old;
    try {
      old = challenge();
    } finally {
      clockAhead.accept(Duration.ZERO);
    }
    return sent(attester.answer(old, good));
  }

  private static Presentation audience(String name) {
    return LOOKING.withAudience(new Presentation.Audience.Gateway(name));
  }

  private Came verified(Presentation presentation) throws Exception {
    return verify(bundle(), presentation, clock.instant());
  }

  private Came verify(ProofBundle shown, Presentation presentation, Instant at) {
    return Came.of(
        BundleVerifier.of(trust).verify(shown.toJson(), presentation, new SeenInMemory(), at));
  }

  private Came forged() throws Exception {
    return verify(SpoiledBundle.signature(bundle()), LOOKING, clock.instant());
  }

  private Came withoutStatus() throws Exception {
    return verify(SpoiledBundle.withoutStatus(bundle()), LOOKING, clock.instant());
  }

  private Came expired() throws Exception {
    ProofBundle shown = bundle();
    return verify(shown, LOOKING, Artifact.parse(shown.artifact()).claims().exp());
  }

  /** That it was good before is part of it. */
  private Came revoked() throws Exception {
    ProofBundle shown = bundle();
    Came before = verify(shown, LOOKING, clock.instant());
    if (!(before instanceof Came.Allowed)) {
      return new Came.Otherwise("before it was revoked " + before.word());
    }
    var unused =
        DeniedException.granted(
            operator.revoke(
                Artifact.parse(shown.artifact()).claims().jti(),
                RevocationReason.SUPERSEDED.wire()));
    Optional<String> newest = bundle().statusListToken();
    return verify(SpoiledBundle.withStatus(shown, newest), LOOKING, clock.instant());
  }
}
