// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.gateway.FollowerListener;
import dev.writ.gateway.GatewayTrust;
import dev.writ.gateway.RevocationFollower;
import dev.writ.tlog.Hash;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The demo's gateway: believes its trust file alone, and asks nobody; once it follows a service it hears of
 * what that withdraws. Where it has upstreams it sends the
 * calls that it lets through to one of them, an artifact's obligation to reroute naming which.
 */
final class DemoGateway implements AutoCloseable {
  static final String NAME = "demo-gateway";

  private static final int PATIENCE_MILLIS = 5_000;
  private static final int MAX_ANSWER = 64 * 1024;

  private static final PcrSelection MEASURED = PcrSelection.of(TpmAlg.SHA256, 0, 7, 8);

  private static final long HEARING_SECONDS = 10;

  private final GatewayTrust trust;
  private final Clock clock;
  private final SecureRandom random;
  private final Optional<Upstreams> upstreams;
  private final Seen seen = new SeenInMemory();
  private final BlockingQueue<UuidV7> withdrawn = new LinkedBlockingQueue<>();
  private Optional<RevocationFollower> follower = Optional.empty();

  /** One that forwards nothing. */
  DemoGateway(TrustFile trust, Clock clock, SecureRandom random) {
    this(trust, clock, random, Optional.empty());
  }

  DemoGateway(TrustFile trust, Clock clock, SecureRandom random, Optional<Upstreams> upstreams) {
    this.trust = GatewayTrust.of(trust, BundleVerifier::of);
    this.clock = clock;
    this.random = random;
    this.upstreams = upstreams;
  }

  /** Hears from now on of what a service withdraws; returns once nothing is left out. */
  void follow(URI service) throws Exception {
    CountDownLatch caughtUp = new CountDownLatch(1);
    RevocationFollower following =
        new RevocationFollower(
            List.of(service),
            Optional.empty(),
            trust,
            seen,
            clock,
            new FollowerListener() {
              @Override
              public void caughtUp(URI from) {
                caughtUp.countDown();
              }

              @Override
              public void withdrawn(RevocationVerdict.Believed revocation) {
                if (revocation.leaf().body() instanceof LeafBody.Revocation one) {
                  withdrawn.add(one.jti());
                }
              }
            });
    follower = Optional.of(following);
    following.start();
    if (!caughtUp.await(HEARING_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "the service must push within " + HEARING_SECONDS + " s, and does not");
    }
  }

  /** A bundle is shown once the gateway was told of a revocation; no newer token comes with it. */
  Verdict showOnceTold(ProofBundle bundle, Artifact artifact) throws Exception {
    UuidV7 told = withdrawn.poll(HEARING_SECONDS, TimeUnit.SECONDS);
    if (!artifact.claims().jti().equals(told)) {
      throw new IllegalStateException("the gateway must be told of the revocation, was not");
    }
    return show(bundle, artifact);
  }

  @Override
  public void close() {
    follower.ifPresent(RevocationFollower::close);
  }

  /**
   * What became of a call.
   *
   * @param verdict whether it was let through
   * @param answer the upstream's, where it was
   */
  record Call(Verdict verdict, Optional<String> answer) {}

  /** The holder calls {@code path} behind the gateway; a call that is denied goes nowhere. */
  Call forward(String path, ProofBundle bundle, Artifact artifact, Attester holder)
      throws Exception {
    Verdict verdict = use(bundle, artifact, holder);
    if (!(verdict instanceof Verdict.Allowed allowed) || upstreams.isEmpty()) {
      return new Call(verdict, Optional.empty());
    }
    URI target = upstreams.get().of(allowed.upstream()).resolve(path);
    HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
    connection.setConnectTimeout(PATIENCE_MILLIS);
    connection.setReadTimeout(PATIENCE_MILLIS);
    try (InputStream in = connection.getInputStream()) {
      return new Call(
          verdict, Optional.of(new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8)));
    }
  }

  /** The artifact is shown by its holder, who sits on the same host as the gateway. */
  Verdict use(ProofBundle bundle, Artifact artifact, Attester holder) throws Exception {
    byte[] nonce = new byte[Hash.BYTES];
    random.nextBytes(nonce);
    return verify(
        bundle.toJson(),
        at(artifact)
            .withHost(holder.hostState(MEASURED))
            .withPossession(holder.possess(Hash.of(nonce), artifact.digest(), NAME)));
  }

  /** The artifact is shown on another host. */
  Verdict useOn(Attester host, ProofBundle bundle, Artifact artifact) throws Exception {
    return verify(bundle.toJson(), at(artifact).withHost(host.hostState(MEASURED)));
  }

  /** A bundle is shown, and nothing is said of host and holder. */
  Verdict show(ProofBundle bundle, Artifact artifact) {
    return verify(bundle.toJson(), at(artifact));
  }

  /** The same at another moment. */
  Verdict showAt(Instant moment, ProofBundle bundle, Artifact artifact) {
    return trust.get().verify(bundle.toJson(), at(artifact), seen, moment);
  }

  /** The bundle comes with another status token than its own. */
  Verdict showWith(String statusToken, ProofBundle bundle, Artifact artifact) {
    return show(
        new ProofBundle(
            bundle.artifact(), bundle.leaf(), bundle.tlogProof(), Optional.of(statusToken)),
        artifact);
  }

  /** One bit of the first byte of the artifact's payload is another. */
  Verdict showTampered(ProofBundle bundle, Artifact artifact) {
    String jws = bundle.artifact();
    int payload = jws.indexOf('.') + 1;
    char changed = jws.charAt(payload) == 'e' ? 'f' : 'e';
    return show(
        new ProofBundle(
            jws.substring(0, payload) + changed + jws.substring(payload + 1),
            bundle.leaf(),
            bundle.tlogProof(),
            bundle.statusListToken()),
        artifact);
  }

  /** Nothing is shown. */
  Verdict showNothing(Artifact artifact) {
    return verify(new byte[0], at(artifact));
  }

  private Verdict verify(byte[] bundle, Presentation presentation) {
    return trust.get().verify(bundle, presentation, seen, clock.instant());
  }

  private Presentation at(Artifact artifact) {
    Presentation.Obligations none = new Presentation.Obligations(Set.of(), Set.of());
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.Gateway(NAME))
        .withTenant(DemoService.TENANT)
        .withAction(ActionAtHand.of(artifact.claims().act()))
        .withObligations(upstreams.map(known -> none.reroutingTo(known.names())).orElse(none));
  }
}
