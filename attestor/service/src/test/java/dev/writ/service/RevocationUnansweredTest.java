// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StatusIndex;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A revocation whose leaf is durable and under no checkpoint: the ledger's key signs no more, the status
 * key does. Who asked has no receipt; gateways are told all the same.
 */
final class RevocationUnansweredTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private UuidV7 jti;
  private UuidV7 renewal;
  private StatusIndex index;
  private FailingSigner checkpoint;
  private Ledger ledger;
  private StatusTokens tokens;
  private WorkPool reads;
  private Revocations revocations;

  /** The token's checkpoint key, until it fails. */
  private static final class FailingSigner implements NoteSigner {
    private final NoteSigner key;
    private volatile boolean failing;

    FailingSigner(NoteSigner key) {
      this.key = key;
    }

    @Override
    public NoteKey key() {
      return key.key();
    }

    @Override
    public byte[] sign(byte[] text) throws NoteSigningException {
      if (failing) {
        throw new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception("no token"));
      }
      return key.sign(text);
    }
  }

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  /** An artifact of a whole service, and one by which its execution goes on, then that service's revocations on a ledger of the test's. */
  @BeforeEach
  void issueAndReopen() throws Exception {
    deployment = new Deployment(token, folder);
    deployment.policyText(RenewalTest::leased);
    SoftwareHost host = deployment.host("host-a");
    WritService service = deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Artifact first = Deployment.artifact(deployment.attest(host));
    Application again = host.answer(deployment.challenge(host), first.claims().request());
    jti = first.claims().jti();
    renewal = Deployment.claims(deployment.issue(RenewalTest.showing(again, first))).jti();
    index = service.ledger().artifact(jti).orElseThrow().status().orElseThrow();
    service.close();
    String origin = Deployment.IDENTITY.origin();
    checkpoint = new FailingSigner(token.keys().checkpointSigners(origin).get(0));
    ledger =
        Ledger.open(
            SqliteConfig.in(deployment.ledgerFolder),
            origin,
            List.of(checkpoint),
            deployment.clock);
    tokens =
        new StatusTokens(
            ledger,
            KeysInUse.of(token.keys(), ledger),
            token.keys().signatures(),
            StartChecks.statusSource(deployment.trust()),
            TrustFiles.open(deployment.trust(), ledger),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            deployment.clock);
    tokens.start();
    // The clock stands still: from here on there is no new token but by a publication.
    Deployment.join(tokens.publish(index.list()));
    reads = new WorkPool("reads", new Limits.Pool(1, 16, Duration.ofSeconds(20)));
    revocations =
        new Revocations(
            new Operations(),
            reads,
            ledger,
            tokens,
            () -> {
              throw new AssertionError("one artifact's revocation rests on its decision alone");
            },
            deployment.clock,
            deployment.random,
            new Telemetry());
  }

  @AfterEach
  void stop() {
    checkpoint.failing = false;
    tokens.close();
    reads.close();
    ledger.close();
    deployment.close();
  }

  private Denial denied() {
    return denied(jti);
  }

  private Denial denied(UuidV7 revoked) {
    RevocationOutcome outcome =
        Deployment.join(revocations.revoke(revoked, RevocationReason.HOST_COMPROMISED));
    assertThat(outcome).isInstanceOf(RevocationOutcome.Denied.class);
    return ((RevocationOutcome.Denied) outcome).denial();
  }

  private boolean isRevokedInForce() throws Exception {
    return StatusToken.parse(tokens.token(index.list()).orElseThrow())
        .claims()
        .list()
        .isRevoked(index.idx());
  }

  @Test
  void revocationThatNoCheckpointCovers_isNotAnsweredAsDone_andIsInTheTokenInForce()
      throws Exception {
    assertThat(isRevokedInForce()).isFalse();
    long leaf = ledger.size();
    checkpoint.failing = true;

    Denial denial = denied();

    assertThat(denial.code()).isEqualTo(DenialCode.UNVERIFIABLE);
    assertThat(denial.reason()).isEqualTo("ledger_unavailable");
    assertThat(denial.retryable()).isTrue();
    assertThat(ledger.size()).as("no checkpoint covers it").isEqualTo(leaf);
    assertThat(ledger.leaf(leaf).orElseThrow().body())
        .isEqualTo(new LeafBody.Revocation(jti, RevocationReason.HOST_COMPROMISED));
    assertThat(ledger.artifact(jti).orElseThrow().revoked()).isTrue();
    assertThat(isRevokedInForce()).isTrue();
  }

  @Test
  void revocationThatNoCheckpointCovers_askedAgain_isDoneAlready_inOneLeaf() throws Exception {
    long leaf = ledger.size();
    checkpoint.failing = true;
    Denial unused = denied();
    checkpoint.failing = false;

    assertThat(denied().reason()).isEqualTo("already_revoked");

    assertThat(ledger.leaf(leaf)).isPresent();
    assertThat(ledger.leaf(leaf + 1)).isEmpty();
    assertThat(isRevokedInForce()).isTrue();
  }

  @Test
  void renewalWhoseFirstArtifactGotNoAnswer_isRevokedAllTheSame_andNobodyIsToldThatBothAreDone()
      throws Exception {
    checkpoint.failing = true;

    Denial denial = denied(renewal);

    assertThat(denial.reason()).isEqualTo("ledger_unavailable");
    for (UuidV7 each : List.of(jti, renewal)) {
      assertThat(ledger.artifact(each).orElseThrow().revoked()).isTrue();
    }
    StatusIndex place = ledger.artifact(renewal).orElseThrow().status().orElseThrow();
    assertThat(
            StatusToken.parse(tokens.token(place.list()).orElseThrow())
                .claims()
                .list()
                .isRevoked(place.idx()))
        .isTrue();
  }
}
